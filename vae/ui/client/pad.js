// The drawing pad: strokes as vectors on a black square, white ink, for mouse, pen and touch.
//
// A drawing is a list of layers, painted in order and never changed once they are there:
//   {points: [[x, y], ...], width}   a stroke, in units of the pad's side
//   {picture}                        an image over the whole square (a photo, a decoded digit)
// Undo and redo are lists of drawings.

/** Strokes lie on this many places along the pad's side. */
vae.STROKE_GRID = 10000;

vae.Pad = class {
  static STROKE_WIDTH = 0.075; // of the side: about MNIST's, once the digit fills two thirds
  static REMEMBERED = 100; // drawings that undo goes back to

  /** `changed(drawing)` is called while a stroke grows (drawing = true) and when it is done. */
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.changed = changed;
    this.layers = [];
    this.past = [];
    this.future = [];
    this.stroke = null;
    this.pointer = null;
    this.#listen();
    // Called once at the first layout as well: to ask for the size now would force one more.
    new ResizeObserver(() => this.#fit()).observe(canvas);
  }

  get empty() {
    return this.layers.length === 0 && !this.stroke;
  }

  /** Replace the drawing; undo brings the old one back. */
  load(layers) {
    this.show(layers);
    this.changed(false);
  }

  /** Replace the drawing without calling `changed`. */
  show(layers) {
    this.#remember();
    this.layers = layers;
    this.#repaint();
  }

  /** The drawing to begin with, which undo does not take away. */
  open(layers) {
    this.load(layers);
    this.past = [];
  }

  clear() {
    if (!this.empty) this.load([]);
  }

  undo() {
    this.#travel(this.past, this.future);
  }

  redo() {
    this.#travel(this.future, this.past);
  }

  /** The drawing as the server takes it. */
  packed() {
    return vae.packed([...this.layers, this.stroke]);
  }

  #listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => this.#begin(event));
    canvas.addEventListener("pointermove", (event) => this.#extend(event));
    canvas.addEventListener("pointerup", (event) => this.#end(event));
    // A cancelled stroke (a palm, a system gesture, a lost capture) is kept as far as it went.
    canvas.addEventListener("pointercancel", (event) => this.#end(event));
    canvas.addEventListener("lostpointercapture", (event) => this.#end(event));
    canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  #begin(event) {
    // One pointer draws; a second finger or another button does not disturb it.
    if (this.pointer !== null || event.button !== 0) return;
    event.preventDefault();
    this.canvas.focus({ preventScroll: true });
    this.pointer = event.pointerId;
    this.canvas.setPointerCapture(event.pointerId);
    this.stroke = { points: [this.#position(event)], width: vae.Pad.STROKE_WIDTH };
    this.#repaintSoon();
    this.changed(true);
  }

  #extend(event) {
    if (event.pointerId !== this.pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) this.#add(this.#position(each));
    this.#repaintSoon();
    this.changed(true);
  }

  #end(event) {
    if (event.pointerId !== this.pointer) return;
    this.#remember();
    this.layers = [...this.layers, this.stroke];
    this.stroke = null;
    this.pointer = null;
    this.#repaint();
    this.changed(false);
  }

  #add(point) {
    const [x, y] = this.stroke.points.at(-1);
    // Points closer than a third of a pixel of what is sent add nothing but work.
    if (Math.hypot(point[0] - x, point[1] - y) > 0.3 / vae.settings.padSide) {
      this.stroke.points.push(point);
    }
  }

  #position(event) {
    const box = this.canvas.getBoundingClientRect();
    const place = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    // Four decimals, which is what a link can carry: it brings back the very same stroke.
    return place.map((value) => Math.round(value * vae.STROKE_GRID) / vae.STROKE_GRID);
  }

  #key(event) {
    const key = event.key.toLowerCase();
    const command = event.ctrlKey || event.metaKey;
    if (command && key === "z") event.shiftKey ? this.redo() : this.undo();
    else if (command && key === "y") this.redo();
    else if (!command && (key === "delete" || key === "backspace")) this.clear();
    else if (!command && /^[0-9]$/.test(key)) this.load(vae.example(key));
    else return;
    event.preventDefault();
  }

  #remember() {
    this.past = [...this.past, this.layers].slice(-vae.Pad.REMEMBERED);
    this.future = [];
  }

  #travel(from, to) {
    if (!from.length || this.stroke) return;
    to.push(this.layers);
    this.layers = from.pop();
    this.#repaint();
    this.changed(false);
  }

  #fit() {
    const side = Math.round(this.canvas.clientWidth * (window.devicePixelRatio || 1));
    if (!side || side === this.canvas.width) return;
    this.canvas.width = this.canvas.height = side;
    this.#repaint();
  }

  #repaintSoon() {
    this.frame ??= requestAnimationFrame(() => this.#repaint());
  }

  #repaint() {
    cancelAnimationFrame(this.frame);
    this.frame = undefined;
    this.#paint(this.canvas.getContext("2d"), this.canvas.width);
    this.canvas.dataset.layers = this.layers.length;
  }

  #paint(context, side) {
    vae.paintLayers(context, side, [...this.layers, this.stroke]);
  }
};

