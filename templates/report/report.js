document.querySelectorAll(".filter").forEach(function (bar) {
  bar.hidden = false;
  bar.addEventListener("click", function (event) {
    var wanted = event.target.dataset.outcome;
    if (wanted === undefined) return;
    bar.querySelectorAll("button").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button === event.target));
    });
    document.querySelectorAll("[data-outcomes]").forEach(function (row) {
      row.hidden = wanted !== "" && row.dataset.outcomes.split(" ").indexOf(wanted) < 0;
    });
  });
});
