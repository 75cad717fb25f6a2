/** Interpolate's film: frames 0 to `last`, how long one lasts, the pictures on the filmstrip. */
export const FILM = { last: 60, milliseconds: 50, pictures: 11 };
