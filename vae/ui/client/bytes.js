// Bytes as texts, and whole numbers as bytes.

import { base64 } from "./ink.js";

/** Bytes as a text that needs no escaping in a link. */
export const toText = (bytes) =>
  base64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** The bytes of such a text; null for any other. */
export function fromText(text) {
  if (!/^[\w-]+$/.test(text)) return null;
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return [...binary].map((character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

/** A whole number of either sign, |n| < 2^27, as bytes: seven bits each, the last below 128. */
export function toBytes(number) {
  let rest = number < 0 ? -2 * number - 1 : 2 * number;
  const bytes = [];
  for (; rest > 127; rest >>= 7) bytes.push((rest & 127) | 128);
  return [...bytes, rest];
}

/** The numbers of such bytes; null where there is one too large, or one without an end. */
export function toNumbers(bytes) {
  const numbers = [];
  let [value, shift] = [0, 0];
  for (const byte of bytes) {
    if (shift > 21) return null;
    value |= (byte & 127) << shift;
    shift += 7;
    if (byte > 127) continue;
    numbers.push(value % 2 ? -(value + 1) / 2 : value / 2);
    [value, shift] = [0, 0];
  }
  return shift ? null : numbers;
}
