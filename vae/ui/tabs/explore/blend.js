// A picture that turns into another.

import { brush } from "../../client/elements.js";

/** Paint what lies `share` of the way from one picture to another of the same size. */
export function blend(canvas, from, to, share) {
  const { naturalWidth: width, naturalHeight: height } = from;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = brush(canvas);
  context.globalAlpha = 1;
  context.drawImage(from, 0, 0);
  if (!share) return;
  context.globalAlpha = share;
  context.drawImage(to, 0, 0);
}
