// Grey digits on canvases: each canvas has one pixel per pixel of the digit, and CSS enlarges it.

/** The picture of a data URI, decoded and ready to be painted. */
export async function picture(uri) {
  const image = new Image();
  image.src = uri;
  await image.decode();
  return image;
}

/** The context of a digit's canvas: one so small is fastest without a graphics card. */
export const brush = (canvas) => canvas.getContext("2d", { willReadFrequently: true });

/** Paint digit number `index` of row `row` of a picture of 28x28 digits. */
export function paint(canvas, strip, index = 0, row = 0) {
  brush(canvas).drawImage(strip, index * 28, row * 28, 28, 28, 0, 0, 28, 28);
}

/** Take the digit away: black. */
export const blank = (canvas) => brush(canvas).clearRect(0, 0, canvas.width, canvas.height);

/** Hand a picture, given as a data URI, to the visitor as a file. */
export function save(uri, name) {
  Object.assign(document.createElement("a"), { href: uri, download: name }).click();
}
