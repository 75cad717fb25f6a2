// A drawing as it is sent.

import { base64 } from "./bytes.js";
import { paintLayers } from "./layers.js";
import { settings } from "./page.js";

/**
 * A drawing's layers as the server takes them: base64 of the deflated grey levels of a small square.
 */
export async function packed(layers) {
  const side = settings.padSide;
  const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  paintLayers(context, side, layers);
  const pixels = context.getImageData(0, 0, side, side).data;
  const grey = new Uint8Array(side * side);
  for (let i = 0; i < grey.length; i++) grey[i] = pixels[4 * i];
  return base64(await deflated(grey));
}

/** Bytes, compressed. Written straight to the compressor: a Blob's stream would take 9 ms more. */
async function deflated(bytes) {
  const { readable, writable } = new CompressionStream("deflate");
  const writer = writable.getWriter();
  writer.write(bytes);
  writer.close();
  const chunks = [];
  const reader = readable.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) chunks.push(...read.value);
  return chunks;
}

