// The views of Explore: which of them are offered, and which is open. A view has `refresh()`, to catch up
// with the store while it is seen; `leave()`, where another one's opening matters to it; `goHome()`.

import { store } from "../../client/store.js";

export class Views {
  /** `views` by name, the first is opened where another is not offered; `offered[name]()` says so. */
  constructor(element, panel, views, offered) {
    Object.assign(this, { element, panel, views, offered });
    this.name = null; // of the one that is open
    this.radios = element.querySelectorAll("[data-view]");
    for (const radio of this.radios) radio.addEventListener("change", () => this.open(radio.value));
    // What changes while another tab is open is caught up with when this one is seen again.
    new IntersectionObserver(() => this.refresh()).observe(element);
  }

  get current() {
    return this.views[this.name];
  }

  refresh() {
    if (this.element.checkVisibility()) this.current.refresh();
  }

  /** Open the view `name`, or another where it is not offered. */
  open(name) {
    const names = this.#names;
    const view = names.includes(name) ? name : names[0];
    if (view !== this.name) this.current?.leave?.();
    this.name = view;
    for (const radio of this.radios) radio.checked = radio.value === view;
    this.element.dataset.view = view;
    store.set({ view });
    this.panel.open(view);
    this.refresh();
  }

  /** Show which views there are now. */
  offer() {
    const names = this.#names;
    for (const radio of this.radios) radio.parentElement.hidden = !names.includes(radio.value);
    this.radios[0].closest("fieldset").hidden = names.length === 1;
    if (this.name && !names.includes(this.name)) this.open(names[0]);
  }

  get #names() {
    return Object.keys(this.views).filter((name) => this.offered[name]?.() ?? true);
  }
}
