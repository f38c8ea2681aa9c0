(function () {
  "use strict";
  var outcome = "", client = "";
  function apply() {
    document.querySelectorAll("[data-outcomes], [data-client]").forEach(function (row) {
      var outcomes = row.dataset.outcomes, about = row.dataset.client;
      var wrong = outcome !== "" && outcomes !== undefined && outcomes.split(" ").indexOf(outcome) < 0;
      row.hidden = wrong || (client !== "" && about !== undefined && about !== client);
    });
  }
  document.querySelectorAll(".filter").forEach(function (bar) {
    bar.hidden = false;
    bar.addEventListener("click", function (event) {
      var wanted = event.target.dataset.outcome;
      if (wanted === undefined) return;
      bar.querySelectorAll("button").forEach(function (button) {
        button.setAttribute("aria-pressed", String(button === event.target));
      });
      outcome = wanted;
      apply();
    });
  });
  document.querySelectorAll(".chooser").forEach(function (bar) {
    bar.hidden = false;
    bar.querySelector("select").addEventListener("change", function (event) {
      client = event.target.value;
      document.querySelectorAll("details.more").forEach(function (more) { more.open = client !== ""; });
      apply();
    });
  });
  function open() {
    var target = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
    if (target && target.tagName === "DETAILS") { target.open = true; target.scrollIntoView(); }
  }
  window.addEventListener("hashchange", open);
  open();
})();
