// The Draw tab: the pad, and what is asked about the drawing, live.

import { finder, problemsIn, served } from "../../client/elements.js";
import { example } from "../../client/layers.js";
import { DrawingStream } from "../../client/live.js";
import { Pad, exampleButtons, padTools } from "../../client/pad.js";
import { store } from "../../client/store.js";

export function mount(element, server) {
  const find = finder(element);
  const [framed, hint] = ["framed", "hint"].map(find);
  const problems = problemsIn(find("problem"));
  const complainOfPhoto = problems();
  // These modules are fetched while the first drawing is on its way to the server.
  const drawn = async () => ({ ink: await pad.packed(), framed: framed.checked });
  const results = served(element, import("./results.js")).then(
    ({ Results }) => new Results(element, server, problems, drawn),
  );
  served(element, import("./photo.js")).then(({ acceptPhotos }) =>
    acceptPhotos(element, server, complainOfPhoto, (layers) => pad.load(layers)),
  );

  const pad = new Pad(find("pad"), (drawing) => {
    hint.hidden = !pad.empty;
    complainOfPhoto();
    stream.changed(drawing);
  });
  const ask = (question) => server.read({ ...question, framed: framed.checked });
  const show = async (answer, question) => (await results).show(answer, question, framed.checked);
  const stream = new DrawingStream(pad, ask, show);

  padTools(element, pad);
  exampleButtons(find("examples"), (layers) => pad.load(layers));
  framed.addEventListener("change", () => stream.changed(false));
  store.on("model", () => stream.changed(false));

  const opening = store.get("opening") ?? { layers: example("3"), framed: true };
  framed.checked = opening.framed;
  pad.open(opening.layers);
  element.dataset.ready = "1";
}
