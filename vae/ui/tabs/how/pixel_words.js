/** One pixel's numbers as they are written down: {x, p, cost} for the eye, `words` to be spoken. */
export function pixelWords({ x, p, not_p, nats }, index, where) {
  const [ink, blank] = [x[index].toFixed(3), (1 - x[index]).toFixed(3)];
  const [chance, rest] = [threeDigits(p[index]), threeDigits(not_p[index])];
  const cost = nats[index].toFixed(2);
  return {
    x: `x = ${ink}`,
    p: `p = ${chance}`,
    cost: `− ${ink} log ${chance}\n− ${blank} log ${rest}\n= ${cost} nats`,
    words: `${where}: x ${ink}, p ${chance}, ${cost} nats`,
  };
}

/** A probability with three significant digits. */
function threeDigits(value) {
  if (value === 0 || value >= 0.001) return value.toPrecision(3);
  const [mantissa, exponent] = value.toExponential(2).split("e-");
  const raised = [...exponent].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("");
  return `${mantissa} × 10⁻${raised}`;
}
