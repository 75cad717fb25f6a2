// The posterior as a small plot: mu +- sigma of each latent dimension against the prior's -1 to 1.
//
// Dimensions are ordered by how much the model uses them, those it does not use last and in grey:
// `order` and `active` are the settings' for the model.

import { codeRange } from "../../client/codes.js";

/** The plot as SVG, for a model of the settings. */
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

/** What the plot shows, for who cannot see it. */
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
