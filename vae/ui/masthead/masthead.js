// The masthead: what this page is, which model is at work, the link to the page as it is now,
// the line for announcements, and the tabs.

import { finder, served } from "../client/elements.js";
import { settings } from "../client/page.js";
import { store } from "../client/store.js";

export function mount(element, server) {
  const find = finder(element);
  modelPicker(find("model"));
  tabList(find("tabs"));
  served(element, import("./link.js")).then(({ copyLink, restore }) => {
    copyLink(find("copy"), find("link"));
    restore(server);
  });
  element.dataset.ready = "1";
}

/** A model as the picker names it: one that was not trained as a VAE is called what it is. */
export function pickerWords({ name, latentDim, klWeight }) {
  const kind = klWeight === 0 ? ", plain autoencoder" : klWeight === 1 ? "" : `, β-VAE, β = ${klWeight}`;
  return `${name} · ${latentDim} numbers${kind}`;
}

function modelPicker(picker) {
  for (const model of settings.models) picker.add(new Option(pickerWords(model), model.name));
  picker.value = store.get("model");
  picker.addEventListener("change", () => store.set({ model: picker.value }));
  store.on("model", (model) => (picker.value = model));
}

const names = Object.keys(settings.tabs);
const tabOf = (name) => document.getElementById(`tab-${name}`);

/**
 * Fill `row` with the tabs: a click, Enter, or the arrow keys open one. Not Gradio's tabs, which cost
 * every visit some time (tests/benchmarks/page).
 */
function tabList(row) {
  for (const name of names) row.append(tab(name));
  row.addEventListener("keydown", move);
  mark(store.get("tab"));
  store.on("tab", (open) => {
    mark(open);
    // On a narrow screen, or far down a long panel, the tab would be out of sight.
    tabOf(open).scrollIntoView({ block: "nearest", inline: "nearest" });
  });
}

function tab(name) {
  const button = Object.assign(document.createElement("button"), {
    type: "button",
    id: `tab-${name}`,
    textContent: settings.tabs[name],
    role: "tab",
  });
  button.setAttribute("aria-controls", name);
  button.addEventListener("click", () => store.set({ tab: name }));
  return button;
}

function mark(open) {
  for (const name of names) tabOf(name).setAttribute("aria-selected", name === open);
}

function move(event) {
  const at = names.indexOf(store.get("tab"));
  const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 }[event.key];
  if (next === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  const name = names[(next + names.length) % names.length];
  store.set({ tab: name });
  tabOf(name).focus();
}
