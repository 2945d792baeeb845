// Small behaviours of our own pages; nothing is loaded from elsewhere.
// <div data-live="URL" data-every="2000">: its content is fetched again until the answer says X-Done,
// or X-Go and where to go on.
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("[data-live]").forEach((area) => {
    const look = async () => {
      let done = false;
      if (document.hidden) return setTimeout(look, Number(area.dataset.every || 2000));
      try {
        const answer = await fetch(area.dataset.live, { headers: { "X-Requested-With": "fetch" } });
        if (answer.redirected) return; // signed out meanwhile
        const go = answer.headers.get("X-Go");
        if (go) return location.assign(go);
        const fresh = answer.ok ? await answer.text() : area.fresh;
        if (fresh !== area.fresh) area.innerHTML = area.fresh = fresh; // what has the focus keeps it while nothing changes
        done = Boolean(answer.headers.get("X-Done"));
      } catch { /* the server is being started again: look later */ }
      if (!done) setTimeout(look, Number(area.dataset.every || 2000));
    };
    setTimeout(look, Number(area.dataset.every || 2000));
  });
  // <input data-must-equal="1234" data-enables="button-id">: the button works once the number is typed.
  document.querySelectorAll("[data-must-equal]").forEach((input) => {
    const button = document.getElementById(input.dataset.enables);
    const check = () => { button.disabled = input.value.trim() !== input.dataset.mustEqual; };
    input.addEventListener("input", check);
    check();
  });
  // <form data-vanishes="10"> with a <b data-countdown>: counts the seconds down and goes away at zero.
  document.querySelectorAll("[data-vanishes]").forEach((area) => {
    const end = performance.now() + Number(area.dataset.vanishes) * 1000, shown = area.querySelector("[data-countdown]");
    const tick = setInterval(() => {
      const left = Math.ceil((end - performance.now()) / 1000);
      shown.textContent = Math.max(left, 0);
      if (left <= 0) { clearInterval(tick); area.remove(); }
    }, 250);
  });
  // <button data-key="a">: pressed by that key, unless somebody is typing. Once, and not before half a second
  // after the page has come, so that a key pressed twice does not decide about the next patient unseen.
  let ready = performance.now() + 500;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || performance.now() < ready) return;
    if (document.body.hasAttribute("data-keys-off")) return; // the person has switched them off
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const button = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (button) { ready = Infinity; button.click(); }
  });
});

// The theme looks for its own text field beside every file field; ours have none.
document.addEventListener("change", (event) => {
  if (event.target.matches(".pe input[type=file]")) event.stopImmediatePropagation();
}, true);

// While a patient has the form at the desk, the other windows go there too: each had something else on screen.
document.addEventListener("DOMContentLoaded", () => {
  const windows = new BroadcastChannel("desk");
  if (document.querySelector("[data-desk]")) windows.postMessage("on");
  else windows.onmessage = () => location.replace("/desk/");
  // <form data-idle="303" data-ping="URL" data-to="URL">: tells the server that somebody is there, at most every
  // half minute; without anybody for so many seconds the page goes where the server says what is left of it.
  document.querySelectorAll("[data-idle]").forEach((form) => {
    let seen = performance.now(), told = seen;
    const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
    const alive = () => {
      seen = performance.now();
      if (seen - told < 30000) return;
      told = seen;
      fetch(form.dataset.ping, { method: "POST", headers: { "X-CSRFToken": token } }).catch(() => {});
    };
    ["keydown", "pointerdown", "pointermove", "scroll", "input"].forEach((what) => document.addEventListener(what, alive, { passive: true }));
    setInterval(() => { if (performance.now() - seen > form.dataset.idle * 1000) location.replace(form.dataset.to); }, 1000);
  });
});
