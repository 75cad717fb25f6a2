/** What the numbers say of a drawing: in words, then in nats. */
export function verdict({ percentile, untypical, reconstruction, kl }) {
  const total = (reconstruction + kl).toFixed(1);
  return [
    wordsFor(percentile, untypical),
    `${reconstruction.toFixed(1)} reconstruction + ${kl.toFixed(1)} KL = ${total} nats = −ELBO`,
  ];
}

function wordsFor(percentile, untypical) {
  if (untypical) return "Untypical: hardly any test digit is so hard to describe";
  if (percentile === null) return "Redrawn from its latent code";
  return `More typical than ${Math.round(100 - percentile)} % of test digits`;
}
