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

function modelPicker(picker) {
  for (const { name, latentDim } of settings.models) {
    picker.add(new Option(`${name} · ${latentDim} numbers`, name));
  }
  picker.value = store.get("model");
  picker.addEventListener("change", () => store.set({ model: picker.value }));
  store.on("model", (model) => (picker.value = model));
}
