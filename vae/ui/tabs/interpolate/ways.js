// The ways between two codes: what each is called, and what is said of it.

export const WAYS = {
  linear: {
    title: "Straight line",
    formula: "z = (1 − t) a + t b",
    words: "Every number of A’s code moves evenly to B’s. Half-way the code is mostly shorter than either.",
  },
  spherical: {
    title: "Great circle",
    formula: "z turns from a to b",
    words:
      "The code turns from A’s direction to B’s, its length changes evenly, and so it stays about as " +
      "far out as the prior’s codes are.",
  },
  both: {
    words: "The same two ends, the same place t: where the two ways differ, so do their digits.",
  },
};
