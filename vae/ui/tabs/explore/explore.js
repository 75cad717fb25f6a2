// The Explore tab: a map of codes of two numbers, and the dimensions of one digit's code. Either
// view has its digit, shown enlarged beside it; the digit can be sent to A or B.

import { finder, problemIn } from "../../client/elements.js";
import { settings } from "../../client/page.js";
import { sendButtons, store } from "../../client/store.js";
import { DigitPanel } from "./digit_panel.js";
import { DimensionsView } from "./dimensions_view.js";
import { DirectionsView } from "./directions_view.js";
import { MapView, mappedModel } from "./map_view.js";
import { sameDrawing } from "./start.js";

export function mount(element, server) {
  const find = finder(element);
  const panel = new DigitPanel(element);
  const parts = [element, server, panel, problemIn(find("problem"))];
  const views = { dimensions: new DimensionsView(...parts) };
  if (mappedModel()) views.map = new MapView(...parts);
  const named = settings.models.some(({ directions }) => directions.length);
  if (named) views.directions = new DirectionsView(...parts);
  for (const radio of element.querySelectorAll("[data-view]")) {
    if (!views[radio.value]) radio.parentElement.remove();
  }
  find("switch").hidden = Object.keys(views).length < 2;
  letGoOfExplored();

  let visible = false;
  const refresh = () => visible && views[panel.view].refresh();
  const open = (name) => {
    const view = views[name] ? name : "dimensions";
    for (const radio of radios) radio.checked = radio.value === view;
    element.dataset.view = view;
    store.set({ view });
    panel.open(view);
    refresh();
  };

  const radios = element.querySelectorAll("[data-view]");
  for (const radio of radios) radio.addEventListener("change", () => open(radio.value));
  find("home").addEventListener("click", () => views[panel.view].goHome());
  sendButtons(element, () => panel.digit());
  store.on("drawing", refresh);
  store.on("model", refresh);
  store.on("explored", (digit) => digit && open("dimensions"));
  open(store.get("view") ?? (store.get("explored") ? "dimensions" : "map"));
  // What changes while another tab is open is caught up with when this one is seen again.
  new IntersectionObserver(([entry]) => {
    visible = entry.isIntersecting;
    refresh();
  }).observe(element);
  element.dataset.ready = "1";
}

/** A digit that was opened here is shown until another model is chosen or another digit drawn. */
function letGoOfExplored() {
  store.on("model", (model) => {
    if (store.get("explored")?.model !== model) store.set({ explored: null });
  });
  store.on("drawing", (drawing, before) => {
    if (before !== undefined && !sameDrawing(drawing, before)) store.set({ explored: null });
  });
}
