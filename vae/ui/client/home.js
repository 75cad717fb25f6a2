// Where the server is: two folders above this module. In <gradio-app> the document is another site's.

export const home = new URL("../../", import.meta.url);

/** Whether the page is part of another site's page. */
export const embedded = !`${location.href}/`.startsWith(home.href.replace(/\/$/, ""));

/** Whether a server answers at the page's address. */
export const serverAnswers = () =>
  fetch(home, { method: "HEAD" }).then(
    ({ ok }) => ok,
    () => false,
  );
