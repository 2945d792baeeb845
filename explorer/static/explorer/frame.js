// Keyboard: the pages that keys open stand in the dialog of shortcuts (explorer/shortcuts.py), nothing is said twice.
document.addEventListener("DOMContentLoaded", () => {
  const dialog = document.getElementById("shortcuts");
  if (!dialog) return;
  const off = "off" in dialog.dataset;
  document.body.toggleAttribute("data-keys-off", off);
  document.querySelectorAll("[data-opens=shortcuts]").forEach((button) => button.addEventListener("click", () => dialog.showModal()));
  dialog.addEventListener("click", (event) => { if (event.target === dialog || event.target.closest("[data-closes]")) dialog.close(); });
  if (off) return;

  const pages = Object.fromEntries([...dialog.querySelectorAll("[data-url]")].map((row) => [row.dataset.keys, row.dataset.url]));
  let first = "", pressed = 0;
  const typing = (element) => element.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  const rows = () => [...document.querySelectorAll("main table tbody tr:has(a[href])")];

  const move = (step) => {
    const all = rows(), here = all.findIndex((row) => row.classList.contains("pe-here"));
    if (!all.length) return false;
    const next = all[Math.min(Math.max(here + step, 0), all.length - 1)];
    all[here]?.classList.remove("pe-here");
    next.classList.add("pe-here");
    next.querySelector("a[href]").focus();
    next.scrollIntoView({ block: "nearest" });
    return true;
  };
  const search = () => {
    const box = document.querySelector("#searchbar, main input[type=search], main input[name=q]");
    box?.focus();
    box?.select();
    return Boolean(box);
  };
  const acts = { "?": () => { dialog.showModal(); return true; }, "/": search, j: () => move(1), k: () => move(-1) };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented || dialog.open || typing(event.target)) return;
    const both = performance.now() - pressed < 1500 ? `${first} ${event.key}` : "";
    first = event.key;
    pressed = performance.now();
    if (pages[both]) { event.preventDefault(); location.assign(pages[both]); return; }
    if (document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`)) return;
    if (acts[event.key]?.()) event.preventDefault();
  });
});
