// The button that copies a link to the page as it is now.

import { writeLink } from "../client/link.js";
import { announce } from "../client/speak.js";

/** Bring the button to life, with a field to copy from where the clipboard is denied. */
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
      // No clipboard: an address without https, or a frame that may not use it.
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
}
