// Files and links to pictures as data URIs that the server can read.

import { savable } from "../../client/elements.js";
import { settings } from "../../client/page.js";
import { Complaint } from "../../client/speak.js";

/** The longest side, in pixels, at which a picture is sent: the model sees 28. */
const SIDE = 512;

/** A picture file as a data URI; throws Complaint where the browser cannot read it. */
export async function asDataUri(file) {
  const picture = await opened(file);
  // Where pixels are falsified, the file goes as it is, and the server reads it.
  return (await savable()) ? shrunk(picture) : whole(file);
}

/** Whether something dragged or pasted names a picture without holding it. */
export const namesPicture = (transfer) =>
  Boolean(transfer.getData("text/uri-list")) || /<img\b/i.test(transfer.getData("text/html"));

/** The picture within a dragged data URI, as a file; null for any other address. */
export async function fileWithin(transfer) {
  const source = /src=["'](data:image\/[^"']+)/i.exec(transfer.getData("text/html"))?.[1];
  const address = source ?? transfer.getData("text/uri-list");
  return address.startsWith("data:image/") ? (await fetch(address)).blob() : null;
}

/** A picture that can be painted: an SVG only as an image, anything else better as a bitmap. */
async function opened(file) {
  try {
    return await createImageBitmap(file);
  } catch {
    return asImage(file);
  }
}

async function asImage(file) {
  const image = new Image();
  const address = URL.createObjectURL(file);
  try {
    image.src = address;
    await image.decode();
    return image;
  } catch {
    throw new Complaint(unreadableWords(file));
  } finally {
    URL.revokeObjectURL(address);
  }
}

function unreadableWords({ type, name = "" }) {
  if (/hei[cf]/i.test(type) || /\.hei[cf]$/i.test(name)) {
    return "This browser cannot read HEIC photos: save it as JPEG, or take a screenshot of it.";
  }
  return "This file is no picture that the browser can read: use a PNG or JPEG.";
}

/** A PNG small enough to send. */
function shrunk(picture) {
  // An SVG may be without a size of its own.
  const [width, height] = [picture.width || SIDE, picture.height || SIDE];
  const scale = Math.min(1, SIDE / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close?.();
  return canvas.toDataURL("image/png");
}

async function whole(file) {
  const uri = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(new Complaint(unreadableWords(file)));
    reader.readAsDataURL(file);
  });
  if (uri.length <= settings.dataUriCharacters) return uri;
  throw new Complaint("This picture is too large, and this browser lets no page shrink it: crop it first.");
}
