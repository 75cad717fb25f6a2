// The Draw tab: the pad, what the model sees of it, and what it makes of that, live.

import { DrawingStream } from "../../client/drawing_stream.js";
import { countUp, finder, problemIn } from "../../client/elements.js";
import { sendButtons } from "../../client/handover.js";
import { example } from "../../client/layers.js";
import { Pad } from "../../client/pad.js";
import { exampleButtons, padTools } from "../../client/pad_tools.js";
import { store } from "../../client/store.js";
import { acceptPhotos } from "./photo.js";
import { PosteriorDraws } from "./posterior_draws.js";
import { Reading } from "./reading.js";

export function mount(element, server) {
  const find = finder(element);
  const [framed, hint] = ["framed", "hint"].map(find);
  const complain = problemIn(find("problem"));
  const reading = new Reading(element);
  const draws = new PosteriorDraws(element, server);
  const needDrawing = [...sendButtons(element, () => store.get("drawing")), find("redraw")];

  const pad = new Pad(find("pad"), (drawing) => {
    hint.hidden = !pad.empty;
    complain();
    stream.changed(drawing);
  });
  const ask = (question) => server.read({ ...question, framed: framed.checked });
  const stream = new DrawingStream(pad, ask, async (answer, { model, layers, drawing }) => {
    complain(answer.error);
    if (answer.error) return;
    const something = answer.nothing === undefined;
    if (something) await reading.show(answer, model, drawing);
    else reading.showNothing(answer.nothing);
    for (const button of needDrawing) button.disabled = !something;
    const { code, deviation } = answer;
    const read = something ? { code, deviation, model, layers, framed: framed.checked } : null;
    store.set({ drawing: read });
    if (!drawing || !something) draws.of(read); // they wait for the stroke's end
    countUp(element, "answers");
  });

  acceptPhotos(element, server, complain, (layers) => pad.load(layers));
  padTools(element, pad);
  exampleButtons(find("examples"), (layers) => pad.load(layers));
  framed.addEventListener("change", () => stream.changed(false));
  store.on("model", () => stream.changed(false));

  const opening = store.get("opening") ?? { layers: example("3"), framed: true };
  framed.checked = opening.framed;
  pad.open(opening.layers);
  element.dataset.ready = "1";
}
