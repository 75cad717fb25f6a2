// Talking to the server: one request in flight, the newest question waits, older ones are dropped.

/** How long to wait before the nth try after a lost connection, in milliseconds. */
vae.backOff = (failures) => Math.min(500 * 2 ** (failures - 1), 8000);

/** Whether there is a server at this page's own address. */
vae.serverAnswers = () =>
  fetch(location.href, { method: "HEAD" }).then(
    ({ ok }) => ok,
    () => false,
  );

/**
 * A conversation about one thing. `ask(question)` resolves to the server's answer, or to undefined
 * where there is no connection; `show(answer, question)` gets the answers, never an outdated one
 * after a newer. After a lost connection the newest question is asked again until it is answered.
 */
vae.Live = class {
  constructor(ask, show) {
    this.ask = ask;
    this.show = show;
    this.waiting = null;
    this.busy = false;
    this.failures = 0;
  }

  /** Ask, or replace the question that waits. */
  send(question) {
    this.waiting = { question };
    if (!this.busy) this.#run();
  }

  async #run() {
    this.busy = true;
    try {
      while (this.waiting) await this.#turn();
    } finally {
      this.busy = false; // whatever went wrong, the next question is asked
    }
  }

  async #turn() {
    const { question } = this.waiting;
    this.waiting = null;
    const answer = await this.ask(question);
    if (answer === undefined) {
      this.waiting ??= { question };
      await this.#waitForConnection();
      return;
    }
    this.#connected();
    vae.notice(answer.notice);
    await this.show(answer, question);
  }

  async #waitForConnection() {
    this.failures += 1;
    const wait = vae.backOff(this.failures);
    const seconds = Math.ceil(wait / 1000);
    // One that answers, but not this page's questions, runs another version of the page.
    const changed = this.failures > 2 && (await vae.serverAnswers());
    const trouble = changed
      ? "The server no longer knows this page: reload it (Copy link keeps your drawing)."
      : "No connection to the server.";
    vae.announce(`${trouble} Trying again in ${seconds} s.`, true);
    await new Promise((resolve) => setTimeout(resolve, wait));
  }

  #connected() {
    if (this.failures) vae.announce("Connected again.");
    this.failures = 0;
  }
};

/**
 * A pad's conversation with the server: asks about the drawing while a stroke grows, no more often
 * than every PACE milliseconds, and at once when it ends. `ask(question)` gets {ink, model};
 * the question that `show(answer, question)` gets is {model, layers, drawing}, the last true while
 * a stroke grows.
 */
vae.DrawingStream = class {
  static PACE = 120; // a stroke of a second costs about 30 kB

  constructor(pad, ask, show) {
    this.pad = pad;
    this.live = new vae.Live(async (question) => {
      if (pad.empty) return { nothing: "" };
      this.asked = performance.now();
      return ask({ ink: await pad.packed(), model: question.model });
    }, show);
    this.asked = -Infinity;
  }

  changed(drawing) {
    clearTimeout(this.timer);
    const pause = drawing ? vae.DrawingStream.PACE - (performance.now() - this.asked) : 0;
    if (pause > 0) this.timer = setTimeout(() => this.#send(drawing), pause);
    else this.#send(drawing);
  }

  #send(drawing) {
    this.live.send({ model: vae.store.get("model"), layers: this.pad.layers, drawing });
  }
};