/** Bring the buttons [data-undo], [data-redo] and [data-clear] inside `element` to life. */
vae.padTools = (element, pad) => {
  for (const action of ["undo", "redo", "clear"]) {
    element.querySelector(`[data-${action}]`)?.addEventListener("click", () => pad[action]());
  }
};

/**
 * A drawing's layers as the server takes them: base64 of the deflated grey levels of a small square.
 */
vae.packed = async (layers) => {
  const side = vae.settings.padSide;
  const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  vae.paintLayers(context, side, layers);
  const pixels = context.getImageData(0, 0, side, side).data;
  const grey = new Uint8Array(side * side);
  for (let i = 0; i < grey.length; i++) grey[i] = pixels[4 * i];
  return vae.base64(await vae.deflated(grey));
};

/** Bytes, compressed. Written straight to the compressor: a Blob's stream would take 9 ms more. */
vae.deflated = async (bytes) => {
  const { readable, writable } = new CompressionStream("deflate");
  const writer = writable.getWriter();
  writer.write(bytes);
  writer.close();
  const chunks = [];
  const reader = readable.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) chunks.push(...read.value);
  return chunks;
};

/** Bytes as base64 text. */
vae.base64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));

/** Paint a drawing's layers on a black square of `side` pixels; null is no layer. */
vae.paintLayers = (context, side, layers) => {
  context.fillStyle = "black";
  context.fillRect(0, 0, side, side);
  for (const layer of layers) if (layer) vae.paintLayer(context, side, layer);
};

/** Paint one layer of a drawing on a square of `side` pixels. */
vae.paintLayer = (context, side, layer) => {
  if (layer.picture) {
    context.imageSmoothingEnabled = layer.picture.width > 28;
    context.drawImage(layer.picture, 0, 0, side, side);
    return;
  }
  context.strokeStyle = "white";
  context.lineWidth = layer.width * side;
  context.lineCap = context.lineJoin = "round";
  context.beginPath();
  vae.tracePoints(context, layer.points.map(([x, y]) => [x * side, y * side]));
  context.stroke();
};

/** A smooth curve: through the middles between points, each point the control of a parabola. */
vae.tracePoints = (context, points) => {
  context.moveTo(...points[0]);
  for (let i = 1; i < points.length - 1; i++) {
    const [x, y] = points[i];
    const [nextX, nextY] = points[i + 1];
    context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
  }
  // A canvas drops a line without length; a tap is a dot.
  const [endX, endY] = points.at(-1);
  context.lineTo(points.length > 1 ? endX : endX + 0.01, endY);
};

/** The layers of an example digit "0" ... "9". */
vae.example = (digit) =>
  vae.settings.examples[digit].map((points) => ({ points, width: vae.Pad.STROKE_WIDTH }));

/** Fill `row` with a button for each example digit; `choose(layers, digit)` is called on a click. */
vae.exampleButtons = (row, choose) => {
  for (const digit of Object.keys(vae.settings.examples)) {
    const button = document.createElement("button");
    const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 64 });
    button.type = "button";
    button.className = "example";
    button.dataset.digit = digit;
    button.setAttribute("aria-label", `Example: a ${digit}`);
    for (const layer of vae.example(digit)) vae.paintLayer(canvas.getContext("2d"), 64, layer);
    button.append(canvas);
    button.addEventListener("click", () => choose(vae.example(digit), digit));
    row.append(button);
  }
};
