// The tabs: one panel of the page is open at a time, and comes to life when it is first opened.
//
// Not Gradio's, which cost every visit some 50 ms (tests/benchmarks/page.py).

vae.tabs = { open: Object.keys(vae.settings.tabs)[0], asleep: {} };

/** Bring a part of the page to life; the panel of a tab waits until it is opened. */
vae.mount = (name, element, server) => {
  const wake = () => {
    element.innerHTML = vae.markup[name];
    vae[name](element, server);
  };
  if (!(name in vae.settings.tabs)) return wake();
  const panel = document.getElementById(name);
  panel.setAttribute("role", "tabpanel");
  panel.setAttribute("aria-labelledby", `tab-${name}`);
  vae.tabs.asleep[name] = wake;
  // The first works from the start, open or not: what is drawn there is what the others show.
  if (name === Object.keys(vae.settings.tabs)[0]) vae.wake(name);
  if (name === vae.tabs.open) vae.openTab(name);
};

/** Start the script of a panel, once. */
vae.wake = (name) => {
  const wake = vae.tabs.asleep[name];
  delete vae.tabs.asleep[name];
  wake?.();
};

/** Open a tab by its name; its panel follows if the page does not have it yet. */
vae.openTab = (name) => {
  vae.tabs.open = name;
  for (const each of Object.keys(vae.settings.tabs)) {
    document.getElementById(`tab-${each}`)?.setAttribute("aria-selected", each === name);
    document.getElementById(each)?.toggleAttribute("data-open", each === name);
  }
  vae.wake(name);
  // On a narrow screen, or far down a long panel, the tab would be out of sight.
  document.getElementById(`tab-${name}`)?.scrollIntoView({ block: "nearest", inline: "nearest" });
};

/** Fill `row` with the tabs: a click, Enter, or the arrow keys open one. */
vae.tabList = (row) => {
  const names = Object.keys(vae.settings.tabs);
  for (const name of names) {
    const button = Object.assign(document.createElement("button"), {
      type: "button",
      id: `tab-${name}`,
      textContent: vae.settings.tabs[name],
      role: "tab",
    });
    button.setAttribute("aria-controls", name);
    button.addEventListener("click", () => vae.openTab(name));
    row.append(button);
  }
  row.addEventListener("keydown", (event) => {
    const at = names.indexOf(vae.tabs.open);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 }[event.key];
    if (next === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const name = names[(next + names.length) % names.length];
    vae.openTab(name);
    document.getElementById(`tab-${name}`).focus();
  });
  vae.openTab(vae.tabs.open);
};
