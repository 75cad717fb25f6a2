// A drawing: a list of layers, painted in order and never changed once they are there; how it is
// painted, and how it is sent.
//
//   {points: [[x, y], ...], width}   a stroke, in units of the drawing's side
//   {picture}                        an image over the whole square (a photo, a decoded digit)

import { settings } from "./page.js";

/** Strokes lie on this many places along the drawing's side. */
export const STROKE_GRID = 10000;

/** A stroke's width, in sides of the drawing: about MNIST's, once the digit fills two thirds. */
export const STROKE_WIDTH = 0.075;

/** The layers of an example digit "0" ... "9". */
export const example = (digit) =>
  settings.examples[digit].map((points) => ({ points, width: STROKE_WIDTH }));

/** Paint a drawing's layers on a black square of `side` pixels; null is no layer. */
export function paintLayers(context, side, layers) {
  context.fillStyle = "black";
  context.fillRect(0, 0, side, side);
  for (const layer of layers) if (layer) paintLayer(context, side, layer);
}

/** Paint one layer of a drawing on a square of `side` pixels. */
export function paintLayer(context, side, layer) {
  if (layer.picture) {
    context.imageSmoothingEnabled = layer.picture.width > 28;
    context.drawImage(layer.picture, 0, 0, side, side);
    return;
  }
  context.strokeStyle = "white";
  context.lineWidth = layer.width * side;
  context.lineCap = context.lineJoin = "round";
  context.beginPath();
  tracePoints(context, layer.points.map(([x, y]) => [x * side, y * side]));
  context.stroke();
}

/** A smooth curve: through the middles between points, each point the control of a parabola. */
function tracePoints(context, points) {
  context.moveTo(...points[0]);
  for (let i = 1; i < points.length - 1; i++) {
    const [x, y] = points[i];
    const [nextX, nextY] = points[i + 1];
    context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
  }
  // A canvas drops a line without length; a tap is a dot.
  const [endX, endY] = points.at(-1);
  context.lineTo(points.length > 1 ? endX : endX + 0.01, endY);
}

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

/** Bytes as base64. */
export const base64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
