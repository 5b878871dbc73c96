// Loaded in <head>, before the first paint: puts the reader's theme (cookie "theme": light | dark | auto) on <html>.
(() => {
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const stored = () => (document.cookie.match(/(?:^|; )theme=(light|dark|auto)/) || [])[1] || "auto";

  function apply(choice) {
    const theme = choice === "auto" ? (dark.matches ? "dark" : "light") : choice;
    root.dataset.theme = choice;
    if (root.dataset.bsTheme === theme) return;
    root.dataset.bsTheme = theme;
    document.dispatchEvent(new CustomEvent("theme:change", { detail: { theme } }));
  }

  apply(stored());
  dark.addEventListener("change", () => apply(stored()));

  function showChoice() {
    for (const button of document.querySelectorAll("[data-theme-set]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeSet === root.dataset.theme));
    }
  }
  document.addEventListener("DOMContentLoaded", showChoice);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-set]");
    if (!button) return;
    document.cookie = `theme=${button.dataset.themeSet}; path=/; max-age=31536000; samesite=lax`;
    apply(button.dataset.themeSet);
    showChoice();
  });
})();
