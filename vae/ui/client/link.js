// A link that brings back this page: model, tab, drawing, sheet, noise, and the codes of A, B and
// Explore, in the address's query. Values are checked when they are read; invalid ones are left out.
//
//   model, tab                               names
//   drawing, framed                          strokes, or "none"; framed=0 where the framing is off
//   visible, completions                     the pixels that are not hidden on Draw, seed of the completions
//   seed, temperature, count, source, digit  of the sheet of samples
//   path, place                              of the way between A and B
//   noise                                    seed of How it works' epsilon, or "none"
//   a, b                                     latent codes of A and B, or "none"
//   explore, code, spot, mapped, moment      of Explore: the view that is open, the code whose dimensions are
//                                            shown, the code of the place on the map, the model that is mapped,
//                                            the step of its training
//   towards, steps                           of Explore's directions: the class that the last leads to, and
//                                            how far the code has gone, NAME:STEPS,NAME:STEPS,...

import { decodeCode, decodeMask, decodeStrokes, encodeCode, encodeMask, encodeStrokes } from "./encoding.js";
import { FILM } from "./film.js";
import { example } from "./layers.js";
import { home } from "./live.js";
import { settings } from "./page.js";
import { mappedModel, modelNamed, store } from "./store.js";

const LONGEST = 12000; // characters of a query
const LARGEST_STEP = 1e9; // of a training

/** The address of this page as it is now, and what of it the link does not carry, in words. */
export function writeLink() {
  const query = new URLSearchParams({ model: store.get("model"), tab: store.get("tab") });
  writeDrawing(query);
  for (const [key, value] of Object.entries(store.get("sample") ?? {})) {
    if (!Number.isNaN(value)) query.set(key, value); // as a field is while it is being filled in
  }
  for (const [key, value] of Object.entries(store.get("way") ?? {})) query.set(key, value);
  query.set("noise", store.get("noise") ?? "none");
  writeCodes(query);
  const theme = new URLSearchParams(location.search).get("__theme");
  if (theme) query.set("__theme", theme);
  // Inside a Space's frame, the page's own address is the one to share.
  const address = new URL(home);
  address.search = query;
  return { address: address.href, lacking: lacking(query) };
}

function writeDrawing(query) {
  const drawing = store.get("drawing");
  const strokes = drawing && encodeStrokes(drawing.layers);
  if (strokes) query.set("drawing", strokes);
  if (drawing === null) query.set("drawing", "none");
  if (drawing?.framed === false) query.set("framed", 0);
  const hiding = store.get("hiding");
  if (!hiding) return;
  query.set("visible", encodeMask(hiding.visible));
  query.set("completions", hiding.seed);
}

function writeCodes(query) {
  const [view, spot] = ["view", "spot"].map(store.get);
  const shown = { dimensions: store.get("exploring"), directions: store.get("steered") };
  for (const [key, digit] of Object.entries({ a: store.get("a"), b: store.get("b"), code: shown[view] })) {
    if (digit === null) query.set(key, "none");
    if (digit?.model === store.get("model")) query.set(key, encodeCode(digit.code));
  }
  if (view) query.set("explore", view); // `view` is a parameter of Gradio's own
  if (spot) query.set("spot", encodeCode(spot));
  for (const key of ["mapped", "moment"]) if (store.get(key) !== null) query.set(key, store.get(key));
  if (view === "directions") writeSteps(query, store.get("steered"));
}

function writeSteps(query, steered) {
  if (steered?.model !== store.get("model")) return;
  query.set("towards", steered.towards);
  const steps = Object.entries(steered.amounts).map(([name, amount]) => `${name}:${amount}`);
  if (steps.length) query.set("steps", steps.join());
}

function lacking(query) {
  const ends = ["a", "b"].filter((end) => store.get(end) && !query.has(end));
  const words = ends.map((end) => `${end.toUpperCase()}, which is another model’s`);
  if (store.get("drawing") && !query.has("drawing")) {
    words.unshift("this drawing: only strokes, and not too many");
  }
  return words;
}

/** What a query brings: {changes to the store, tab, ends, spoilt: names of what was left out}. */
export function readLink(search) {
  const query = new URLSearchParams(search);
  const found = { changes: {}, ends: {}, tab: null, spoilt: [] };
  if (search.length > LONGEST) return { ...found, spoilt: ["its length"] };
  /** Take the parameter `name` as `parse` reads it; null marks an invalid value. */
  const take = (name, parse, use) => {
    if (!query.has(name)) return;
    const value = parse(query.get(name));
    if (value === null) found.spoilt.push(name);
    else use(value);
  };
  const { changes } = found;
  take("model", oneOf(settings.models.map(({ name }) => name)), (name) => (changes.model = name));
  take("tab", oneOf(Object.keys(settings.tabs)), (name) => (found.tab = name));
  takeDrawing(take, changes);
  takeHiding(take, changes);
  takeSample(take, changes);
  takeWay(take, changes);
  take("noise", seedOrNone, ([seed]) => (changes.noise = seed));
  takeCodes(take, found);
  return found;
}

