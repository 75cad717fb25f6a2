// The steps of one drawing, written down. Numbers come as the server rounded them, with a minus
// sign, and are shown as they come: they add up.

/** Dimensions of which each number is shown; the arithmetic is written out for `named` of them. */
vae.SHOWN_DIMENSIONS = 8;

/** The value of a number as the server writes it. */
vae.valueOf = (text) => Number(text.replace("−", "-"));

/** A number behind an operator: in brackets where it has a sign of its own. */
vae.operand = (text) => (text.startsWith("−") ? `(${text})` : text);

/** Write `answer`, all that how.py's `wire` gives but the pixels, into the parts of `element`. */
vae.showSteps = (element, answer) => {
  const { dimensions, named } = answer;
  const write = (name, markup) => {
    for (const place of element.querySelectorAll(`[data-${name}]`)) place.innerHTML = markup;
  };
  const shown = dimensions.slice(0, vae.SHOWN_DIMENSIONS);
  const first = dimensions.slice(0, named);

  write("count", dimensions.length);
  write("posterior", shown.map(vae.posteriorRow).join(""));
  const others = dimensions.length - shown.length;
  write("rest", others > 0 ? `And ${others} more, closer to the prior.` : "");
  write("noise", shown.map((d) => `<div><dt>${d.number}</dt><dd>${d.noise}</dd></div>`).join(""));
  write("z", first.map(vae.codeSum).join("") + vae.andSoOn(dimensions.length - named));
  write("bars", vae.klBars(dimensions));
  write("kl", vae.klSum(dimensions[0]) + vae.klTotal(answer, first));
  for (const name of ["reconstruction", "kl", "total"]) write(`sum="${name}"`, answer[name]);

  const brief = (text) => first.map(text).join("<br>");
  write('brief="posterior"', brief((d) => `${d.mean} ± ${d.deviation}`));
  write('brief="z"', brief((d) => d.code));
  write(
    'brief="loss"',
    `${answer.reconstruction}<br>+ ${answer.kl}<br><strong>= ${answer.total}</strong>`,
  );
  element
    .querySelector("[data-bars]")
    .setAttribute("aria-label", `KL in nats: ${shown.map((d) => d.kl).join(", ")}, descending.`);
};

/** Say which noise is in use: a seed, or null for none. */
vae.showSeed = (element, seed) => {
  const still = seed === null;
  element.querySelector("[data-still]").setAttribute("aria-pressed", still);
  element.querySelector("[data-seed]").textContent = still ? "ε = 0" : `seed ${seed}`;
};

/** Write down the pixel under the cursor; returns the same in words. */
vae.showPixel = (element, { x, p, not_p, nats }, { index, row, column }) => {
  const write = (name, text) => {
    for (const place of element.querySelectorAll(`[data-${name}]`)) place.textContent = text;
  };
  const [ink, blank] = [x[index].toFixed(3), (1 - x[index]).toFixed(3)];
  const [chance, rest] = [vae.threeDigits(p[index]), vae.threeDigits(not_p[index])];
  const cost = nats[index].toFixed(2);
  const where = `row ${row + 1}, column ${column + 1}`;
  write("where", where);
  write('read="x"', `x = ${ink}`);
  write('read="p"', `p = ${chance}`);
  write('read="nats"', `− ${ink} log ${chance}\n− ${blank} log ${rest}\n= ${cost} nats`);
  return `${where}: x ${ink}, p ${chance}, ${cost} nats`;
};

/** A probability with three significant digits. */
vae.threeDigits = (value) => {
  if (value === 0 || value >= 0.001) return value.toPrecision(3);
  const [mantissa, exponent] = value.toExponential(2).split("e-");
  const raised = [...exponent].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("");
  return `${mantissa} × 10⁻${raised}`;
};

vae.posteriorRow = ({ number, mean, deviation }) => {
  const limit = vae.CODE_RANGE;
  const [mu, sigma] = [vae.valueOf(mean), vae.valueOf(deviation)];
  const at = (value) => 50 + (50 * Math.max(-limit, Math.min(limit, value))) / limit;
  const [from, to] = [at(mu - sigma), at(mu + sigma)];
  return (
    `<tr><th scope="row">${number}</th><td class="range" aria-hidden="true"><span class="track">` +
    `<span class="spread" style="left:${from}%;width:${to - from}%"></span>` +
    `<span class="mean" style="left:${at(mu)}%"></span></span></td>` +
    `<td>${mean}</td><td>${deviation}</td></tr>`
  );
};

/** z = mu + sigma * epsilon of one dimension. */
vae.codeSum = ({ number, mean, deviation, noise, code }) =>
  `<p><i>z</i><sub>${number}</sub> = ${mean} + ${deviation} × ${vae.operand(noise)} = <b>${code}</b></p>`;

vae.andSoOn = (others) =>
  others > 0 ? `<p class="aside">and so on for the other ${others}</p>` : "";

/** The KL of one dimension. */
vae.klSum = ({ number, variance, mean_squared, log_variance, kl }) =>
  `<p>KL<sub>${number}</sub> = ½ (${variance} + ${mean_squared} − ${vae.operand(log_variance)} − 1)` +
  ` = <b>${kl}</b></p>`;

/** The sum of all KLs: those of the first dimensions one by one, the others as one number. */
vae.klTotal = ({ dimensions, named, otherKl, kl }, first) => {
  const others = dimensions.length - named;
  const terms = [...first.map((dimension) => dimension.kl), ...(others > 0 ? [otherKl] : [])];
  const note = others > 0 ? `<p class="aside">${otherKl}: the other ${others} together</p>` : "";
  return `<p>KL = ${terms.join(" + ")} = <b>${kl}</b> nats</p>${note}`;
};

/** The KL of every dimension as bars, the largest first. */
vae.klBars = (dimensions) => {
  const largest = Math.max(...dimensions.map((d) => vae.valueOf(d.kl)), 0.01);
  return dimensions
    .map(({ number, kl }) => {
      const height = (100 * vae.valueOf(kl)) / largest;
      return `<span title="Dimension ${number}: ${kl} nats" style="height:${height}%"></span>`;
    })
    .join("");
};
