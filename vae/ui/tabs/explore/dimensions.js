// Explore's view of the dimensions: one digit's code, number by number.

/** The view of the dimensions: {refresh(), goHome()}. */
vae.exploreDimensions = (element, server, panel, complain) => {
  const find = (name) => element.querySelector(`[data-${name}]`);
  const DRAWN = "The code of your drawing";
  let start = null; // {code, model, from, words}: what the sliders started from
  let opened = null; // {digit, over}: what was opened here last, and the drawing at that time
  let resting; // the timer of the sliders

  const digits = new vae.Live(server.digit, async (answer, question) => {
    complain(answer.error);
    if (answer.error) return;
    panel.show("dimensions", question, await vae.picture(answer.picture));
    traversals.showDigit(panel.digits.dimensions.canvas);
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
    clearTimeout(resting);
    resting = setTimeout(() => strips.send({ code, model: start.model }), vae.Atlas.REST);
    say(code);
  });

  const say = (code) => {
    const changed = code.filter((value, index) => value !== start.code[index]).length;
    const edits = changed ? `, with ${changed} of its ${code.length} numbers changed by hand` : "";
    panel.say("dimensions", { words: `${start.words}${edits}.` });
  };

  const begin = (code, model, from, words) => {
    start = { code, model, from, words };
    clearTimeout(resting);
    traversals.set(code);
    digits.send({ code, model });
    strips.send({ code, model });
    const { latentDim } = vae.model(model);
    find("rows-words").textContent =
      latentDim > 10 ? "The ten most used dimensions" : `Its ${latentDim} dimensions`;
    say(code);
  };

  /** Start from the newest: a digit that was opened here, or the drawing; else from the middle. */
  const refresh = () => {
    const [drawing, model] = ["drawing", "model"].map((key) => vae.store.get(key));
    const explored = stillExplored(drawing, model);
    const from = explored ?? drawing;
    if (start && start.from === from && start.model === (from?.model ?? model)) return;
    // A link may bring back the drawing's own code.
    const drawn = drawing?.model === model && String(from.code) === String(drawing.code);
    const words = drawn ? DRAWN : "The digit that was opened here";
    if (explored) begin(explored.code, model, from, words);
    else if (!drawing) begin(middle(model), model, null, "The middle of the prior, all zeros");
    else if (drawing.model === model) begin(drawing.code, model, from, DRAWN);
    // Otherwise the chosen model is still reading the drawing.
  };

  /** The digit that was opened here, until another model is chosen or another digit drawn. */
  const stillExplored = (drawing, model) => {
    const explored = vae.store.get("explored");
    if (explored && explored !== opened?.digit) opened = { digit: explored, over: drawing };
    const { over } = opened ?? {};
    // A new reading of the same drawing, by the digit's own model, changes nothing.
    const same = drawing?.layers === over?.layers && drawing?.framed === over?.framed;
    if (explored && (explored.model !== model || !same)) vae.store.set({ explored: null });
    return vae.store.get("explored");
  };

  const middle = (model) => Array(vae.model(model).latentDim).fill(0);

  panel.say("dimensions", {
    title: "This digit",
    formula: "decoded from z",
    words: "",
    lede:
      "Along a row, one number of the latent code goes from −3 to 3 and the others stay. " +
      "Drag the frame to edit this digit by hand.",
  });

  return {
    refresh,
    goHome() {
      vae.store.set({ explored: null });
      start = { ...start, from: undefined };
      refresh();
    },
  };
};
