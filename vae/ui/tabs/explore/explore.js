// The Explore tab: a map of codes of two numbers, one digit's code by its dimensions and by directions with
// a name, and how the model learned. All but the last have their digit, shown enlarged beside them; it can
// be sent to A or B.

import { finder, problemsIn } from "../../client/elements.js";
import { modelNamed, sendButtons, store } from "../../client/store.js";
import { DigitPanel } from "./digit_panel.js";
import { DimensionsView } from "./dimensions_view.js";
import { DirectionsView } from "./directions_view.js";
import { Histories } from "./histories.js";
import { LearningView } from "./learning_view.js";
import { MapView, mapped } from "./map_view.js";
import { sameDrawing } from "./start.js";
import { Timeline } from "./timeline.js";
import { Views } from "./views.js";

export function mount(element, server) {
  const find = finder(element);
  const panel = new DigitPanel(element);
  const problems = problemsIn(find("problem"));
  const parts = [element, server, panel, problems()];
  const training = { histories: new Histories(server), timeline: new Timeline(element) };
  const model = () => modelNamed(store.get("model"));
  letGoOfChoices();
  const views = new Views(
    element,
    panel,
    {
      ...(mapped() && { map: new MapView(...parts, { ...training, complainOfDrawing: problems() }) }),
      dimensions: new DimensionsView(...parts),
      directions: new DirectionsView(...parts),
      learning: new LearningView(element, panel, training),
    },
    { directions: () => model().directions.length > 0, learning: () => model().learned },
  );
  find("home").addEventListener("click", () => views.current.goHome());
  sendButtons(element, () => panel.digit());
  store.on("model", () => views.offer());
  for (const key of ["drawing", "model", "mapped"]) store.on(key, () => views.refresh());
  store.on("explored", (digit) => digit && views.open("dimensions"));
  views.offer();
  views.open(store.get("view") ?? (store.get("explored") ? "dimensions" : "map"));
  element.dataset.ready = "1";
}

/**
 * A digit that was opened here is shown until another model is chosen or another digit drawn; a model
 * that was chosen on the map is mapped until another is chosen for all tabs.
 */
function letGoOfChoices() {
  store.on("model", (model) => {
    if (store.get("explored")?.model !== model) store.set({ explored: null });
    store.set({ mapped: null });
  });
  store.on("drawing", (drawing, before) => {
    if (before !== undefined && !sameDrawing(drawing, before)) store.set({ explored: null });
  });
}
