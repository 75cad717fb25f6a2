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
//   view      null, or the view of Explore that is open: "map", "dimensions", "directions" or "learning"
//   mapped    null, or the model that was chosen on the map, where it is not the one at work
//   moment    null, or the step of the training that Explore shows; null is the trained model
//   spot      null, or the code of the place on the map where the visitor stands, off the drawing
//   steered   null, or what the directions of Explore show: {code, model, amounts, towards}
//             code      where they start
//             amounts   steps by direction
//             towards   name of the class that the last one leads to
//   sample    null, or what Sample shows: {seed, temperature, count, source, digit?}
//   way       null, or what Interpolate shows: {path, place}, path also "both", place 0 to 60
//   hiding    null, or the pixels that Draw hides from the model: {visible, seed}
//             visible   list of 784 ones and zeros, 0 where a pixel is hidden
//             seed      of the completions
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
  mapped: null,
  moment: null,
  spot: null,
  steered: null,
  sample: null,
  way: null,
  opening: null,
  hiding: null,
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

/**
 * What the page knows of a model: {name, latentDim, order, active, klWeight, largestCoordinate, spread,
 * learned}: the bound of its codes, how many times as far as the prior's they reach, and whether there is a
 * history of its training.
 */
export const modelNamed = (name) => settings.models.find((model) => model.name === name);

/**
 * The model whose map Explore shows, one with two latent numbers: `mapped`, which was chosen on the map, or
 * else `model`, the one at work; or else one trained with the KL term. Undefined where there is none.
 */
export function mappedModel(model, mapped) {
  const flat = settings.models.filter(({ latentDim }) => latentDim === 2);
  const named = (wanted) => flat.find(({ name }) => name === wanted);
  const first = flat.find(({ klWeight }) => klWeight > 0) ?? flat[0];
  return (named(mapped) ?? named(model) ?? first)?.name;
}

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
