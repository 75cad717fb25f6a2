// What a link brings that takes the server, or the page to be there: the ends' digits, and the tab.

import { Live } from "../client/live.js";
import { announce } from "../client/speak.js";
import { store } from "../client/store.js";

/** Bring back what client/link.js read. */
export async function restore({ ends, tab, changes, spoilt }, server) {
  const before = store.get("tab");
  if (spoilt.length) announce(`Part of this link could not be used: ${spoilt.join(", ")}.`);
  const restored = Object.entries(ends).map(([end, digit]) => restoreEnd(end, digit, server));
  // Explore lets go of a code when the drawing changes: Draw reads it first.
  const drawn = () => new Promise((resolve) => store.on("drawing", resolve));
  if (changes.explored && store.get("drawing") === undefined) restored.push(drawn());
  await Promise.all(restored);
  if (tab && store.get("tab") === before) store.set({ tab }); // unless the visitor went elsewhere
}

/** Resolves once the digit of an end's code was asked for, and is in the store. */
const restoreEnd = (end, digit, server) =>
  new Promise((resolve) => {
    const live = new Live(server.digit, ({ picture }) => {
      if (picture) store.set({ [end]: { ...digit, picture } });
      resolve();
    });
    live.send(digit);
  });
