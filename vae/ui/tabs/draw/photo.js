// Pictures from outside: dropped anywhere on the page, pasted, or chosen as a file.

import { finder, picture } from "../../client/elements.js";
import { Live, home } from "../../client/live.js";
import { announce } from "../../client/speak.js";
import { asDataUri, fileWithin, namesPicture } from "./picture_file.js";

const ELSEWHERE =
  "A picture on another page cannot be fetched from here: copy it there and paste it here, or save it " +
  "and choose it with Photo.";

/** Have pictures read by the server; `load(layers)` puts one on the pad, `complain` says what is wrong. */
export function acceptPhotos(element, server, complain, load) {
  const find = finder(element);
  const photos = new Live(
    async (file) => server.photo({ image: await asDataUri(file) }),
    async ({ ink, packed, error }) => {
      if (ink) load([{ picture: await picture(ink), packed }]);
      complain(error);
    },
  );
  const take = (file) => photos.send(file);
  const takeFrom = async (transfer) => {
    const named = namesPicture(transfer);
    // A transfer can only be read during its event.
    const file = transfer.files[0] ?? (named && (await fileWithin(transfer)));
    if (file) take(file);
    else if (named) complain(ELSEWHERE);
  };
  const bring = (transfer) => {
    if (element.checkVisibility()) takeFrom(transfer);
    else announce("Pictures go on the pad of the Draw tab: open it first.");
  };
  // In <gradio-app> the rest of the document is another site's.
  const page = location.href.startsWith(home.href) ? document : element.closest("gradio-app");
  takeDropped(page, bring, (is) => find("drop").classList.toggle("dropping", is));
  takeChosen(find("file"), take);
  takePasted(page, bring);
}

/** Take drops anywhere on the page: for a file dropped beside the pad the browser would leave it. */
function takeDropped(page, bring, mark) {
  // Dragged text is left to the fields.
  const offers = ({ types }) => types.includes("Files") || types.includes("text/uri-list");
  page.addEventListener("dragover", (event) => {
    if (!offers(event.dataTransfer)) return;
    event.preventDefault();
    mark(true);
  });
  page.addEventListener("dragleave", (event) => event.relatedTarget ?? mark(false));
  page.addEventListener("drop", (event) => {
    if (!offers(event.dataTransfer)) return;
    event.preventDefault();
    mark(false);
    bring(event.dataTransfer);
  });
}

function takeChosen(input, take) {
  input.addEventListener("change", () => {
    if (input.files.length) take(input.files[0]);
    input.value = ""; // the same file can be chosen again
  });
}

/** What is pasted anywhere but in a field. */
function takePasted(page, bring) {
  page.addEventListener("paste", (event) => {
    const transfer = event.clipboardData;
    if (!transfer || event.target.closest?.("input, textarea, [contenteditable]")) return;
    if (!transfer.files.length && !namesPicture(transfer)) return;
    event.preventDefault();
    bring(transfer);
  });
}
