(function () {
  "use strict";
  var SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  var HOSTS = /^https:\/\/(forms\.office\.com|forms\.cloud\.microsoft|forms\.microsoft\.com|forms\.office365\.us|forms\.osi\.office365\.us)\//;
  var place = document.body.dataset, words = document.getElementById("words");
  var ask = document.getElementById("ask"), typed = document.getElementById("code");

  // Codes of the practice end with a check symbol; codes issued elsewhere are 10 to 40 letters and digits.
  function codeIn(text) {
    var code = text.replace(/[\s.\u2010-\u2015\u00a0-]/g, "");
    if (!/^[A-Za-z0-9]{10,40}$/.test(code)) { return ""; }
    var own = code.toUpperCase().replace(/O/g, "0").replace(/[IL]/g, "1");
    if (own.length !== 17) { return code; }
    var rest = 0;
    for (var i = 0; i < 17; i += 1) {
      var value = SYMBOLS.indexOf(own.charAt(i));
      if (value < 0) { return code; }
      if (i === 16) { return value === rest ? own : ""; }
      rest = (rest * 32 + value) % 37;
    }
  }

  function open(text) {
    var code = codeIn(text);
    var target = place.prefix + place.quote + code + place.quote + place.tail;
    if (!code || !HOSTS.test(target)) { return false; }
    location.replace(target);
    return true;
  }

  function help(sentence) {
    words.textContent = sentence;
    ask.hidden = false;
  }

  function start() {
    var text = location.hash.slice(1, 200);
    try { text = decodeURIComponent(text); } catch (broken) { text = ""; }
    if (!text.trim()) {
      help("Welcome. Please type the code from our text or letter.");
    } else if (!open(text)) {
      help("This code is not complete. Please type it as it stands in our text or letter.");
    }
  }

  ask.addEventListener("submit", function (event) {
    event.preventDefault();
    if (!open(typed.value)) { help("This code does not fit. Please compare it once more, or call us."); }
  });
  window.addEventListener("hashchange", start);
  start();
})();
