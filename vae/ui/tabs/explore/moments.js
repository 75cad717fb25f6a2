// The moments of a training that its history holds, and the places between them: a moment is a number of
// steps, and FRAMES places lead from each to the next.

export const FRAMES = 20;

/** What a moment is called: after so many steps, or epochs where it ends one. */
export function nameOf(step, stepsPerEpoch) {
  if (step === 0) return "before training";
  const whole = step % stepsPerEpoch === 0;
  const [count, unit] = whole ? [step / stepsPerEpoch, "epoch"] : [step, "step"];
  return `after ${count.toLocaleString("en")} ${unit}${count === 1 ? "" : "s"}`;
}

/** Where a frame lies: `share` of the way from moment `from` to moment `to`; `nearest` of them. */
export function placeAt(frame) {
  const from = Math.floor(frame / FRAMES);
  const share = frame / FRAMES - from;
  return { from, to: share ? from + 1 : from, share, nearest: Math.round(frame / FRAMES) };
}

/** The index of the moment whose step is nearest. */
export function indexOf(steps, step) {
  const far = steps.map((each) => Math.abs(each - step));
  return far.indexOf(Math.min(...far));
}

/**
 * Where a step lies among the moments at `steps`, in moments from the first: between two of them by its
 * logarithm, since a model learns most at first.
 */
export function positionOf(step, steps) {
  const last = steps.length - 1;
  if (step >= steps[last]) return last;
  const above = Math.max(1, steps.findIndex((each) => each > step));
  const [from, to, at] = [steps[above - 1], steps[above], step].map((each) => Math.log1p(each));
  return above - 1 + Math.max(0, at - from) / (to - from);
}
