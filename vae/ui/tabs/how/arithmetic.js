// The arithmetic of one drawing as markup. Numbers come as the server rounded them, with a minus sign,
// and are shown as they come: they add up.

/** The value of a number as the server writes it. */
const valueOf = (text) => Number(text.replace("−", "-"));

/** A number behind an operator: in brackets where it has a sign of its own. */
const operand = (text) => (text.startsWith("−") ? `(${text})` : text);

/** A row of the posterior's table, whose bars reach from -range to range. */
export function posteriorRow({ number, mean, deviation }, range) {
  const [mu, sigma] = [valueOf(mean), valueOf(deviation)];
  const at = (value) => 50 + (50 * Math.max(-range, Math.min(range, value))) / range;
  const [from, to] = [at(mu - sigma), at(mu + sigma)];
  return (
    `<tr><th scope="row">${number}</th><td class="range" aria-hidden="true"><span class="track">` +
    `<span class="spread" style="left:${from}%;width:${to - from}%"></span>` +
    `<span class="mean" style="left:${at(mu)}%"></span></span></td>` +
    `<td>${mean}</td><td>${deviation}</td></tr>`
  );
}

/** The noise of one dimension. */
export const noiseChip = ({ number, noise }) => `<div><dt>${number}</dt><dd>${noise}</dd></div>`;

/** z = mu + sigma * epsilon of one dimension. */
export const codeSum = ({ number, mean, deviation, noise, code }) =>
  `<p><i>z</i><sub>${number}</sub> = ${mean} + ${deviation} × ${operand(noise)} = <b>${code}</b></p>`;

export const andSoOn = (others) =>
  others > 0 ? `<p class="aside">and so on for the other ${others}</p>` : "";

/** The KL of one dimension. */
export const klSum = ({ number, variance, mean_squared, log_variance, kl }) =>
  `<p>KL<sub>${number}</sub> = ½ (${variance} + ${mean_squared} − ${operand(log_variance)} − 1)` +
  ` = <b>${kl}</b></p>`;

/** The sum of all KLs: those of the first `named` dimensions one by one, the others as one number. */
export function klTotal({ dimensions, named, otherKl, kl }) {
  const others = dimensions.length - named;
  const terms = dimensions.slice(0, named).map((dimension) => dimension.kl);
  if (others > 0) terms.push(otherKl);
  const note = others > 0 ? `<p class="aside">${otherKl}: the other ${others} together</p>` : "";
  return `<p>KL = ${terms.join(" + ")} = <b>${kl}</b> nats</p>${note}`;
}

/** The KL of every dimension as bars, the largest first. */
export function klBars(dimensions) {
  const largest = Math.max(...dimensions.map(({ kl }) => valueOf(kl)), 0.01);
  const bar = ({ number, kl }) =>
    `<span title="Dimension ${number}: ${kl} nats" style="height:${(100 * valueOf(kl)) / largest}%"></span>`;
  return dimensions.map(bar).join("");
}
