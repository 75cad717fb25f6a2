// The Sample tab: a sheet of digits from random codes; one of them enlarged and sent elsewhere.

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
    layOut(await vae.picture(answer.sheet), question.count);
    enlarge(Math.min(place, question.count - 1));
    element.dataset.shownSeed = question.seed;
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

  const request = () =>
    sheets.send({
      seed: seed.valueAsNumber,
      temperature: temperature.valueAsNumber,
      count: Number(count.value),
      source: "prior",
      model: vae.store.get("model"),
    });

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
    for (const button of sends) button.disabled = !digit;
  };

  sheet.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button && shown) enlarge(Number(button.dataset.index));
  });
  const sends = vae.sendButtons(element, () => chosen);
  find("again").addEventListener("click", () => {
    if (!lock.checked) seed.value = vae.randomSeed();
    request();
  });
  seed.max = vae.settings.largestSeed;
  seed.value = vae.randomSeed();
  seed.addEventListener("change", request);
  count.addEventListener("change", request);
  temperature.addEventListener("input", () => {
    find("temperature-value").textContent = temperature.valueAsNumber.toFixed(2);
    request();
  });
  vae.store.on("model", request);

  request();
  element.dataset.ready = "1";
};
