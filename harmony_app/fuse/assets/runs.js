// The runs: a table on the left, the run looked at on the right.
const sorted = { column: "when", down: true };
const RUN_COLUMNS = [
  ["name", "Run"], ["status", "Status"], ["when", "When"], ["duration", "Took"], ["settings", "Settings"],
];

function runsSection(data, send, redraw) {
  if (!data.rows.length) {
    return h("section", { class: "card fill empty" }, h("h2", {}, "No run yet"),
      h("p", {}, "A run fuses donor variables onto every recipient household and checks the result."),
      button("Build the first run", () => send({ action: "view", view: "new" }), { class: "primary" }));
  }
  const key = sorted.column;
  const rows = [...data.rows].sort((a, b) => {
    const order = a.sort[key] < b.sort[key] ? -1 : a.sort[key] > b.sort[key] ? 1 : 0;
    return sorted.down ? -order : order;
  });
  return h("section", { class: "card fill", "aria-label": "Runs" },
    h("header", {}, h("h2", {}, "Runs"), h("span", { class: "muted" }, `${rows.length}`)),
    h("div", { class: "rows", "data-scroll": "runs" },
      h("table", { class: "runs" },
        h("thead", {}, h("tr", {}, RUN_COLUMNS.map(([name, title]) =>
          h("th", { "aria-sort": key === name ? (sorted.down ? "descending" : "ascending") : "none" },
            button(key === name ? `${title} ${sorted.down ? "↓" : "↑"}` : title, () => {
              sorted.down = sorted.column === name ? !sorted.down : name === "when";
              sorted.column = name;
              redraw();
            }, { class: "heading", "data-focus": `sort ${name}` }))))),
        h("tbody", {}, rows.map((row) => runRow(row, data.selected, send))))));
}

function runRow(row, selected, send) {
  return h("tr", { class: row.id === selected ? "selected" : "", "data-run": row.id,
    onclick: () => send({ action: "run", id: row.id }) },
  h("td", {}, button(row.name, (event) => { event.stopPropagation(); send({ action: "run", id: row.id }); },
    { class: "link", "data-focus": `run ${row.id}`, "aria-current": row.id === selected ? "true" : null }),
  h("span", { class: "muted small block-line" }, row.pair)),
  h("td", {}, chip(row.status, row.tone), row.active ? bar(row.progress, "", `${Math.round(row.progress * 100)} % done`) : null),
  h("td", { class: "nowrap", title: row.moment }, row.when),
  h("td", { class: "nowrap" }, row.duration),
  h("td", { class: "small muted" }, row.settings));
}
