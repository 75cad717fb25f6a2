// Codes along directions with a name: what a visitor changed, in numbers and in words.

/** How each direction is called, and which way its steps lead: down and up. */
const WORDS = {
  slant: { title: "Slant", ways: ["right", "left"] },
  width: { title: "Stroke", ways: ["thinner", "thicker"] },
  breadth: { title: "Breadth", ways: ["narrower", "broader"] },
};

export const titleOf = (name) => WORDS[name]?.title ?? `To a ${name}`;

/** What so many steps do, in words. */
export function wordsOf(name, amount) {
  if (!WORDS[name]) return `${Math.round(100 * amount)} % there`;
  if (!amount) return "as it is";
  const { ways } = WORDS[name];
  return `${Math.abs(amount).toFixed(2)} ${ways[amount < 0 ? 0 : 1]}`;
}

/** The code that `amounts` of `steps`, both by direction, lead to, with the decimals codes have. */
export function steeredCode(start, steps, amounts, scale) {
  return start.map((value, index) => {
    const moved = Object.entries(amounts).reduce(
      (sum, [name, amount]) => sum + amount * (steps[name]?.[index] ?? 0),
      value,
    );
    return Math.round(moved * scale) / scale;
  });
}

/**
 * The frames of a row from left to right, as places in its strip. A positive slant leans to the left:
 * that row is turned round, so that its slider goes where the digit does.
 */
export function placesOf(name, count) {
  const places = Array.from({ length: count }, (_, place) => place);
  return name === "slant" ? places.toReversed() : places;
}

/** The place of the row where the amount is nearest to `amount`. */
export function nearest(values, places, amount) {
  const distance = (place) => Math.abs(values[place] - amount);
  return places.reduce((best, place, at) => (distance(place) < distance(places[best]) ? at : best), 0);
}
