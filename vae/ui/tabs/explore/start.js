// From which code the sliders of the dimensions and of the directions start.

/**
 * The newest of: a digit that was opened here, the drawing, the middle of the prior. Returns {code,
 * model, from, words}, `from` being the object that the code is of; null while the chosen model still
 * reads the drawing.
 */
export function startOf({ explored, drawing, model, latentDim }) {
  const drawn = drawing?.model === model;
  const yours = "The code of your drawing";
  if (explored) {
    // A link may bring back the drawing's own code.
    const same = drawn && String(explored.code) === String(drawing.code);
    return { code: explored.code, model, from: explored, words: same ? yours : "The digit that was opened here" };
  }
  if (!drawing) {
    const middle = Array(latentDim).fill(0);
    return { code: middle, model, from: null, words: "The middle of the prior, all zeros" };
  }
  return drawn ? { code: drawing.code, model, from: drawing, words: yours } : null;
}

/** What is said of a code that the sliders changed, or not. */
export function wordsFor(start, code) {
  const changed = code.filter((value, index) => value !== start.code[index]).length;
  const edits = changed ? `, with ${changed} of its ${code.length} numbers changed by hand` : "";
  return `${start.words}${edits}.`;
}

/** Whether two readings are of the same drawing: another model's changes nothing of that. */
export const sameDrawing = (one, other) =>
  one?.layers === other?.layers && one?.framed === other?.framed;
