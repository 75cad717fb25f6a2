// Latent codes as they are shown.

const PRIOR_RANGE = 3; // the prior puts 99.7 % of a code's numbers inside it

/** The range of codes that is drawn for a model, either sign. */
export const codeRange = ({ spread }) => PRIOR_RANGE * spread;

/** A number of a code: two decimals and a true minus sign. */
export const decimal = (value) => value.toFixed(2).replace("-", "−");
