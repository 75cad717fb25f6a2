// The frames between A and B as they are seen: one enlarged for each path, and the filmstrip.

import { blank, brush, digitCanvas, finder, paint } from "../../client/elements.js";
import { FILM } from "../../client/film.js";
import { alongOf, shownFrames } from "./film_places.js";
import { WAYS } from "./ways.js";

export class Film {
  constructor(element) {
    const find = finder(element);
    [this.box, this.film, this.marker] = ["frames", "film", "marker"].map(find);
    this.strip = null; // the frames of each of `paths` in a row
    this.paths = [];
    this.canvases = [];
  }

  /** Load frames: a picture with a row of them for each path. */
  load(strip, paths) {
    this.strip = strip;
    if (this.paths.join() !== paths.join()) this.#layOut(paths);
    Object.assign(this.film, { width: 28 * FILM.pictures, height: 28 * paths.length });
    paths.forEach((_, row) => {
      shownFrames.forEach((t, index) => {
        brush(this.film).drawImage(strip, t * 28, row * 28, 28, 28, index * 28, row * 28, 28, 28);
      });
    });
  }

  /** Show frame t. */
  show(t) {
    if (!this.strip) return;
    this.canvases.forEach((canvas, row) => {
      paint(canvas, this.strip, t, row);
      canvas.dataset.shown = t;
    });
    this.marker.style.left = `${100 * alongOf(t)}%`;
  }

  /** Show nothing: one of the pads is empty. */
  unload() {
    this.strip = null;
    for (const canvas of [...this.canvases, this.film]) blank(canvas);
  }

  #layOut(paths) {
    this.paths = paths;
    this.canvases = paths.map((path) =>
      digitCanvas(`The digit at this point of the way: ${WAYS[path].title.toLowerCase()}`),
    );
    this.box.replaceChildren(...this.canvases.map((canvas, row) => plate(canvas, paths[row])));
  }
}

function plate(canvas, path) {
  const { title, formula } = WAYS[path];
  const [figure, caption, name, sign] = ["figure", "figcaption", "b", "i"].map((tag) =>
    document.createElement(tag),
  );
  canvas.dataset.frame = path;
  name.textContent = title;
  sign.textContent = formula;
  caption.append(name, " ", sign);
  figure.className = "plate";
  figure.append(caption, canvas);
  return figure;
}
