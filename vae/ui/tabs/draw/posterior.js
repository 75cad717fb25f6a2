// The posterior as a small plot: mu +- sigma of each latent dimension against the prior's -1 to 1.

/** The codes' range that is drawn; the prior puts 99.7 % of a code's numbers inside it. */
vae.CODE_RANGE = 3;

/**
 * Draw the posterior into `box`. Dimensions are ordered by how much the model uses them, those it
 * does not use last and in grey: `order` and `active` are vae.settings' for the model.
 */
vae.plotPosterior = (box, { code, deviation }, { order, active }) => {
  const limit = vae.CODE_RANGE;
  const y = (value) => -Math.max(-limit, Math.min(limit, value));
  const line = (x, from, to, kind) => `<line class="${kind}" x1="${x}" x2="${x}" y1="${from}" y2="${to}" />`;
  const columns = order.map((dimension, x) => {
    const [mean, sigma] = [code[dimension], deviation[dimension]];
    const spread = line(x, y(mean - sigma), y(mean + sigma), "spread");
    const middle = line(x, y(mean) - 0.05, y(mean) + 0.05, "mean");
    const words = `Dimension ${dimension + 1}: ${mean.toFixed(2)} ± ${sigma.toFixed(2)}`;
    return `<g class="${x < active ? "" : "idle"}"><title>${words}</title>${spread}${middle}</g>`;
  });
  const width = order.length;
  box.innerHTML =
    `<svg viewBox="-0.5 ${-limit} ${width} ${2 * limit}" preserveAspectRatio="none" aria-hidden="true">` +
    `<rect class="prior" x="-0.5" y="-1" width="${width}" height="2" />` +
    `<line class="axis" x1="-0.5" x2="${width - 0.5}" y1="0" y2="0" />${columns.join("")}</svg>`;
  const used = order.slice(0, Math.min(3, active));
  const most = used.map((d) => `${code[d].toFixed(1)} plus or minus ${deviation[d].toFixed(1)}`);
  box.setAttribute(
    "aria-label",
    `The posterior of your drawing in ${active} dimensions in use; the most used are ${most.join(", ")}.`,
  );
};
