/** What the numbers say of a drawing, by a model of that KL weight: in words, then in nats. */
export function verdict({ percentile, untypical, reconstruction, kl }, klWeight) {
  const total = (reconstruction + kl).toFixed(1);
  const terms = `${reconstruction.toFixed(1)} reconstruction + ${kl.toFixed(1)} KL = ${total} nats = −ELBO`;
  // A plain autoencoder was trained without the KL term: the sum would be nobody's aim.
  const alone = `${reconstruction.toFixed(1)} nats reconstruction; trained without the KL term`;
  return [wordsFor(percentile, untypical), klWeight > 0 ? terms : alone];
}

function wordsFor(percentile, untypical) {
  if (untypical) return "Untypical: hardly any test digit is so hard to describe";
  if (percentile === null) return "Redrawn from its latent code";
  return `More typical than ${Math.round(100 - percentile)} % of test digits`;
}
