// <form data-stay="URL">: while somebody works on the call screen the claim on the patient is extended, at most
// once a minute.
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("[data-stay]").forEach((form) => {
    let told = performance.now();
    const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
    const alive = () => {
      if (performance.now() - told < 60000) return;
      told = performance.now();
      fetch(form.dataset.stay, { method: "POST", headers: { "X-CSRFToken": token } }).catch(() => {});
    };
    ["keydown", "pointerdown", "pointermove", "scroll", "input"].forEach((what) => document.addEventListener(what, alive, { passive: true }));
  });
});
