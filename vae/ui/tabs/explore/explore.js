// The Explore tab: a map of codes of two numbers, and the dimensions of one digit's code. Either
// view has its digit, shown enlarged beside it; the digit can be sent to A or B.

vae.explore = (element, server) => {
  const find = (name) => element.querySelector(`[data-${name}]`);
  const complain = (sentence) => (find("problem").textContent = sentence ?? "");
  const panel = new vae.DigitPanel(element);
  const mapModel = () => {
    const flat = vae.settings.models.filter(({ latentDim }) => latentDim === 2);
    return (flat.find(({ name }) => name === vae.store.get("model")) ?? flat[0])?.name;
  };
  const views = { dimensions: vae.exploreDimensions(element, server, panel, complain) };
  if (mapModel()) views.map = vae.exploreMap(element, server, panel, complain, mapModel);
  find("switch").hidden = !views.map;

  const radios = element.querySelectorAll("[data-view]");
  let visible = false;
  const refresh = () => visible && views[panel.view].refresh();
  const open = (name) => {
    const view = views[name] ? name : "dimensions";
    for (const radio of radios) radio.checked = radio.value === view;
    element.dataset.view = view;
    vae.store.set({ view });
    panel.open(view);
    refresh();
  };

  for (const radio of radios) {
    radio.addEventListener("change", () => open(radio.value));
  }
  find("home").addEventListener("click", () => views[panel.view].goHome());
  vae.sendButtons(element, () => panel.digit());
  vae.store.on("drawing", refresh);
  vae.store.on("model", refresh);
  vae.store.on("explored", (digit) => digit && open("dimensions"));
  open(vae.store.get("view") ?? (vae.store.get("explored") ? "dimensions" : "map"));
  // What changes while another tab is open is caught up with when this one is seen again.
  new IntersectionObserver(([entry]) => {
    visible = entry.isIntersecting;
    refresh();
  }).observe(element);
  element.dataset.ready = "1";
};

/** Show a digit {code, model} of any tab in Explore, where its code is taken apart. */
vae.explore.open = (digit) => {
  const { code, model } = digit;
  vae.store.set({ model, view: "dimensions", explored: { code, model } });
  vae.openTab("explore");
  // The button that was pressed is out of sight: the keyboard goes on from here.
  document.getElementById("tab-explore").focus();
  vae.tell("Explore: the digit’s code, number by number.");
};
