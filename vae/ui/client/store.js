// What belongs to this visitor, kept in this page alone: the server remembers nothing. A tab hands a
// digit {code, model, picture?, layers?} to another through it.
//
//   tab       name of the open tab
//   model     name of the chosen model
//   drawing   what the Draw tab shows: {layers, code, deviation, model, framed}; null for an empty pad,
//             undefined until it was read
//   a, b      an end of the interpolation: {code, model, picture?, layers?}; null for one that was
//             cleared, undefined until there was one
//             code      list of D numbers that `model` decodes to the end's digit
//             picture   that digit, an image or canvas of 28x28, where it was not drawn by hand
//             layers    what was drawn by hand
//   explored  null, or the digit that another tab opened in Explore: {code, model}
//   exploring null, or the digit that Explore shows now: {code, model}
//   view      null, or the view of Explore that is open: "map" or "dimensions"
//   spot      null, or the code of the place on the map where the visitor stands, off the drawing
//   sample    null, or what Sample shows: {seed, temperature, count, source}
//   way       null, or what Interpolate shows: {path, place}, path also "both", place 0 to 60
//   opening   null, or what Draw begins with, as a link brought it: {layers, framed}
//   noise     seed of How it works' epsilon, or null for none

import { settings } from "./page.js";
import { announce, tell } from "./speak.js";

const values = {
  tab: Object.keys(settings.tabs)[0],
  model: settings.models[0].name,
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
};
const listeners = {};

export const store = {
  get: (key) => values[key],

  /** Change values; the listeners of a changed key are called with its new value and the old one. */
  set(changes) {
    for (const [key, value] of Object.entries(changes)) {
      const before = values[key];
      if (before === value) continue;
      values[key] = value;
      for (const listener of listeners[key] ?? []) listener(value, before);
    }
  },

  /** Call `listener(value, before)` on every change of `key`. */
  on(key, listener) {
    (listeners[key] ??= []).push(listener);
  },
};

/** What the page knows of a model: {name, latentDim, order, active}. */
export const modelNamed = (name) => settings.models.find((model) => model.name === name);

/** A random seed that the server accepts. */
export const randomSeed = () => Math.floor(Math.random() * (settings.largestSeed + 1));

/** Send a digit to end "a" or "b" of the interpolation. */
export function sendTo(end, digit) {
  store.set({ [end]: { ...digit } });
  announce(`Sent to ${end.toUpperCase()} of Interpolate.`);
}

/** Connect the buttons [data-send="a"] and [data-send="b"] inside `element`; returns them. */
export function sendButtons(element, digit) {
  const buttons = [...element.querySelectorAll("[data-send]")];
  for (const button of buttons) {
    button.addEventListener("click", () => digit() && sendTo(button.dataset.send, digit()));
  }
  return buttons;
}

/** Open a digit in Explore, where its code is taken apart. */
export function openInExplore({ code, model }) {
  store.set({ model, view: "dimensions", explored: { code, model }, tab: "explore" });
  // The pressed button is hidden now: the keyboard goes on from the tab.
  document.getElementById("tab-explore").focus();
  tell("Explore: the digit’s code, number by number.");
}
