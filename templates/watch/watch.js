(function () {
  "use strict";
  var shown = null, skew = 0;
  function el(id) { return document.getElementById(id); }
  function left(moment) {
    if (!moment) return "";
    return Math.max(0, Math.round(moment - (Date.now() / 1000 + skew))) + " s";
  }
  function state(clock) {
    var now = Date.now() / 1000 + skew;
    if (!clock.address || now >= clock.expires) return "no lease";
    return now < clock.t1 ? "bound" : now < clock.t2 ? "renewing" : "rebinding";
  }
  function row(values) {
    var line = document.createElement("tr");
    values.forEach(function (value) {
      var cell = document.createElement("td");
      cell.textContent = value;
      line.appendChild(cell);
    });
    return line;
  }
  function fill(list, items) {
    list.replaceChildren.apply(list, items);
  }
  function moment(seconds) {
    return !seconds ? "" : new Date(seconds * 1000).toLocaleTimeString([], {hour12: false}) + "  ";
  }

  function item(text) {
    var line = document.createElement("li");
    line.textContent = text;
    return line;
  }
  function clocks() {
    if (!shown) return;
    shown.clocks.forEach(function (clock) {
      var line = el("clocks").querySelector('[data-name="' + CSS.escape(clock.client) + '"]');
      if (!line) return;
      var word = state(clock), has = word !== "no lease";
      var values = [clock.client, word, has ? clock.address : "", has ? clock.server_id : "",
        has ? left(clock.t1) : "", has ? left(clock.t2) : "", has ? left(clock.expires) : ""];
      values.forEach(function (value, n) { line.children[n].textContent = value; });
      line.children[1].className = "state-" + word.replace(" ", "-");
    });
  }
  function topology() {
    var lit = shown.lit.map(function (pair) { return pair.join(" "); });
    lit = lit.concat(shown.lit.map(function (pair) { return pair.slice().reverse().join(" "); }));
    el("topology").querySelectorAll("[data-link]").forEach(function (link) {
      link.classList.toggle("lit", lit.indexOf(link.dataset.link) >= 0);
    });
    el("topology").querySelectorAll("[data-node]").forEach(function (node) {
      node.classList.toggle("down", node.dataset.node in shown.down);
    });
  }
  function show(data) {
    shown = data;
    skew = data.now - Date.now() / 1000;
    el("state").textContent = [data.exchanges.length + (data.exchanges.length === 1 ? " exchange" : " exchanges")].concat(
      Object.keys(data.down).map(function (node) { return node + ": " + data.down[node] + " does not run"; })).join("; ");
    clocks();
    topology();
    // The drawing is labgen's own, with every word from the lab escaped.
    el("ladder").innerHTML = data.exchanges.length ? data.exchanges[0].svg : "";
    fill(el("exchanges"), data.exchanges.map(function (each) { return item(moment(each.started) + each.title); }));
    fill(el("bindings"), data.bindings.map(function (each) {
      return row([each.server, each.address, each.client, each.state, left(each.expires)]);
    }));
    fill(el("log-lines"), data.log_lines.map(item));
  }
  el("actions").addEventListener("click", function (event) {
    var button = event.target;
    if (!button.dataset.action) return;
    button.disabled = true;
    fetch("act", {
      method: "POST",
      headers: { "content-type": "application/json", "x-labgen": "1" },
      body: JSON.stringify({ node: button.dataset.node, action: button.dataset.action })
    }).then(function (answer) { return answer.json(); }).then(function (answer) {
      if (answer.error) el("state").textContent = answer.error;
    }).finally(function () { button.disabled = false; });
  });
  var events = new EventSource("events");
  events.onmessage = function (event) { show(JSON.parse(event.data)); };
  events.addEventListener("ended", function () { el("state").textContent = "the lab has ended"; events.close(); });
  setInterval(clocks, 500);
})();
