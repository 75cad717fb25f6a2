// Pictures from outside: dropped anywhere on the page, pasted, or chosen as a file.

import { finder, picture } from "../../client/elements.js";
import { Live } from "../../client/live.js";
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
    // What was dragged is there for as long as its event only.
    const file = transfer.files[0] ?? (named && (await fileWithin(transfer)));
    if (file) take(file);
    else if (named) complain(ELSEWHERE);
  };
  takeDropped(element, find("drop"), takeFrom);
  takeChosen(find("file"), take);
  takePasted(element, takeFrom);
}

/** Drops beside the pad are meant for it: the browser would leave the page for a file dropped there. */
function takeDropped(part, pad, takeFrom) {
  const page = part.closest("gradio-app") ?? document;
  const marked = (is) => pad.classList.toggle("dropping", is && part.checkVisibility());
  // Text that is dragged is a field's business.
  const offers = ({ types }) => types.includes("Files") || types.includes("text/uri-list");
  page.addEventListener("dragover", (event) => {
    if (!offers(event.dataTransfer)) return;
    event.preventDefault();
    marked(true);
  });
  page.addEventListener("dragleave", (event) => event.relatedTarget ?? marked(false));
  page.addEventListener("drop", (event) => {
    if (!offers(event.dataTransfer)) return;
    event.preventDefault();
    marked(false);
    if (part.checkVisibility()) takeFrom(event.dataTransfer);
    else announce("Pictures are dropped on the Draw tab.");
  });
}

function takeChosen(input, take) {
  input.addEventListener("change", () => {
    if (input.files.length) take(input.files[0]);
    input.value = ""; // the same file can be chosen again
  });
}

/** What is pasted while `part` can be seen, but for text in a field. */
function takePasted(part, takeFrom) {
  document.addEventListener("paste", (event) => {
    const transfer = event.clipboardData;
    if (!transfer || !part.checkVisibility()) return;
    if (!transfer.files.length && !namesPicture(transfer)) return;
    event.preventDefault();
    takeFrom(transfer);
  });
}
