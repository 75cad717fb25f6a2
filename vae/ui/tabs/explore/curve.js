// The bound through training, as a picture and in words. Terms are [reconstruction, KL], nats.

import { positionOf } from "./moments.js";

const HEIGHT = 100;
const nats = (value) => value.toFixed(1);
const sum = ([reconstruction, kl]) => reconstruction + kl;

/**
 * The lines of a history {moments, test, train} whose model was trained with a KL term, or not (`bound`):
 * {name: [[position, nats], ...]}, a position in moments from the first.
 */
export function linesOf({ moments, test, train }, bound) {
  const steps = moments.map(({ step }) => step);
  const line = (points, value) =>
    points.map(([step, ...terms]) => [positionOf(step, steps), value(terms)]);
  const reconstruction = ([first]) => first;
  if (!bound) return { train: line(train, reconstruction), test: line(test, reconstruction) };
  return {
    reconstruction: line(test, reconstruction),
    kl: line(test, ([, kl]) => kl),
    train: line(train, sum),
    test: line(test, sum),
  };
}

/** The lines as an SVG that is stretched over its box; the first moment is at its left edge. */
export function drawing(lines, last) {
  const most = Math.max(...Object.values(lines).flat().map(([, value]) => value));
  const point = ([position, value]) =>
    `${((1000 * position) / Math.max(1, last)).toFixed(1)},${(HEIGHT * (1 - value / most)).toFixed(2)}`;
  const path = ([name, points]) =>
    `<polyline class="${name}" points="${points.map(point).join(" ")}" />`;
  return (
    `<svg viewBox="0 0 1000 ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">` +
    `${Object.entries(lines).map(path).join("")}</svg><i class="most">${Math.round(most)} nats</i>`
  );
}

/** The terms at a step {test, train}, each null where it was not measured. */
export function termsAt({ test, train }, step) {
  const at = (points) => points.find(([each]) => each === step)?.slice(1) ?? null;
  return { test: at(test), train: at(train) };
}

/** What is said of the terms at a moment: [{key: the line it is, words}, ...]. */
export function numbersOf({ test, train }, bound) {
  if (!test) return [];
  const learned = train && { key: "train", words: `training digits ${nats(bound ? sum(train) : train[0])}` };
  if (!bound) {
    return [{ key: "test", words: `reconstruction ${nats(test[0])} nats` }, learned].filter(Boolean);
  }
  return [
    { key: "test", words: `−ELBO ${nats(sum(test))} nats` },
    { key: "reconstruction", words: `= reconstruction ${nats(test[0])}` },
    { key: "kl", words: `+ KL ${nats(test[1])}` },
    learned,
  ].filter(Boolean);
}

/** The curve for those who do not see it. */
export function describe({ moments, test, train }, bound) {
  const [first, last] = [moments[0], moments.at(-1)].map(({ step }) => termsAt({ test, train }, step));
  if (!first.test || !last.test) return "The curve of this training.";
  const fall = (value) => `from ${nats(value(first.test))} to ${nats(value(last.test))} nats`;
  const terms = `the reconstruction term ${fall(([first_]) => first_)}`;
  if (!bound) return `Through training, on test digits, ${terms}. The KL term was left out.`;
  const learned = last.train ? ` On the training digits it ends at ${nats(sum(last.train))}.` : "";
  return (
    `Through training, on test digits, the negative ELBO goes ${fall(sum)}: ${terms}, ` +
    `the KL term ${fall(([, kl]) => kl)}.${learned}`
  );
}
