// Pictures from outside: dropped on the pad, pasted, or chosen as a file.

/** The longest side, in pixels, at which a picture is sent: the model sees 28. */
vae.PHOTO_SIDE = 384;

/** A picture file as a PNG data URI small enough to send; throws where the browser cannot read it. */
vae.fileAsDataUri = async (file) => {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, vae.PHOTO_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return canvas.toDataURL("image/png");
};

/** Call `take(file)` with what is dropped on `target`, chosen in `input`, or pasted while `part`
 * can be seen. */
vae.acceptPictures = (part, target, input, take) => {
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
  input.addEventListener("change", () => {
    if (input.files.length) take(input.files[0]);
    input.value = ""; // the same file can be chosen again
  });
  document.addEventListener("paste", (event) => {
    const file = event.clipboardData?.files[0];
    if (!file || !part.checkVisibility()) return;
    event.preventDefault();
    take(file);
  });
};
