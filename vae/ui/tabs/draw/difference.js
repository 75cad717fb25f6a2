/**
 * The difference of two pictures of grey levels, both RGBA and so is the result: orange where the
 * second has less ink than the first, blue where it has more.
 */
export function difference(before, after) {
  const colours = new Uint8ClampedArray(before.length);
  for (let i = 0; i < before.length; i += 4) {
    const change = (after[i] - before[i]) / 255;
    const [red, green, blue] = change < 0 ? [255, 138, 101] : [110, 170, 255];
    const strength = Math.sqrt(Math.abs(change)); // faint differences can be seen
    colours.set([red * strength, green * strength, blue * strength, 255], i);
  }
  return colours;
}
