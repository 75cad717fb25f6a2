// A drawing as the server takes it: base64 of the zlib-compressed grey levels of a small square.
//
// Strokes are rastered here and not on a canvas: browsers that guard against fingerprinting falsify
// what is read back from one.

import { brush, readable } from "./elements.js";
import { paintLayer } from "./layers.js";
import { settings } from "./page.js";
import { Complaint } from "./speak.js";

const FALSIFIED =
  "This browser falsifies what a page reads of a picture (a privacy setting): draw the digit instead, " +
  "or let this page read its canvases.";

/** A drawing's layers, packed; null is no layer. Throws Complaint where a picture cannot be read. */
export async function packed(layers) {
  const present = layers.filter(Boolean);
  const last = present.at(-1);
  if (last?.packed) return last.packed;
  return base64(await deflated(raster(present, settings.padSide)));
}

/** The grey levels of layers on a square of `side` pixels, row by row. */
export function raster(layers, side) {
  const grey = new Uint8Array(side * side);
  for (const layer of layers) {
    if (layer.picture) grey.set(levelsOf(layer, side));
    else addStroke(grey, side, layer);
  }
  return grey;
}

/** The grey levels of a picture over the whole square. */
function levelsOf(layer, side) {
  if (!readable()) throw new Complaint(FALSIFIED);
  const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
  paintLayer(brush(canvas), side, layer);
  const pixels = brush(canvas).getImageData(0, 0, side, side).data;
  return Uint8Array.from({ length: side * side }, (_, index) => pixels[4 * index]);
}

/** Add white ink to `grey`: to every pixel the share of it that the stroke covers. */
function addStroke(grey, side, { points, width }) {
  const radius = (width * side) / 2;
  const covered = new Float32Array(side * side);
  const places = flattened(points.map(([x, y]) => [x * side, y * side]));
  places.forEach((to, index) => cover(covered, side, radius, places[Math.max(0, index - 1)], to));
  for (let i = 0; i < grey.length; i++) grey[i] += Math.round((255 - grey[i]) * covered[i]);
}

/** Cover what lies within `radius` of the segment between two places, with an antialiased rim. */
function cover(covered, side, radius, [x0, y0], [x1, y1]) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length = dx * dx + dy * dy || 1;
  const reach = radius + 0.5;
  const from = (one, other) => Math.max(0, Math.floor(Math.min(one, other) - reach));
  const until = (one, other) => Math.min(side, Math.ceil(Math.max(one, other) + reach));
  const [left, right, top, bottom] = [from(x0, x1), until(x0, x1), from(y0, y1), until(y0, y1)];
  // The page's first view waits for this loop before the browser has compiled it: no arrays, no hypot.
  for (let row = top; row < bottom; row++) {
    const y = row + 0.5 - y0;
    for (let column = left; column < right; column++) {
      const x = column + 0.5 - x0;
      const along = Math.max(0, Math.min(1, (x * dx + y * dy) / length));
      const distance = Math.sqrt((x - along * dx) ** 2 + (y - along * dy) ** 2);
      const share = Math.min(1, reach - distance);
      const index = row * side + column;
      if (share > covered[index]) covered[index] = share;
    }
  }
}

/** The curve that layers.js paints, as places a pixel apart. */
function flattened(points) {
  const places = [points[0]];
  for (let i = 1; i < points.length - 1; i++) {
    const [from, control, next] = [places.at(-1), points[i], points[i + 1]];
    const to = control.map((value, axis) => (value + next[axis]) / 2);
    const steps = Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1])) || 1;
    for (let step = 1; step <= steps; step++) places.push(onParabola(from, control, to, step / steps));
  }
  if (points.length > 1) places.push(points.at(-1));
  return places;
}

const onParabola = (from, control, to, t) =>
  from.map((value, axis) => (1 - t) ** 2 * value + 2 * t * (1 - t) * control[axis] + t * t * to[axis]);

/** Bytes in zlib's format, compressed where the browser can. */
async function deflated(bytes) {
  if (typeof CompressionStream === "undefined") return stored(bytes);
  // Written straight to the compressor, which is faster than a Blob's stream.
  const { readable: compressed, writable } = new CompressionStream("deflate");
  const writer = writable.getWriter();
  writer.write(bytes);
  writer.close();
  const chunks = [];
  const reader = compressed.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) chunks.push(...read.value);
  return chunks;
}

/** At most 65,535 bytes in zlib's format, one stored block (RFC 1950 and 1951). */
export function stored(bytes) {
  let [low, high] = [1, 0]; // of Adler-32
  for (const byte of bytes) {
    low = (low + byte) % 65521;
    high = (high + low) % 65521;
  }
  const length = [bytes.length & 255, bytes.length >> 8];
  const header = [0x78, 0x01, 1, ...length, ...length.map((byte) => byte ^ 255)];
  return [...header, ...bytes, high >> 8, high & 255, low >> 8, low & 255];
}

/** Bytes as base64. */
export const base64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
