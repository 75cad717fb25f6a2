// The steps of one drawing, written into the tab.

import { codeRange } from "../../client/codes.js";
import { andSoOn, codeSum, klBars, klSum, klTotal, noiseChip, posteriorRow } from "./arithmetic.js";

/** Dimensions of which each number is shown; the arithmetic is written out for the answer's `named`. */
const SHOWN = 8;

/** Write the server's answer of a model, but for its pixels, into the parts of `element`. */
export function showSteps(element, answer, model) {
  const { dimensions, named } = answer;
  const write = writer(element);
  const range = codeRange(model);
  const shown = dimensions.slice(0, SHOWN);
  const others = dimensions.length - shown.length;
  write("count", dimensions.length);
  write("posterior", shown.map((dimension) => posteriorRow(dimension, range)).join(""));
  write('axis="from"', `−${range}`);
  write('axis="to"', range);
  element.querySelector("table").style.setProperty("--prior", 1 / range);
  write("rest", others > 0 ? `And ${others} more, closer to the prior.` : "");
  write("noise", shown.map(noiseChip).join(""));
  write("z", dimensions.slice(0, named).map(codeSum).join("") + andSoOn(dimensions.length - named));
  write("bars", klBars(dimensions));
  write("kl", klSum(dimensions[0]) + klTotal(answer));
  for (const name of ["reconstruction", "kl", "total"]) write(`sum="${name}"`, answer[name]);
  const words = `KL in nats: ${shown.map((d) => d.kl).join(", ")}, descending.`;
  element.querySelector("[data-bars]").setAttribute("aria-label", words);
  const bound = model.klWeight > 0;
  for (const part of element.querySelectorAll("[data-bound]")) part.hidden = part.dataset.bound !== String(bound);
  showOverview(write, answer, bound);
}

function showOverview(write, { dimensions, named, reconstruction, kl, total }, bound) {
  const brief = (text) => dimensions.slice(0, named).map(text).join("<br>");
  write('brief="posterior"', brief((d) => `${d.mean} ± ${d.deviation}`));
  write('brief="z"', brief((d) => d.code));
  const sum = `${reconstruction}<br>+ ${kl}<br><strong>= ${total}</strong>`;
  write('brief="loss"', bound ? sum : `<strong>${reconstruction}</strong>`);
}

/** Say which noise is in use: a seed, or null for none. */
export function showSeed(element, seed) {
  const still = seed === null;
  element.querySelector("[data-still]").setAttribute("aria-pressed", still);
  element.querySelector("[data-seed]").textContent = still ? "ε = 0" : `seed ${seed}`;
}

const writer = (element) => (name, markup) => {
  for (const place of element.querySelectorAll(`[data-${name}]`)) place.innerHTML = markup;
};
