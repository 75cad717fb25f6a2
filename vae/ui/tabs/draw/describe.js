// A reading in words and pictures: the verdict, the difference, and the posterior as a small plot of
// mu +- sigma of each latent dimension against the prior's -1 to 1.
//
// Dimensions are ordered by how much the model uses them; unused ones come last and in grey. `order`
// and `active` are the model's settings.

import { codeRange } from "../../client/codes.js";

/** What the numbers say of a drawing, by a model of that KL weight: in words, then in nats. */
export function verdict({ note, percentile, untypical, reconstruction, kl }, klWeight) {
  const total = (reconstruction + kl).toFixed(1);
  const terms = `${reconstruction.toFixed(1)} reconstruction + ${kl.toFixed(1)} KL = ${total} nats = −ELBO`;
  // A plain autoencoder was trained without the KL term: the sum would be nobody's aim.
  const alone = `${reconstruction.toFixed(1)} nats reconstruction; trained without the KL term`;
  return [note ?? wordsFor(percentile, untypical), klWeight > 0 ? terms : alone];
}

/** What is said of a completion: how much is hidden, and what makes a completion one. */
export const completionVerdict = (share) => [
  `${Math.round(100 * share)} % of the pixels are hidden`,
  "The same latent code has to explain all that is visible; it fills in the rest.",
];

function wordsFor(percentile, untypical) {
  if (untypical) return "Untypical: hardly any test digit is so costly";
  if (percentile === null) return "Redrawn from its latent code";
  return `More typical than ${Math.round(100 - percentile)} % of test digits`;
}

/**
 * The difference of two pictures of grey levels, both RGBA and so is the result: orange where the
 * second has less ink than the first, blue where it has more.
 */
export function difference(before, after) {
  const colours = new Uint8ClampedArray(before.length);
  for (let i = 0; i < before.length; i += 4) {
    const change = (after[i] - before[i]) / 255;
    const [red, green, blue] = change < 0 ? [255, 138, 101] : [110, 170, 255];
    const strength = Math.sqrt(Math.abs(change)); // faint differences can be seen
    colours.set([red * strength, green * strength, blue * strength, 255], i);
  }
  return colours;
}

/** The posterior's plot as SVG, for a model of the settings. */
export function posteriorPlot({ code, deviation }, model) {
  const { order, active } = model;
  const range = codeRange(model);
  const columns = order.map((dimension, x) =>
    column(x, dimension, code[dimension], deviation[dimension], { used: x < active, range }),
  );
  const width = order.length;
  return (
    `<svg viewBox="-0.5 ${-range} ${width} ${2 * range}" preserveAspectRatio="none" aria-hidden="true">` +
    `<rect class="prior" x="-0.5" y="-1" width="${width}" height="2" />` +
    `<line class="axis" x1="-0.5" x2="${width - 0.5}" y1="0" y2="0" />${columns.join("")}</svg>`
  );
}

/** What the plot shows, for screen readers. */
export function posteriorWords({ code, deviation }, { order, active }) {
  const used = order.slice(0, Math.min(3, active));
  const most = used.map((d) => `${code[d].toFixed(1)} plus or minus ${deviation[d].toFixed(1)}`);
  return `The posterior of your drawing in ${active} dimensions in use; the most used are ${most.join(", ")}.`;
}

function column(x, dimension, mean, sigma, { used, range }) {
  const y = (value) => -Math.max(-range, Math.min(range, value));
  const line = (from, to, kind) => `<line class="${kind}" x1="${x}" x2="${x}" y1="${from}" y2="${to}" />`;
  const spread = line(y(mean - sigma), y(mean + sigma), "spread");
  const middle = line(y(mean) - range / 60, y(mean) + range / 60, "mean");
  const words = `Dimension ${dimension + 1}: ${mean.toFixed(2)} ± ${sigma.toFixed(2)}`;
  return `<g class="${used ? "" : "idle"}"><title>${words}</title>${spread}${middle}</g>`;
}
