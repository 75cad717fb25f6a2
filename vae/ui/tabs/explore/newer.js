// When the sliders of a view start anew: what the store holds, against what they started from.

import { modelNamed, store } from "../../client/store.js";
import { startOf } from "./start.js";

/** What the sliders should start from now, as `startOf` gives it; null where they already do. */
export function newerStart(before) {
  const [explored, drawing, model] = ["explored", "drawing", "model"].map(store.get);
  const start = startOf({ explored, drawing, model, latentDim: modelNamed(model).latentDim });
  const same = start && before && start.from === before.from && start.model === before.model;
  return same ? null : start;
}

/** Let go of a digit that was opened here: what the sliders started from, now to be replaced. */
export function forgotten(before) {
  store.set({ explored: null });
  return before && { ...before, from: undefined };
}
