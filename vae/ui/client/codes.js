// Latent codes as they are shown.

/** The codes' range that is drawn; the prior puts 99.7 % of a code's numbers inside it. */
export const CODE_RANGE = 3;

/** A number of a code: two decimals and a true minus sign. */
export const decimal = (value) => value.toFixed(2).replace("-", "−");
