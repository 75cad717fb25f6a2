// The Sample tab: a sheet of digits from random codes; one of them enlarged and sent elsewhere.

import { countUp, finder, picture, problemsIn, savable, save } from "../../client/elements.js";
import { Live } from "../../client/live.js";
import { tell } from "../../client/speak.js";
import { store } from "../../client/store.js";
import { Chosen } from "./chosen.js";
import { Controls } from "./controls.js";
import { Sheet } from "./sheet.js";

export function mount(element, server) {
  const find = finder(element);
  const problems = problemsIn(find("problem"));
  const complain = problems();
  const controls = new Controls(element, request);
  const sheet = new Sheet(find("sheet"), (index) => choose(index));
  const chosen = new Chosen(element, server, problems());
  let shown = null; // the question whose answer is on the sheet

  const sheets = new Live(server.sheet, async (answer, asked) => {
    complain(answer.error);
    if (answer.error) return;
    sheet.show(await picture(answer.sheet), asked.count);
    shown = asked;
    const { model: _, ...sample } = asked;
    store.set({ sample });
    choose(Math.min(sheet.pressed, asked.count - 1));
    element.dataset.shownSeed = asked.seed;
    tell(`${asked.count} digits of seed ${asked.seed}${asked.digit === undefined ? "" : `, all ${asked.digit}`}.`);
    countUp(element, "sheets");
  });

  function request() {
    sheets.send({ ...controls.sample(), model: store.get("model") });
  }

  function choose(index) {
    if (!shown) return;
    sheet.press(index);
    chosen.show(shown, index, sheet.canvases[index]);
  }

  find("save").addEventListener("click", async () => {
    if (!(await savable())) complain("This browser falsifies pictures that a page saves: take a screenshot.");
    else if (shown) save(sheet.asPicture(), `digits-${shown.model}-${shown.source}-${shown.seed}.png`);
  });
  store.on("model", request);
  request();
  element.dataset.ready = "1";
}
