// Pictures from outside: dropped on the pad, pasted, or chosen as a file.

import { finder, picture } from "../../client/elements.js";
import { Live } from "../../client/live.js";

/** The longest side, in pixels, at which a picture is sent: the model sees 28. */
const SIDE = 384;

/** Have pictures read by the server; `load(layers)` puts one on the pad, `complain` says what is wrong. */
export function acceptPhotos(element, server, complain, load) {
  const photos = new Live(
    async (file) => {
      const image = await asDataUri(file).catch(() => null);
      if (image === null) return { error: "This file is no picture that the browser can read." };
      return server.photo({ image });
    },
    async (answer) => {
      if (answer.ink) load([{ picture: await picture(answer.ink) }]);
      complain(answer.error);
    },
  );
  const find = finder(element);
  const take = (file) => photos.send(file);
  takeDropped(find("drop"), take);
  takeChosen(find("file"), take);
  takePasted(element, take);
}

/** A picture file as a PNG data URI small enough to send; throws where the browser cannot read it. */
async function asDataUri(file) {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return canvas.toDataURL("image/png");
}

function takeDropped(target, take) {
  target.addEventListener("dragover", (event) => {
    event.preventDefault();
    target.classList.add("dropping");
  });
  target.addEventListener("dragleave", () => target.classList.remove("dropping"));
  target.addEventListener("drop", (event) => {
    event.preventDefault();
    target.classList.remove("dropping");
    if (event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
  });
}

function takeChosen(input, take) {
  input.addEventListener("change", () => {
    if (input.files.length) take(input.files[0]);
    input.value = ""; // the same file can be chosen again
  });
}

/** What is pasted while `part` can be seen. */
function takePasted(part, take) {
  document.addEventListener("paste", (event) => {
    const file = event.clipboardData?.files[0];
    if (!file || !part.checkVisibility()) return;
    event.preventDefault();
    take(file);
  });
}
