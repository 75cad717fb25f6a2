// Explore's view of the map: the map itself, the digit where the visitor looks, the test digits.

/** The view of the map: {refresh(), goHome()}. `model()` names the model that is mapped. */
vae.exploreMap = (element, server, panel, complain, model) => {
  const find = (name) => element.querySelector(`[data-${name}]`);
  let mapped = null; // the model on show
  let located = null; // the drawing that is marked, or about to be
  let wanted = null; // the code whose exact digit is on its way

  const exact = new vae.Live(server.digit, async (answer, question) => {
    complain(answer.error);
    if (answer.error) return;
    const picture = await vae.picture(answer.picture);
    if (question.code !== wanted) return; // the look has moved on meanwhile
    panel.show("map", question, picture);
    panel.say("map", { words: words() });
    element.dataset.exact = Number(element.dataset.exact ?? 0) + 1;
  });

  const atlas = new vae.Atlas(find("map"), {
    passed({ code, at }) {
      wanted = null;
      panel.show("map", { code, model: mapped }, atlas.picture, 28 * at[0], 28 * at[1]);
      panel.say("map", { formula: `z = (${code.map(vae.decimal).join(", ")})`, words: "" });
    },
    rested(code) {
      wanted = code;
      exact.send({ code, model: mapped });
      vae.store.set({ spot: atlas.standing });
      panel.say("map", { formula: `z = (${code.map(vae.decimal).join(", ")})` });
    },
  });

  const words = () => {
    const near = atlas.neighbours();
    const place = atlas.looksHome ? "Your drawing lies here." : "";
    const most = near && `${near.count} of the ${near.of} nearest test digits are ${near.label}s.`;
    return [place, most].filter(Boolean).join(" ");
  };

  const maps = new vae.Live(server.map, async (answer, question) => {
    complain(answer.error);
    if (answer.error) return;
    const picture = await vae.picture(answer.picture);
    mapped = question.model;
    const spot = !element.dataset.maps && vae.store.get("spot"); // a link may have brought it
    atlas.show(answer, picture);
    if (spot) atlas.visit(spot);
    find("legend-block").hidden = !answer.codes;
    const count = answer.codes?.labels.length.toLocaleString("en");
    find("dots-words").textContent = `Where ${count} test digits lie`;
    panel.say("map", {
      lede:
        `Every place on this map is a latent code of two numbers, seen as the digit that the model ` +
        `${mapped} decodes it to. Move over it; click or drag to stay.`,
    });
    located = undefined;
    locate();
    element.dataset.maps = Number(element.dataset.maps ?? 0) + 1;
  });

  const places = new vae.Live(
    async ({ layers, framed, model }) =>
      server.locate({ ink: await vae.packed(layers), framed, model }),
    (answer, question) => {
      complain(answer.error);
      const current = question.drawing === located && question.model === mapped;
      if (current) atlas.locate(answer.code ?? null);
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
    lede: "",
  });

  return {
    refresh() {
      if (mapped !== model()) maps.send({ model: model() });
      else locate();
    },
    goHome: () => atlas.goHome(),
  };
};
