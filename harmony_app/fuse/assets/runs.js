// The runs: a table on the left, the run looked at on the right.
const sorted = { column: "when", down: true };
const RUN_COLUMNS = [
  ["name", "Run"], ["status", "Status"], ["when", "When"], ["duration", "Took"], ["settings", "Settings"],
];

function runsSection(data, send, redraw) {
  if (!data.rows.length) {
    return h("section", { class: "card fill empty" }, h("h2", {}, "No run yet"),
      h("p", {}, "A run fuses donor variables onto every recipient household and checks the result."),
      button("Build the first run", () => send({ action: "view", view: "new" }), { class: "primary" }),
      removedRuns(data.removed, send));
  }
  const key = sorted.column;
  const rows = [...data.rows].sort((a, b) => {
    const order = a.sort[key] < b.sort[key] ? -1 : a.sort[key] > b.sort[key] ? 1 : 0;
    return sorted.down ? -order : order;
  });
  return h("section", { class: "card fill", "aria-label": "Runs" },
    h("header", {}, h("h2", {}, "Runs"), h("span", { class: "muted" }, `${rows.length}`), atOnce(data.at_once, send)),
    h("div", { class: "rows", "data-scroll": "runs" },
      h("table", { class: "runs" },
        h("thead", {}, h("tr", {}, RUN_COLUMNS.map(([name, title]) =>
          h("th", { "aria-sort": key === name ? (sorted.down ? "descending" : "ascending") : "none" },
            button(key === name ? `${title} ${sorted.down ? "↓" : "↑"}` : title, () => {
              sorted.down = sorted.column === name ? !sorted.down : name === "when";
              sorted.column = name;
              redraw();
            }, { class: "heading", "data-focus": `sort ${name}` }))))),
        h("tbody", {}, rows.map((row) => runRow(row, data.selected, send)))),
      removedRuns(data.removed, send)));
}

// How many runs go on at a time; the others wait in line.
function atOnce(number, send) {
  const box = h("input", { type: "number", class: "tiny", min: 1, max: 64, value: String(number), "data-focus": "at once",
    onchange: (event) => send({ action: "at_once", number: event.target.value }) });
  return h("label", { class: "inline right", title: "How many runs are active at a time, wherever they were started: here or on the command line. The others wait in line." }, "At a time", box);
}

function removedRuns(removed, send) {
  if (!removed.length) return null;
  const rows = removed.map((run) => h("li", { "data-removed": run.id },
    h("span", { class: "words" }, h("b", {}, run.name), h("span", { class: "muted small block-line" }, run.what)),
    button("Restore", () => send({ action: "restore", id: run.id }), { class: "small", "aria-label": `Restore ${run.name}`, "data-focus": `restore ${run.id}` }),
    confirmButton("Delete for good", "This frees its disk space and cannot be undone.", "Delete it", "Keep it",
      () => send({ action: "purge", id: run.id }), { class: "small", "aria-label": `Delete ${run.name} for good`, "data-focus": `purge ${run.id}` })));
  return folded("removed", `Deleted within a day (${removed.length})`, h("ul", { class: "removed" }, rows));
}

function runRow(row, selected, send) {
  return h("tr", { class: row.id === selected ? "selected" : "", "data-run": row.id,
    onclick: () => send({ action: "run", id: row.id }) },
  h("td", {}, button(row.name, (event) => { event.stopPropagation(); send({ action: "run", id: row.id }); },
    { class: "link", "data-focus": `run ${row.id}`, "aria-current": row.id === selected ? "true" : null }),
  h("span", { class: "muted small block-line" }, row.pair)),
  h("td", {}, chip(row.status, row.tone), row.active && row.progress ? bar(row.progress, "", `${Math.round(row.progress * 100)} % done`) : null),
  h("td", { class: "nowrap", title: row.moment }, row.when),
  h("td", { class: "nowrap" }, row.duration),
  h("td", { class: "small muted" }, row.settings));
}
