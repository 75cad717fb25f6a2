/** Milliseconds after which a pointer or a slider that does not move is at rest. */
export const REST = 120;
