"use strict";
(() => {
  // Theme: what the system asks for, unless the reader asks for another.
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const themes = ["automatic", "light", "dark"];
  let theme = 0;
  const paint = () => {
    const dark = themes[theme] === "dark" || (theme === 0 && system.matches && !printing);
    root.classList.toggle("dark", dark);
    button.firstElementChild.textContent = themes[theme];
  };
  let printing = false;
  button.hidden = false;
  button.addEventListener("click", () => { theme = (theme + 1) % themes.length; paint(); });
  system.addEventListener("change", paint);
  addEventListener("beforeprint", () => { printing = true; root.classList.remove("dark"); });
  addEventListener("afterprint", () => { printing = false; paint(); });
  paint();

  // Filters: lines of one workload, one load, or servers by a part of their name.
  const form = document.getElementById("filters");
  if (!form) { return; }
  const table = document.getElementById("cells");
  const { workload, load, server } = form.elements;
  const filter = () => {
    const wanted = server.value.trim().toLowerCase();
    let shown = 0;
    const rows = table.tBodies[0].rows;
    for (const row of rows) {
      row.hidden = (workload.value && row.dataset.workload !== workload.value)
        || (load.value && row.dataset.load !== load.value)
        || !row.dataset.server.toLowerCase().includes(wanted);
      shown += !row.hidden;
    }
    form.querySelector("output").textContent = `${shown} of ${rows.length} lines`;
  };
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", filter);
  filter();
})();
