// How a tab hands a digit {code, model, picture?, layers?} to another: through the store.

import { announce, tell } from "./speak.js";
import { store } from "./store.js";

/** Send a digit to end "a" or "b" of the interpolation. */
export function sendTo(end, digit) {
  store.set({ [end]: { ...digit } });
  announce(`Sent to ${end.toUpperCase()} of Interpolate.`);
}

/** Bring the buttons [data-send="a"] and [data-send="b"] inside `element` to life; returns them. */
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
  // The button that was pressed is out of sight: the keyboard goes on from here.
  document.getElementById("tab-explore").focus();
  tell("Explore: the digit’s code, number by number.");
}
