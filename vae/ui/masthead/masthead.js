// The masthead: what this page is, which model is at work, the link to the page as it is now,
// the line for announcements, and the tabs.

import { finder } from "../client/elements.js";
import { opened } from "../client/link.js";
import { settings } from "../client/page.js";
import { store } from "../client/store.js";
import { copyLink } from "./copy_link.js";
import { restore } from "./restore.js";
import { tabList } from "./tab_list.js";

export function mount(element, server) {
  const find = finder(element);
  modelPicker(find("model"));
  tabList(find("tabs"));
  copyLink(find("copy"), find("link"));
  restore(opened, server);
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
