// The Explore tab: a map of codes of two numbers, and the dimensions of one digit's code. Either
// view has its digit, shown enlarged beside it; the digit can be sent to A or B.

vae.explore = (element, server) => {
  const find = (name) => element.querySelector(`[data-${name}]`);
  const complain = (sentence) => (find("problem").textContent = sentence ?? "");
  const panel = new vae.DigitPanel(element);
  const mapModel = () => {
    const flat = vae.settings.models.filter(({ latentDim }) => latentDim === 2);
    return (flat.find(({ name }) => name === vae.store.get("model")) ?? flat[0])?.name;
  };
  const views = { dimensions: vae.exploreDimensions(element, server, panel, complain) };
  if (mapModel()) views.map = vae.exploreMap(element, server, panel, complain, mapModel);
  find("switch").hidden = !views.map;

  let visible = false;
  const refresh = () => visible && views[panel.view].refresh();
  const open = (name) => {
    const view = views[name] ? name : "dimensions";
    for (const radio of element.querySelectorAll("[data-view]")) radio.checked = radio.value === view;
    element.dataset.view = view;
    panel.open(view);
    refresh();
  };

  for (const radio of element.querySelectorAll("[data-view]")) {
    radio.addEventListener("change", () => open(radio.value));
  }
  find("home").addEventListener("click", () => views[panel.view].goHome());
  vae.sendButtons(element, () => panel.digit());
  vae.store.on("drawing", refresh);
  vae.store.on("model", refresh);
  vae.store.on("explored", (digit) => digit && open("dimensions"));
  open(vae.store.get("explored") ? "dimensions" : "map");
  // What changes while another tab is open is caught up with when this one is seen again.
  new IntersectionObserver(([entry]) => {
    visible = entry.isIntersecting;
    refresh();
  }).observe(element);
  element.dataset.ready = "1";
};

/** Show a digit {code, model} of any tab in Explore, where its code is taken apart. */
vae.explore.open = (digit) => {
  vae.store.set({ explored: { code: digit.code, model: digit.model } });
  vae.store.set({ model: digit.model });
  vae.openTab("explore");
};

/** The enlarged digit of the open view, its code and what is said of it. */
vae.DigitPanel = class {
  constructor(element) {
    this.find = (name) => element.querySelector(`[data-${name}]`);
    this.element = element;
    this.digits = {}; // by view: {canvas, code, model}
    this.texts = {}; // by view: {title, formula, words, lede}
  }

  /** Show what a view has. */
  open(view) {
    this.view = view;
    if (this.digits[view]) this.#paint();
    else vae.blank(this.find("digit"));
    for (const button of this.element.querySelectorAll("[data-send]")) {
      button.disabled = !this.digits[view];
    }
    this.say(view, {});
  }

  /** `view` has another digit: `picture`, from `left`, `top` on, shows what `code` decodes to. */
  show(view, { code, model }, picture, left = 0, top = 0) {
    const canvas = this.digits[view]?.canvas ?? document.createElement("canvas");
    Object.assign(canvas, { width: 28, height: 28 });
    vae.brush(canvas).drawImage(picture, left, top, 28, 28, 0, 0, 28, 28);
    const first = !this.digits[view];
    this.digits[view] = { canvas, code, model };
    if (view !== this.view) return;
    if (first) this.open(view);
    else this.#paint();
  }

  /** Change some of the texts of a view: {title, formula, words, lede}. */
  say(view, texts) {
    this.texts[view] = { ...this.texts[view], ...texts };
    if (view !== this.view) return;
    for (const [name, text] of Object.entries(this.texts[view])) {
      const line = this.find(name);
      if (line.textContent !== text) line.textContent = text; // or it would be read out again
    }
  }

  /** The shown digit, as another tab takes it. */
  digit() {
    const { code, model, canvas } = this.digits[this.view];
    return { code, model, picture: canvas.toDataURL() };
  }

  #paint() {
    vae.paint(this.find("digit"), this.digits[this.view].canvas);
    this.element.dataset.code = JSON.stringify(this.digits[this.view].code);
  }
};

