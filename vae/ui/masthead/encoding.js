// Codes and drawings as short texts for a link. Whoever reads such a text gets null for one that is
// not well-formed or out of bounds: anybody can write a link.

vae.encoding = {
  LAYERS: 200, // of a drawing, at most
  POINTS: 3000, // of a drawing, at most
  CHARACTERS: 5000, // of a drawing: with it a link is still one that every server takes
  REACH: 4, // how far from the pad a stroke may go, in sides of the pad

  /** A latent code: three bytes a number, which hold the decimals that the server gave it. */
  code(code) {
    const { codeScale } = vae.settings;
    const bytes = code.flatMap((value) => {
      const whole = Math.round(value * codeScale);
      return [whole >> 16, whole >> 8, whole].map((byte) => byte & 255);
    });
    return this.text(bytes);
  },

  /** The latent code of a text, `dimensions` numbers. */
  readCode(text, dimensions) {
    const { codeScale, largestCoordinate } = vae.settings;
    const bytes = this.bytes(text);
    if (bytes?.length !== 3 * dimensions) return null;
    const code = Array.from({ length: dimensions }, (_, index) => {
      const [high, middle, low] = bytes.slice(3 * index, 3 * index + 3);
      return (((high << 24) >> 8) | (middle << 8) | low) / codeScale;
    });
    return code.every((value) => Math.abs(value) <= largestCoordinate) ? code : null;
  },

  /** A drawing's strokes; null for one with a photo in it, or too many points. */
  strokes(layers) {
    if (layers.some((layer) => !layer.points) || layers.length > this.LAYERS) return null;
    if (layers.flatMap((layer) => layer.points).length > this.POINTS) return null;
    const numbers = layers.flatMap((layer) => {
      const places = layer.points.flat().map(this.onGrid);
      // Each point as its distance from the one before: mostly one byte.
      const distances = places.map((value, index) => value - (places[index - 2] ?? 0));
      return [layer.points.length, this.onGrid(layer.width), ...distances];
    });
    const text = this.text(numbers.flatMap(this.variable));
    return text.length <= this.CHARACTERS ? text : null;
  },

  /** The layers of a text. */
  readStrokes(text) {
    const bytes = this.bytes(text);
    const numbers = bytes && this.readVariable(bytes);
    if (!numbers) return null;
    const layers = [];
    let at = 0;
    let left = this.POINTS;
    while (at < numbers.length) {
      const [count, width] = numbers.slice(at, at + 2);
      const distances = numbers.slice(at + 2, at + 2 + 2 * count);
      left -= count;
      const fits = count >= 1 && left >= 0 && distances.length === 2 * count;
      if (!fits || layers.length === this.LAYERS || !(width > 0 && width <= vae.STROKE_GRID)) {
        return null;
      }
      const points = this.points(distances);
      if (points.flat().some((value) => Math.abs(value) > this.REACH)) return null;
      layers.push({ points, width: width / vae.STROKE_GRID });
      at += 2 + 2 * count;
    }
    return layers.length ? layers : null;
  },

  /** Points of a stroke whose first place and then distances, x, y, x, y, ..., are given. */
  points(distances) {
    let [x, y] = [0, 0];
    const points = [];
    for (let index = 0; index < distances.length; index += 2) {
      x += distances[index];
      y += distances[index + 1];
      points.push([x / vae.STROKE_GRID, y / vae.STROKE_GRID]);
    }
    return points;
  },

  onGrid: (value) => Math.round(value * vae.STROKE_GRID),

  /** A whole number of either sign, |n| < 2^27, as bytes: seven bits each, the last below 128. */
  variable(number) {
    let rest = number < 0 ? -2 * number - 1 : 2 * number;
    const bytes = [];
    for (; rest > 127; rest >>= 7) bytes.push((rest & 127) | 128);
    return [...bytes, rest];
  },

  readVariable(bytes) {
    const numbers = [];
    let [value, shift] = [0, 0];
    for (const byte of bytes) {
      if (shift > 21) return null; // no number of a drawing is that large
      value |= (byte & 127) << shift;
      shift += 7;
      if (byte > 127) continue;
      numbers.push(value % 2 ? -(value + 1) / 2 : value / 2);
      [value, shift] = [0, 0];
    }
    return shift ? null : numbers;
  },

  /** Bytes as text that needs no escaping in a link. */
  text(bytes) {
    return vae.base64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  },

  bytes(text) {
    if (!/^[\w-]+$/.test(text)) return null;
    try {
      const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
      return [...binary].map((character) => character.charCodeAt(0));
    } catch {
      return null;
    }
  },
};
