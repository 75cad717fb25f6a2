// The Sample tab: a sheet of digits from random codes; one of them enlarged and sent elsewhere.

/** What the two sources of codes are, and what the difference between them shows. */
vae.SOURCES = {
  prior:
    "Codes picked at random from the prior, the standard normal distribution that training pulls " +
    "all codes towards. They never fill it evenly: a code from a gap decodes to a misfit.",
  posterior:
    "Codes picked from the aggregate posterior, where the codes of the training digits really lie. " +
    "Nearly all can be read: the prior’s misfits are not the decoder’s fault.",
};

/** How many pixels of a saved picture a pixel of a digit is wide. */
vae.SAVED_SCALE = 4;

vae.sample = (element, server) => {
  const find = (name) => element.querySelector(`[data-${name}]`);
  const [sheet, seed, lock, temperature, count] =
    ["sheet", "seed", "lock", "temperature", "count"].map(find);
  const complain = (sentence) => (find("problem").textContent = sentence ?? "");
  let shown = null; // the question whose answer is on the sheet
  let place = 0; // of the enlarged digit on the sheet
  let chosen = null; // {code, model, picture} of the enlarged digit, once its code is known

  const sheets = new vae.Live(server.sheet, async (answer, question) => {
    complain(answer.error);
    if (answer.error) return;
    shown = question;
    const { model, ...sample } = question;
    vae.store.set({ sample });
    layOut(await vae.picture(answer.sheet), question.count);
    enlarge(Math.min(place, question.count - 1));
    element.dataset.shownSeed = question.seed;
    vae.tell(`${question.count} digits of seed ${question.seed}.`);
    element.dataset.sheets = Number(element.dataset.sheets ?? 0) + 1;
  });

  const codes = new vae.Live(
    ({ sheet, index }) => server.code({ ...sheet, index }),
    (answer, { sheet, index }) => {
      complain(answer.error);
      if (answer.error || sheet !== shown || index !== place) return;
      const picture = cells()[index].toDataURL();
      choose({ code: answer.code, model: sheet.model, picture });
    },
  );

  const cells = () => sheet.querySelectorAll("canvas");

  const request = () => {
    const sample = {
      seed: seed.valueAsNumber,
      temperature: temperature.valueAsNumber,
      count: Number(count.value),
      source: source(),
    };
    sheets.send({ ...sample, model: vae.store.get("model") });
  };

  /** Set the controls to what a link brought, as far as it did. */
  const restore = (sample) => {
    if (sample.seed !== undefined) seed.value = sample.seed;
    if (sample.temperature !== undefined) temperature.value = sample.temperature;
    const counted = [...count.options].some(({ value }) => Number(value) === sample.count);
    if (counted) count.value = sample.count;
    for (const radio of element.querySelectorAll("[data-source]")) {
      if (radio.value === sample.source) radio.checked = true;
    }
  };

  const source = () => element.querySelector("[data-source]:checked").value;

  const showTemperature = () =>
    (find("temperature-value").textContent = temperature.valueAsNumber.toFixed(2));

  const explain = () => (find("lede").textContent = vae.SOURCES[source()]);

  const save = () => {
    const columns = Math.ceil(Math.sqrt(cells().length));
    const side = 28 * vae.SAVED_SCALE;
    const picture = document.createElement("canvas");
    picture.width = columns * side;
    picture.height = Math.ceil(cells().length / columns) * side;
    const context = picture.getContext("2d");
    context.imageSmoothingEnabled = false;
    cells().forEach((cell, index) => {
      const [row, column] = [Math.floor(index / columns), index % columns];
      context.drawImage(cell, column * side, row * side, side, side);
    });
    vae.save(picture.toDataURL("image/png"), `digits-${shown.model}-${shown.source}-${shown.seed}.png`);
  };

  const layOut = (strip, digits) => {
    while (sheet.children.length > digits) sheet.lastChild.remove();
    while (sheet.children.length < digits) sheet.append(cell(sheet.children.length));
    sheet.style.setProperty("--columns", Math.ceil(Math.sqrt(digits)));
    cells().forEach((canvas, index) => vae.paint(canvas, strip, index));
  };

  const cell = (index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.index = index;
    button.setAttribute("aria-label", `Digit ${index + 1}`);
    button.append(Object.assign(document.createElement("canvas"), { width: 28, height: 28 }));
    return button;
  };

  const enlarge = (index) => {
    place = index;
    choose(null);
    for (const button of sheet.children) {
      button.setAttribute("aria-pressed", Number(button.dataset.index) === index);
    }
    vae.paint(find("chosen"), cells()[index]);
    codes.send({ sheet: shown, index });
  };

  const choose = (digit) => {
    chosen = digit;
    for (const button of [...sends, find("explore")]) button.disabled = !digit;
  };

  sheet.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button && shown) enlarge(Number(button.dataset.index));
  });
  const sends = vae.sendButtons(element, () => chosen);
  find("explore").addEventListener("click", () => chosen && vae.explore.open(chosen));
  find("again").addEventListener("click", () => {
    if (lock.checked) vae.announce("The seed is locked: the sheet stays the same.");
    else seed.value = vae.randomSeed();
    request();
  });
  find("save").addEventListener("click", save);
  for (const radio of element.querySelectorAll("[data-source]")) {
    radio.addEventListener("change", () => {
      explain();
      request();
    });
  }
  seed.max = vae.settings.largestSeed;
  seed.value = vae.randomSeed();
  seed.addEventListener("change", request);
  count.addEventListener("change", request);
  temperature.addEventListener("input", () => {
    showTemperature();
    request();
  });
  vae.store.on("model", request);

  restore(vae.store.get("sample") ?? {});
  showTemperature();
  explain();
  request();
  element.dataset.ready = "1";
};
