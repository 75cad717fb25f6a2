// The masthead: what this page is, which model is at work, the link to the page as it is now, and
// the line for announcements.

vae.masthead = (element, server) => {
  const picker = element.querySelector("[data-model]");
  for (const { name, latentDim } of vae.settings.models) {
    picker.add(new Option(`${name} · ${latentDim} numbers`, name));
  }
  picker.value = vae.store.get("model");
  picker.addEventListener("change", () => vae.store.set({ model: picker.value }));
  vae.store.on("model", (model) => (picker.value = model));
  vae.copyLink(element.querySelector("[data-copy]"), element.querySelector("[data-link]"));
  vae.link.restore(vae.link.opened, server);
  element.dataset.ready = "1";
};
