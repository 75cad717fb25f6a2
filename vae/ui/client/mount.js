// Mounts the parts of the page. A part has its markup, its sheet and its module. A tab's panel is
// mounted when it is first opened; its module is fetched earlier, once the page is idle.

import { served } from "./elements.js";
import { serverAnswers } from "./live.js";
import { later, markup, settings, styles } from "./page.js";
import { announce } from "./speak.js";
import { store } from "./store.js";

const tabs = Object.keys(settings.tabs);
const asleep = new Map(); // by name: the parts that wait, {name, path, element, server}
// What a link brings is in the store before any part is mounted.
const opened = location.search ? import("./link.js") : null;

dress("page");
store.on("tab", open);

/** Mount the part `name` in `element`, from the module at `path`; `server` has its functions. */
export async function mount(name, path, element, server) {
  asleep.set(name, { name, path, element, server });
  if (opened) await served(element, opened);
  if (!tabs.includes(name)) return wake(name);
  const panel = document.getElementById(name);
  panel.setAttribute("role", "tabpanel");
  panel.setAttribute("aria-labelledby", `tab-${name}`);
  if (name === store.get("tab")) open(name);
  if (name !== tabs[0]) return;
  // The first tab is mounted at once, open or not: the other tabs show its drawing.
  await wake(name);
  await idle();
  await Promise.allSettled(later.map(fetched));
  await idle();
  asleep.forEach(({ path }) => fetched(path).catch(() => {}));
}

/** Show a tab's panel, and no other. */
function open(name) {
  for (const each of tabs) document.getElementById(each)?.toggleAttribute("data-open", each === name);
  wake(name);
}

async function wake(name) {
  const part = asleep.get(name);
  asleep.delete(name);
  if (!part) return;
  const module = await fetched(part.path).catch(() => null);
  if (!module) return withoutModule(part);
  dress(name);
  part.element.innerHTML = markup[name];
  module.mount(part.element, part.server);
}

const fetched = (path) => import(new URL(`../${path}`, import.meta.url));

/** Put the style sheet of a part on the page, once. */
function dress(name) {
  if (!styles[name]) return;
  document.head.append(Object.assign(document.createElement("style"), { textContent: styles[name] }));
  delete styles[name];
}

/** The server lacks a part's module, or is out of reach: the visitor's drawing must not be lost. */
async function withoutModule(part) {
  if (!(await serverAnswers())) {
    asleep.set(part.name, part);
    return announce("No connection to the server: open this tab again in a moment.");
  }
  // The other version's page is opened in the state that this one is in.
  const link = await import("./link.js").then(({ writeLink }) => writeLink()).catch(() => null);
  if (!link || link.lacking.length) {
    return announce("The server no longer has this tab: reload the page.");
  }
  history.replaceState(null, "", link.address);
  part.element.dispatchEvent(new Event("unserved", { bubbles: true }));
}

// Safari has no idle callback.
const whenIdle = typeof requestIdleCallback === "function" ? requestIdleCallback : setTimeout;
const idle = () => new Promise((resolve) => whenIdle(resolve));
