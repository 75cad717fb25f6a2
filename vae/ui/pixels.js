// Grey digits on canvases: each canvas has one pixel per pixel of the digit, and CSS enlarges it.

/** The picture of a data URI, decoded and ready to be painted. */
vae.picture = async (uri) => {
  const image = new Image();
  image.src = uri;
  await image.decode();
  return image;
};

/** Paint digit number `index` of a one-row strip of 28x28 digits. */
vae.paint = (canvas, strip, index = 0) => {
  canvas.getContext("2d").drawImage(strip, index * 28, 0, 28, 28, 0, 0, 28, 28);
};

/** Take the digit away: black. */
vae.blank = (canvas) => canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
