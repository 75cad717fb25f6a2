// What belongs to this visitor, kept in this page alone: the server remembers nothing.
//
//   model     name of the chosen model
//   tab       the open tab, "draw", "sample", ...
//   drawing   null, or what the Draw tab shows: {strokes, code, model}
//   a, b      null, or an end of the interpolation: {code, model, picture, strokes?}
//             code      list of D numbers that `model` decodes to the end's digit
//             picture   data URI of that digit, 28x28
//             strokes   what was drawn, where the end was drawn by hand

vae.store = {
  values: { model: vae.settings.models[0].name, tab: "draw", drawing: null, a: null, b: null },
  listeners: {},

  get(key) {
    return this.values[key];
  },

  /** Change values; listeners of a changed key are called with its new value. */
  set(changes) {
    for (const [key, value] of Object.entries(changes)) {
      if (this.values[key] === value) continue;
      this.values[key] = value;
      for (const listener of this.listeners[key] ?? []) listener(value);
    }
  },

  /** Call `listener(value)` on every change of `key`. */
  on(key, listener) {
    (this.listeners[key] ??= []).push(listener);
  },
};

/** Send a digit to end "a" or "b" of the interpolation: how any tab hands over a code. */
vae.sendTo = (end, digit) => {
  vae.store.set({ [end]: { ...digit } });
  vae.announce(`Sent to ${end.toUpperCase()} of Interpolate.`);
};

/** Open a tab by its name, as a click on it would. */
vae.openTab = (name) => document.querySelector(`#tab-${name}-button`)?.click();

/** Say something to everyone: shown under the masthead, read out by screen readers. */
vae.announce = (sentence) => {
  const line = document.querySelector("[data-announcer]");
  if (line) line.textContent = sentence;
};

/** A random seed that the server accepts. */
vae.randomSeed = () => Math.floor(Math.random() * (vae.settings.largestSeed + 1));
