// A drawing: a list of layers, painted in order and never changed once they are there.
//
//   {points: [[x, y], ...], width}   a stroke, in units of the drawing's side
//   {picture, packed?}               an image or canvas over the whole square (a photo, a decoded digit),
//                                    and the same as the server takes it (ink.js), where it is known

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

/** A smooth curve through the midpoints, each point being the control point of a parabola. */
function tracePoints(context, points) {
  context.moveTo(...points[0]);
  for (let i = 1; i < points.length - 1; i++) {
    const [x, y] = points[i];
    const [nextX, nextY] = points[i + 1];
    context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
  }
  // A canvas does not draw a line of zero length, but a tap must be a dot.
  const [endX, endY] = points.at(-1);
  context.lineTo(points.length > 1 ? endX : endX + 0.01, endY);
}
