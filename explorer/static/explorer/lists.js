// <details data-fill="URL"> with a [data-filled]: its content is fetched when it is first open.
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("details[data-fill]").forEach((box) => {
    let asked = false;
    const fill = async () => {
      if (asked || !box.open) return;
      asked = true;
      try {
        const answer = await fetch(box.dataset.fill, { headers: { "X-Requested-With": "fetch" } });
        if (answer.ok && !answer.redirected) box.querySelector("[data-filled]").innerHTML = await answer.text();
        else asked = false;
      } catch { asked = false; }
    };
    box.addEventListener("toggle", fill);
    fill();
  });
});