/** The view of the map: {refresh(), goHome()}. `model()` names the model that is mapped. */
vae.exploreMap = (element, server, panel, complain, model) => {
  const find = (name) => element.querySelector(`[data-${name}]`);
  let mapped = null; // the model on show
  let located = null; // the drawing that is marked, or about to be

  const exact = new vae.Live(server.digit, async (answer, question) => {
    complain(answer.error);
    // The look may have moved on meanwhile.
    if (answer.error || String(question.code) !== String(wanted)) return;
    panel.show("map", question, await vae.picture(answer.picture));
    panel.say("map", { words: words() });
    element.dataset.exact = Number(element.dataset.exact ?? 0) + 1;
  });
  let wanted = null; // the code that the exact digit is on its way of

  const atlas = new vae.Atlas(find("map"), {
    passed({ code, at }) {
      wanted = null;
      panel.show("map", { code, model: mapped }, atlas.picture, 28 * at[0], 28 * at[1]);
      panel.say("map", { formula: `z = (${code.map(vae.signed).join(", ")})` });
    },
    rested(code) {
      wanted = code;
      exact.send({ code, model: mapped });
      panel.say("map", { formula: `z = (${code.map(vae.signed).join(", ")})` });
    },
  });

  const words = () => {
    const near = atlas.neighbours();
    const place = atlas.following && atlas.home ? "Your drawing lies here." : "";
    const most = near && `${near.count} of the ${near.of} nearest test digits are a ${near.label}.`;
    return [place, most].filter(Boolean).join(" ");
  };

  const maps = new vae.Live(server.map, async (answer, question) => {
    complain(answer.error);
    if (answer.error) return;
    const picture = await vae.picture(answer.picture);
    mapped = question.model;
    atlas.show(answer, picture);
    find("legend-block").hidden = !answer.codes;
    find("dots-words").textContent = `Where ${answer.codes?.labels.length} test digits lie`;
    located = undefined;
    locate();
    element.dataset.maps = Number(element.dataset.maps ?? 0) + 1;
  });

  const places = new vae.Live(
    async ({ layers, framed, model }) =>
      server.locate({ ink: await vae.packed(layers), framed, model }),
    (answer, question) => {
      complain(answer.error);
      if (question.drawing === located) atlas.locate(answer.code ?? null);
    },
  );

  const locate = () => {
    const drawing = vae.store.get("drawing");
    if (drawing === located || !mapped) return;
    located = drawing;
    if (!drawing) atlas.locate(null);
    else if (drawing.model === mapped) atlas.locate(drawing.code);
    else places.send({ ...drawing, model: mapped, drawing });
  };

  let only = null;
  const filter = () => atlas.filter(find("show-dots").checked && only);
  find("show-dots").addEventListener("change", filter);
  vae.classButtons(find("legend"), (label) => {
    only = label;
    find("show-dots").checked = true;
    filter();
  });
  panel.say("map", {
    title: "The digit here",
    formula: "",
    words: "",
    lede:
      "Every place on this map is a latent code of two numbers, seen as the digit that it decodes " +
      "to. Move over it; click or drag to stay.",
  });

  return {
    refresh() {
      if (mapped !== model()) maps.send({ model: model() });
      else locate();
    },
    goHome: () => atlas.goHome(),
  };
};

/** The view of the dimensions: {refresh(), goHome()}. */
vae.exploreDimensions = (element, server, panel, complain) => {
  const find = (name) => element.querySelector(`[data-${name}]`);
  let start = null; // {code, model, words}: what the sliders started from
  let followed; // the drawing that `start` was chosen in view of

  const digits = new vae.Live(server.digit, async (answer, question) => {
    complain(answer.error);
    if (answer.error) return;
    panel.show("dimensions", question, await vae.picture(answer.picture));
    element.dataset.digits = Number(element.dataset.digits ?? 0) + 1;
  });

  const strips = new vae.Live(server.traverse, async (answer, question) => {
    complain(answer.error);
    if (answer.error) return;
    traversals.show(answer, await vae.picture(answer.strip), vae.model(question.model).active);
    element.dataset.strips = Number(element.dataset.strips ?? 0) + 1;
  });

  const traversals = new vae.Traversals(find("rows"), (code) => {
    digits.send({ code, model: start.model });
    clearTimeout(traversals.timer);
    traversals.timer = setTimeout(() => strips.send({ code, model: start.model }), vae.Atlas.REST);
    say(code);
  });

  const say = (code) => {
    const changed = code.filter((value, index) => value !== start.code[index]).length;
    const edits = changed ? `${changed} of its ${code.length} numbers changed by hand.` : "";
    panel.say("dimensions", { words: `${start.words} ${edits}`.trim() });
  };

  const begin = (from) => {
    start = from;
    clearTimeout(traversals.timer);
    traversals.set(start.code);
    digits.send({ code: start.code, model: start.model });
    strips.send({ code: start.code, model: start.model });
    const { latentDim } = vae.model(start.model);
    const shown = latentDim > 10 ? "The ten most used dimensions" : `Its ${latentDim} dimensions`;
    find("rows-words").textContent = shown;
    say(start.code);
  };

  /** Start from the newest: a digit that was opened here, or the drawing; else from the middle. */
  const refresh = () => {
    const [drawing, model, explored] = ["drawing", "model", "explored"].map((key) => vae.store.get(key));
    // A new reading of the same drawing, by another model, does not end a digit's exploration.
    const drawnAnew = drawing?.layers !== followed?.layers || drawing?.framed !== followed?.framed;
    const opened = explored?.model === model && (!drawnAnew || explored !== start?.from);
    followed = drawing;
    if (!opened && explored) vae.store.set({ explored: null });
    const from = opened ? explored : drawing;
    if (start && start.from === from && start.model === (from?.model ?? model)) return;
    if (opened) begin({ ...explored, from, words: "A digit that was sent here." });
    else if (!drawing) begin({ ...middle(model), from, words: "The middle of the prior: all zeros." });
    else if (drawing.model === model) begin({ ...drawing, from, words: "The code of your drawing." });
  };

  const middle = (model) => ({ model, code: Array(vae.model(model).latentDim).fill(0) });

  panel.say("dimensions", {
    title: "This digit",
    formula: "decoded from z",
    words: "",
    lede:
      "Along a row, one number of the latent code goes from −3 to 3 and the others stay. Drag the " +
      "frame to edit this digit by hand.",
  });

  return {
    refresh,
    goHome() {
      vae.store.set({ explored: null });
      start = null;
      refresh();
    },
  };
};
