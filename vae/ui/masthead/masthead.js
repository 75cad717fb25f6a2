// The masthead: what this page is, which model is at work, the link to the page as it is now,
// the line for announcements, and the tabs.

vae.masthead = (element, server) => {
  const picker = element.querySelector("[data-model]");
  for (const { name, latentDim } of vae.settings.models) {
    picker.add(new Option(`${name} · ${latentDim} numbers`, name));
  }
  picker.value = vae.store.get("model");
  picker.addEventListener("change", () => vae.store.set({ model: picker.value }));
  vae.store.on("model", (model) => (picker.value = model));
  vae.tabList(element.querySelector("[data-tabs]"));
  vae.copyLink(element.querySelector("[data-copy]"), element.querySelector("[data-link]"));
  vae.link.restore(vae.link.opened, server);
  element.dataset.ready = "1";
};
