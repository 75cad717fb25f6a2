// Codes and drawings as short texts for a link. Whoever reads such a text gets null for one that is
// not well-formed or out of bounds: anybody can write a link.

import { fromText, toBytes, toNumbers, toText } from "./bytes.js";
import { STROKE_GRID } from "./layers.js";
import { settings } from "./page.js";

const PIXELS = 28 * 28;
const LAYERS = 200; // of a drawing, at most
const POINTS = 3000; // of a drawing, at most
const CHARACTERS = 5000; // of a drawing: with it a link is still one that every server takes
const REACH = 4; // how far from the pad a stroke may go, in sides of the pad

/**
 * A latent code: three bytes a number, which hold the decimals that the server gave it; four where one is
 * too large for three.
 */
export function encodeCode(code) {
  const wholes = code.map((value) => Math.round(value * settings.codeScale));
  const shifts = wholes.every((whole) => Math.abs(whole) < 2 ** 23) ? [16, 8, 0] : [24, 16, 8, 0];
  return toText(wholes.flatMap((whole) => shifts.map((shift) => (whole >> shift) & 255)));
}

/** The latent code of a text, for a model {latentDim, largestCoordinate}. */
export function decodeCode(text, { latentDim, largestCoordinate }) {
  const bytes = fromText(text) ?? [];
  const width = bytes.length / latentDim;
  if (width !== 3 && width !== 4) return null;
  const code = Array.from({ length: latentDim }, (_, index) => {
    const [highest, ...rest] = bytes.slice(width * index, width * (index + 1));
    const signed = (highest << 24) >> 24;
    return rest.reduce((whole, byte) => (whole << 8) | byte, signed) / settings.codeScale;
  });
  return code.every((value) => Math.abs(value) <= largestCoordinate) ? code : null;
}

/** Which pixels are visible: a list of ones and zeros, eight to a byte. */
export function encodeMask(visible) {
  const bytes = Array.from({ length: Math.ceil(visible.length / 8) }, (_, index) =>
    visible.slice(8 * index, 8 * index + 8).reduce((byte, bit, place) => byte | (bit << place), 0),
  );
  return toText(bytes);
}

/** The list of such a text, of 784 pixels. */
export function decodeMask(text) {
  const bytes = fromText(text);
  if (bytes?.length !== PIXELS / 8) return null;
  return Array.from({ length: PIXELS }, (_, index) => (bytes[index >> 3] >> (index & 7)) & 1);
}

/** A drawing's strokes; null for one with a photo in it, or too many points. */
export function encodeStrokes(layers) {
  if (layers.some((layer) => !layer.points) || layers.length > LAYERS) return null;
  if (layers.flatMap((layer) => layer.points).length > POINTS) return null;
  const numbers = layers.flatMap((layer) => {
    const places = layer.points.flat().map(onGrid);
    // Each point as its distance from the one before: mostly one byte.
    const distances = places.map((value, index) => value - (places[index - 2] ?? 0));
    return [layer.points.length, onGrid(layer.width), ...distances];
  });
  const text = toText(numbers.flatMap(toBytes));
  return text.length <= CHARACTERS ? text : null;
}

/** The layers of a text. */
export function decodeStrokes(text) {
  const bytes = fromText(text);
  const numbers = bytes && toNumbers(bytes);
  if (!numbers) return null;
  const layers = [];
  let at = 0;
  let left = POINTS;
  while (at < numbers.length) {
    const [count, width] = numbers.slice(at, at + 2);
    const distances = numbers.slice(at + 2, at + 2 + 2 * count);
    left -= count;
    const whole = count >= 1 && left >= 0 && distances.length === 2 * count;
    if (!whole || layers.length === LAYERS || !(width > 0 && width <= STROKE_GRID)) return null;
    const points = pointsOf(distances);
    if (points.flat().some((value) => Math.abs(value) > REACH)) return null;
    layers.push({ points, width: width / STROKE_GRID });
    at += 2 + 2 * count;
  }
  return layers.length ? layers : null;
}

const onGrid = (value) => Math.round(value * STROKE_GRID);

/** Points of a stroke whose first place and then distances, x, y, x, y, ..., are given. */
function pointsOf(distances) {
  let [x, y] = [0, 0];
  const points = [];
  for (let index = 0; index < distances.length; index += 2) {
    x += distances[index];
    y += distances[index + 1];
    points.push([x / STROKE_GRID, y / STROKE_GRID]);
  }
  return points;
}
