// The Draw tab: the pad, what the model sees of it, and its reconstruction, live.

vae.draw = (element, server) => {
  const find = (name) => element.querySelector(`[data-${name}]`);
  const [seen, reconstruction, verdict] = ["seen", "reconstruction", "verdict"].map(find);
  const complain = (sentence) => (find("problem").textContent = sentence ?? "");

  const pad = new vae.Pad(find("pad"), (drawing) => {
    find("hint").hidden = !pad.empty;
    complain();
    stream.changed(drawing);
  });

  const stream = new vae.DrawingStream(pad, server.read, async (answer, { model, layers }) => {
    complain(answer.error);
    if (answer.error) return;
    if (answer.nothing === undefined) {
      const strip = await vae.picture(answer.strip);
      vae.paint(seen, strip, 0);
      vae.paint(reconstruction, strip, 1);
      verdict.replaceChildren(...vae.verdict(answer));
      vae.store.set({ drawing: { code: answer.code, model, layers } });
    } else {
      [seen, reconstruction].forEach(vae.blank);
      verdict.textContent = answer.nothing;
      vae.store.set({ drawing: null });
    }
    verdict.classList.toggle("untypical", Boolean(answer.untypical));
    element.dataset.answers = Number(element.dataset.answers ?? 0) + 1;
  });

  const photo = new vae.Live(
    async (file) => {
      const image = await vae.fileAsDataUri(file).catch(() => null);
      if (image === null) return { error: "This file is no picture that the browser can read." };
      return server.photo({ image });
    },
    async (answer) => {
      if (answer.ink) pad.load([{ picture: await vae.picture(answer.ink) }]);
      complain(answer.error);
    },
  );
  vae.acceptPictures(element, find("drop"), find("file"), (file) => photo.send(file));

  vae.padTools(element, pad);
  vae.exampleButtons(find("examples"), (layers) => pad.load(layers));
  vae.store.on("model", () => stream.changed(false));

  pad.open(vae.example("3"));
  element.dataset.ready = "1";
};

/** What the numbers say of a drawing, in words, then in nats: a list of elements. */
vae.verdict = ({ percentile, untypical, reconstruction, kl }) => {
  const words = document.createElement("strong");
  const nats = document.createElement("span");
  if (untypical) words.textContent = "Untypical: hardly any digit is so hard to describe";
  else if (percentile !== null) {
    words.textContent = `More typical than ${Math.round(100 - percentile)} % of test digits`;
  } else words.textContent = "Redrawn from its latent code";
  nats.textContent =
    `${reconstruction.toFixed(1)} reconstruction + ${kl.toFixed(1)} KL ` +
    `= ${(reconstruction + kl).toFixed(1)} nats`;
  return [words, nats];
};
