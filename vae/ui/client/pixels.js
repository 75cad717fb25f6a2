// Grey digits on canvases: each canvas has one pixel per pixel of the digit, and CSS enlarges it.

/** The picture of a data URI, decoded and ready to be painted. */
vae.picture = async (uri) => {
  const image = new Image();
  image.src = uri;
  await image.decode();
  return image;
};

/** The context of a digit's canvas: one so small is fastest without a graphics card. */
vae.brush = (canvas) => canvas.getContext("2d", { willReadFrequently: true });

/** Paint digit number `index` of a row of 28x28 digits. */
vae.paint = (canvas, strip, index = 0, row = 0) => {
  vae.brush(canvas).drawImage(strip, index * 28, row * 28, 28, 28, 0, 0, 28, 28);
};

/** Hand a picture, given as a data URI, to the visitor as a file. */
vae.save = (uri, name) => {
  const link = document.createElement("a");
  Object.assign(link, { href: uri, download: name });
  link.click();
};

/** Where the second of two digits has less ink than the first, in orange, and where more, in blue. */
vae.paintDifference = (canvas, first, second) => {
  const levels = (digit) => vae.brush(digit).getImageData(0, 0, 28, 28).data;
  const [before, after] = [levels(first), levels(second)];
  const image = new ImageData(28, 28);
  for (let i = 0; i < before.length; i += 4) {
    const change = (after[i] - before[i]) / 255;
    const [red, green, blue] = change < 0 ? [255, 138, 101] : [110, 170, 255];
    const strength = Math.sqrt(Math.abs(change)); // faint differences can be seen
    image.data.set([red * strength, green * strength, blue * strength, 255], i);
  }
  vae.brush(canvas).putImageData(image, 0, 0);
};

/** Take the digit away: black. */
vae.blank = (canvas) => vae.brush(canvas).clearRect(0, 0, canvas.width, canvas.height);
