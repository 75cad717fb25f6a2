// A link that brings back this page: model, tab, drawing, sheet, noise, and the codes of A, B and
// Explore, in the address's query. What it brings is checked; what is not in order is left out.
//
//   model, tab                               names
//   drawing, framed                          strokes, or "none"; framed=0 where the framing is off
//   seed, temperature, count, source         of the sheet of samples
//   path, place                              of the way between A and B
//   noise                                    seed of How it works' epsilon, or "none"
//   a, b                                     latent codes of A and B, or "none"
//   explore, code, spot                      of Explore: the view that is open, the code whose dimensions are
//                                            shown, the code of the place on the map

vae.link = {
  LONGEST: 12000, // characters of a query

  /** The address of this page as it is now, and what of it the link does not carry, in words. */
  write() {
    const value = (key) => vae.store.get(key);
    const [model, drawing, sample, noise] = ["model", "drawing", "sample", "noise"].map(value);
    const query = new URLSearchParams({ model, tab: vae.tabs.open });
    const strokes = drawing && vae.encoding.strokes(drawing.layers);
    if (strokes) query.set("drawing", strokes);
    if (drawing === null) query.set("drawing", "none");
    if (drawing?.framed === false) query.set("framed", 0);
    for (const [key, given] of Object.entries(sample ?? {})) {
      if (!Number.isNaN(given)) query.set(key, given); // as a field is while it is being filled in
    }
    for (const [key, given] of Object.entries(value("way") ?? {})) query.set(key, given);
    query.set("noise", noise ?? "none");
    const view = value("view");
    const codes = { a: value("a"), b: value("b"), code: view === "dimensions" && value("exploring") };
    for (const [key, digit] of Object.entries(codes)) {
      if (digit === null) query.set(key, "none");
      if (digit?.model === model) query.set(key, vae.encoding.code(digit.code));
    }
    if (view) query.set("explore", view); // `view` is a parameter of Gradio's own
    if (value("spot")) query.set("spot", vae.encoding.code(value("spot")));
    const theme = new URLSearchParams(location.search).get("__theme");
    if (theme) query.set("__theme", theme);
    // A page framed by a Space has its own address: nothing of the frame around it is needed.
    const address = `${location.origin}${location.pathname}?${query}`;
    const lacking = ["a", "b"]
      .filter((end) => value(end) && value(end).model !== model)
      .map((end) => `${end.toUpperCase()}, which is another model’s`);
    if (drawing && !strokes) lacking.unshift("this drawing: only strokes, and not too many");
    return { address, lacking };
  },

  /** What a query brings: {changes to the store, tab, ends, spoilt: names of what was left out}. */
  read(search) {
    const query = new URLSearchParams(search);
    const found = { changes: {}, ends: {}, tab: null, spoilt: [] };
    if (search.length > this.LONGEST) return { ...found, spoilt: ["its length"] };
    /** Take the parameter `name`, as `parse` understands it: null is not in order. */
    const take = (name, parse, use) => {
      if (!query.has(name)) return;
      const value = parse(query.get(name));
      if (value === null) found.spoilt.push(name);
      else use(value);
    };
    const { changes, ends } = found;
    const oneOf = (names) => (text) => (names.includes(text) ? text : null);

    take("model", oneOf(vae.settings.models.map(({ name }) => name)), (name) => (changes.model = name));
    take("tab", oneOf(Object.keys(vae.settings.tabs)), (name) => (found.tab = name));
    this.takeDrawing(take, changes);
    this.takeSample(take, changes);
    this.takeWay(take, changes);
    take("noise", this.seedOrNone, (seeds) => ([changes.noise] = seeds));
    // The codes are those of the link's model, and of no other.
    const model = changes.model ?? vae.store.get("model");
    const code = (text) =>
      found.spoilt.includes("model") ? null : vae.encoding.readCode(text, vae.model(model).latentDim);
    for (const end of ["a", "b"]) {
      if (query.get(end) === "none") changes[end] = null;
      else take(end, code, (read) => (ends[end] = { code: read, model }));
    }
    take("code", code, (read) => (changes.explored = { code: read, model }));
    take("explore", oneOf(["map", "dimensions"]), (view) => (changes.view = view));
    take("spot", (text) => vae.encoding.readCode(text, 2), (read) => (changes.spot = read));
    return found;
  },

  takeDrawing(take, changes) {
    const opening = { layers: vae.example("3"), framed: true };
    const set = (key) => (value) => (changes.opening = { ...(changes.opening ?? opening), [key]: value });
    const layers = (text) => (text === "none" ? [] : vae.encoding.readStrokes(text));
    take("drawing", layers, set("layers"));
    take("framed", (text) => (text === "0" ? false : null), set("framed"));
  },

  takeSample(take, changes) {
    const { largestSeed, largestCount, largestTemperature, sources } = vae.settings;
    const set = (key) => (value) => (changes.sample = { ...changes.sample, [key]: value });
    take("seed", this.wholeNumber(0, largestSeed), set("seed"));
    take("temperature", this.number(0, largestTemperature), set("temperature"));
    take("count", this.wholeNumber(1, largestCount), set("count"));
    take("source", (text) => (sources.includes(text) ? text : null), set("source"));
  },

  takeWay(take, changes) {
    const set = (key) => (value) => (changes.way = { ...changes.way, [key]: value });
    take("path", (text) => ([...vae.settings.paths, "both"].includes(text) ? text : null), set("path"));
    take("place", this.wholeNumber(0, vae.FILM.last), set("place"));
  },

  number: (least, most) => (text) => {
    const value = /^\d{1,10}(\.\d{1,6})?$/.test(text) ? Number(text) : NaN;
    return value >= least && value <= most ? value : null;
  },

  wholeNumber: (least, most) => (text) =>
    /^\d+$/.test(text) ? vae.link.number(least, most)(text) : null,

  /** A list of one seed, or of null for "none". */
  seedOrNone(text) {
    if (text === "none") return [null];
    const seed = vae.link.wholeNumber(0, vae.settings.largestSeed)(text);
    return seed === null ? null : [seed];
  },

  /** Bring back what needs the page to be there: the ends' digits, and the tab. */
  async restore({ ends, tab, changes, spoilt }, server) {
    const { open } = vae.tabs;
    if (spoilt.length) vae.announce(`Part of this link could not be used: ${spoilt.join(", ")}.`);
    const restored = Object.entries(ends).map(
      ([end, digit]) =>
        new Promise((resolve) => {
          const live = new vae.Live(server.digit, ({ picture }) => {
            if (picture) vae.store.set({ [end]: { ...digit, picture } });
            resolve();
          });
          live.send(digit);
        }),
    );
    // Explore lets go of a code when the drawing changes: Draw reads it first.
    const drawn = () => new Promise((resolve) => vae.store.on("drawing", resolve));
    if (changes.explored && vae.store.get("drawing") === undefined) restored.push(drawn());
    await Promise.all(restored);
    if (tab && vae.tabs.open === open) vae.openTab(tab); // unless the visitor went elsewhere
  },
};

/** Bring a button to life that copies the link, with a field to copy from where that is denied. */
vae.copyLink = (button, field) => {
  const input = field.querySelector("input");
  button.addEventListener("click", async () => {
    const { address, lacking } = vae.link.write();
    const but = lacking.map((what) => ` It does not carry ${what}.`).join("");
    try {
      await navigator.clipboard.writeText(address);
      field.hidden = true;
      vae.announce(`Link copied.${but}`);
    } catch {
      // No clipboard: an address without https, or a frame that may not use it.
      field.hidden = false;
      input.value = address;
      input.focus();
      input.select();
      vae.announce(`The link is ready to be copied.${but}`);
    }
  });
  const close = () => {
    field.hidden = true;
    button.focus();
  };
  field.addEventListener("keydown", (event) => event.key === "Escape" && close());
  field.querySelector("button").addEventListener("click", close);
};

vae.link.opened = vae.link.read(location.search);
vae.store.set(vae.link.opened.changes);
