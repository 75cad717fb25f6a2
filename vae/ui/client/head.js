/* global MODULES, THEME */
// Runs in the page's head, before its parts are made; it is no module. Gradio's own address is that of
// its theme: in <gradio-app> the document is another site's.
//
// page.py defines THEME, the theme's file, and MODULES, the addresses of the first view's modules.

const theme = document.querySelector(`link[href$="/${THEME}"]`);
for (const path of MODULES) {
  const href = new URL(path, theme.href).href;
  document.head.append(Object.assign(document.createElement("link"), { rel: "modulepreload", href }));
}

// A part whose module is not on the server: replaced by one of another version, whose page knows its
// own modules. The page reloads itself once, then says so.
document.addEventListener("unserved", ({ target }) => {
  const [{ type }] = performance.getEntriesByType("navigation");
  if (window.gradio_config && type !== "reload") return location.reload();
  target.textContent = "This part of the page could not be loaded: reload the page.";
});