function takeDrawing(take, changes) {
  const opening = { layers: example("3"), framed: true };
  const set = (key) => (value) => (changes.opening = { ...(changes.opening ?? opening), [key]: value });
  take("drawing", (text) => (text === "none" ? [] : decodeStrokes(text)), set("layers"));
  take("framed", (text) => (text === "0" ? false : null), set("framed"));
}

function takeHiding(take, changes) {
  take("visible", decodeMask, (visible) => {
    if (visible.includes(0)) changes.hiding = { visible, seed: 0 };
  });
  take("completions", wholeNumber(0, settings.largestSeed), (seed) => {
    if (changes.hiding) changes.hiding.seed = seed;
  });
}

function takeSample(take, changes) {
  const { largestSeed, largestCount, largestTemperature, sources } = settings;
  const { digits } = modelNamed(changes.model ?? store.get("model"));
  const set = (key) => (value) => (changes.sample = { ...changes.sample, [key]: value });
  take("seed", wholeNumber(0, largestSeed), set("seed"));
  take("temperature", number(0, largestTemperature), set("temperature"));
  take("count", wholeNumber(1, largestCount), set("count"));
  take("source", oneOf(sources), set("source"));
  take("digit", oneOf(digits.map(String)), (text) => set("digit")(Number(text)));
}

function takeWay(take, changes) {
  const set = (key) => (value) => (changes.way = { ...changes.way, [key]: value });
  take("path", oneOf([...settings.paths, "both"]), set("path"));
  take("place", wholeNumber(0, FILM.last), set("place"));
}

function takeCodes(take, { changes, ends, spoilt }) {
  // A code belongs to the link's model, and to no other.
  const model = changes.model ?? store.get("model");
  const code = (text) => (spoilt.includes("model") ? null : decodeCode(text, modelNamed(model)));
  for (const end of ["a", "b"]) {
    take(end, (text) => (text === "none" ? text : code(text)), (read) => {
      if (read === "none") changes[end] = null;
      else ends[end] = { code: read, model };
    });
  }
  take("code", code, (read) => (changes.explored = { code: read, model }));
  take("explore", oneOf(["map", "dimensions", "directions", "learning"]), (view) => (changes.view = view));
  takeSteps(take, changes, modelNamed(model).directions);
  const flat = settings.models.filter(({ latentDim }) => latentDim === 2).map(({ name }) => name);
  take("mapped", oneOf(flat), (name) => (changes.mapped = name));
  take("moment", wholeNumber(0, LARGEST_STEP), (step) => (changes.moment = step));
  const map = modelNamed(mappedModel(model, changes.mapped));
  take("spot", (text) => (map ? decodeCode(text, map) : null), (read) => (changes.spot = read));
}

function takeSteps(take, changes, directions) {
  const set = (key) => (value) => (changes.steered = { amounts: {}, ...changes.steered, [key]: value });
  take("towards", oneOf(directions), set("towards"));
  take("steps", (text) => amountsOf(text, directions), set("amounts"));
}

/** Steps by direction of a text NAME:STEPS,NAME:STEPS,... */
function amountsOf(text, directions) {
  const pairs = text.split(",").map((pair) => pair.split(":"));
  const known = pairs.every(
    ([name, amount, ...rest]) =>
      directions.includes(name) && /^-?\d(\.\d{1,6})?$/.test(amount) && rest.length === 0,
  );
  return known ? Object.fromEntries(pairs.map(([name, amount]) => [name, Number(amount)])) : null;
}

const oneOf = (names) => (text) => (names.includes(text) ? text : null);

const number = (least, most) => (text) => {
  const value = /^\d{1,10}(\.\d{1,6})?$/.test(text) ? Number(text) : NaN;
  return value >= least && value <= most ? value : null;
};

const wholeNumber = (least, most) => (text) => (/^\d+$/.test(text) ? number(least, most)(text) : null);

/** A list of one seed, or of null for "none". */
function seedOrNone(text) {
  if (text === "none") return [null];
  const seed = wholeNumber(0, settings.largestSeed)(text);
  return seed === null ? null : [seed];
}

/** What the link says that opened this page. It is in the store before any part is mounted. */
export const opened = readLink(location.search);
store.set(opened.changes);
