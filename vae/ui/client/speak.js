// What the page says of itself, in the live regions of the masthead.

const line = (name) => document.querySelector(`[data-${name}]`);
let silence; // the timer that takes an announcement away
let noticed; // the server's last notice

/** What cannot be done, as a sentence for the visitor. */
export class Complaint extends Error {}

/** Say something to everyone, for a while or until something else is said. */
export function announce(sentence, lasting = false) {
  const announcer = line("announcer");
  if (!announcer) return;
  announcer.textContent = sentence;
  clearTimeout(silence);
  if (!lasting) silence = setTimeout(() => (announcer.textContent = ""), 5000);
}

/** Tell screen readers alone what everyone else sees happen. */
export function tell(sentence) {
  const teller = line("teller");
  if (teller) teller.textContent = sentence;
}

/** Pass on what the server has to say about itself, once. */
export function notice(sentence) {
  if (sentence && sentence !== noticed) announce(sentence);
  if (sentence) noticed = sentence;
}
