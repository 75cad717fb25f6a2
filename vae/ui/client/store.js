// What belongs to this visitor, kept in this page alone: the server remembers nothing.
//
//   model     name of the chosen model
//   drawing   what the Draw tab shows: {layers, code, deviation, model, framed}; null for an empty pad,
//             undefined until it was read
//   a, b      an end of the interpolation: {code, model, picture?, layers?}; null for one that was
//             cleared, undefined until there was one
//             code      list of D numbers that `model` decodes to the end's digit
//             picture   data URI of that digit, 28x28, where it was not drawn by hand
//             layers    what was drawn by hand
//   explored  null, or the digit that another tab opened in Explore: {code, model}
//   exploring null, or the digit that Explore shows now: {code, model}
//   view      null, or the view of Explore that is open: "map" or "dimensions"
//   spot      null, or the code of the place on the map where the visitor stands, off the drawing
//   sample    null, or what Sample shows: {seed, temperature, count, source}
//   way       null, or what Interpolate shows: {path, place}, path also "both", place 0 to 60
//   opening   null, or what Draw begins with, as a link brought it: {layers, framed}
//   noise     seed of How it works' epsilon, or null for none

vae.store = {
  values: {
    model: vae.settings.models[0].name,
    drawing: undefined,
    a: undefined,
    b: undefined,
    explored: null,
    exploring: null,
    view: null,
    spot: null,
    sample: null,
    way: null,
    opening: null,
    noise: 0,
  },
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

/** Bring the buttons [data-send="a"] and [data-send="b"] inside `element` to life; returns them. */
vae.sendButtons = (element, digit) => {
  const buttons = [...element.querySelectorAll("[data-send]")];
  for (const button of buttons) {
    button.addEventListener("click", () => digit() && vae.sendTo(button.dataset.send, digit()));
  }
  return buttons;
};

/** What the page knows of a model: {name, latentDim, order, active}. */
vae.model = (name) => vae.settings.models.find((model) => model.name === name);

/** Say something to everyone, for a while or until something else is said: screen readers read it. */
vae.announce = (sentence, lasting = false) => {
  const line = document.querySelector("[data-announcer]");
  if (!line) return;
  line.textContent = sentence;
  clearTimeout(vae.silence);
  if (!lasting) vae.silence = setTimeout(() => (line.textContent = ""), 5000);
};

/** Tell screen readers alone what everyone else sees happen. */
vae.tell = (sentence) => {
  const line = document.querySelector("[data-teller]");
  if (line) line.textContent = sentence;
};

/** Pass on what the server has to say about itself, once. */
vae.notice = (sentence) => {
  if (sentence && sentence !== vae.noticed) vae.announce(sentence);
  if (sentence) vae.noticed = sentence;
};

/** A random seed that the server accepts. */
vae.randomSeed = () => Math.floor(Math.random() * (vae.settings.largestSeed + 1));
