/**
 * The theme of the page, before the first paint.
 *
 * A classic script in the head, so that no wrong theme flashes: sets `data-theme` of the root
 * element to what was chosen here before, else to what the system prefers, and follows the
 * system while nothing was chosen. On paper it is light. `js/shell.js` changes it. Whoever
 * paints on a canvas listens to `themechange` on the document.
 */
(() => {
  const root = document.documentElement;
  const light = matchMedia("(prefers-color-scheme: light)");
  const paper = matchMedia("print");
  const contrast = matchMedia("(prefers-contrast: more)");

  function chosen() {
    try {
      return localStorage.getItem("loss-monitor-theme");
    } catch {
      return null; // Storage may be forbidden; the system's preference then holds.
    }
  }

  function apply() {
    const stored = paper.matches ? "light" : chosen();
    const preferred = light.matches ? "light" : "dark";
    const theme = stored === "light" || stored === "dark" ? stored : preferred;
    if (root.dataset.theme === theme) return;
    root.dataset.theme = theme;
    tell();
  }

  function tell() {
    document.dispatchEvent(new CustomEvent("themechange"));
  }

  light.addEventListener("change", apply);
  paper.addEventListener("change", apply);
  contrast.addEventListener("change", tell);
  addEventListener("storage", apply);
  apply();
})();
