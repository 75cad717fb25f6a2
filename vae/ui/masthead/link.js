// The button that copies the link to the page as it is now, and what of a link needs the server or the
// mounted page: the ends' digits and the open tab.

import { picture } from "../client/elements.js";
import { opened, writeLink } from "../client/link.js";
import { Live } from "../client/live.js";
import { announce } from "../client/speak.js";
import { store } from "../client/store.js";

/** Connect the button; a field shows the link where the clipboard cannot be used. */
export function copyLink(button, field) {
  const input = field.querySelector("input");
  button.addEventListener("click", async () => {
    const { address, lacking } = writeLink();
    const but = lacking.map((what) => ` It does not carry ${what}.`).join("");
    try {
      await navigator.clipboard.writeText(address);
      field.hidden = true;
      announce(`Link copied.${but}`);
    } catch {
      // A page without https has no clipboard, and a frame needs a permission.
      field.hidden = false;
      input.value = address;
      input.focus();
      input.select();
      announce(`The link is ready to be copied.${but}`);
    }
  });
  const close = () => {
    field.hidden = true;
    button.focus();
  };
  field.addEventListener("keydown", (event) => event.key === "Escape" && close());
  field.querySelector("button").addEventListener("click", close);
  button.disabled = false;
}

/** Restore what the link says that opened this page. */
export async function restore(server) {
  const { ends, tab, changes, spoilt } = opened;
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
    const live = new Live(server.digit, async (answer) => {
      if (answer.picture) store.set({ [end]: { ...digit, picture: await picture(answer.picture) } });
      resolve();
    });
    live.send(digit);
  });
