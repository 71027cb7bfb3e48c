// "Predicted from": every predictor with its similarity, kept or left out and why.
function predictorSection(data, send) {
  const body = data.status === "ready" ? predictorRows(data, send) : predictorMessage(data);
  return h("section", { class: "card fill", "aria-label": "Predictors", "aria-busy": String(data.status === "loading") },
    h("header", {}, h("h2", {}, "Predicted from"),
      data.status === "ready" ? h("span", { class: "muted" }, `${data.kept} of ${data.rows.length} kept`) : null,
      h("label", { class: "inline right", title: "Predictors whose distributions in donor and recipient are less similar are left out" },
        "similarity at least",
        h("input", { type: "text", inputmode: "decimal", class: "tiny", value: data.minimum, "data-focus": "minimum",
          "aria-label": "Minimum similarity", onchange: (event) => send({ action: "option", name: "minimum_similarity", text: event.target.value }) }))),
    body);
}

function predictorMessage(data) {
  return h("div", { class: "rows" },
    data.status === "loading" ? h("div", { class: "working", role: "status" }, h("span", { class: "spinner" }),
      h("span", { class: "grow" }, data.message,
        h("span", { class: "bar thin", "aria-hidden": "true" }, h("i", { style: `width: ${Math.round(100 * data.share)}%` }))))
      : h("p", { class: "error", role: "alert" }, data.message));
}

const SOURCE_CHIPS = {
  spatial: ["place", "place", "What is known of the household’s PUMA"],
  context: ["neighbourhood", "place", "Published by the donor for the neighbourhood; each recipient household draws it from the mix of its PUMA"],
};

function predictorRows(data, send) {
  return h("div", { class: "rows", "data-scroll": "predictors" },
    data.notes.map((note) => h("p", note.startsWith("Warning: ") ? { class: "note warning", role: "alert" } : { class: "note" }, note)),
    h("table", {},
      h("thead", {}, h("tr", {}, h("th", {}, "Use"), h("th", {}, "Predictor"), h("th", { class: "num" }, "Similarity"))),
      h("tbody", {}, data.rows.map((row) => predictorRow(row, send)))));
}

function predictorRow(row, send) {
  const next = row.kept ? "exclude" : "keep";
  return h("tr", { class: row.kept ? "" : "out", "data-predictor": row.name },
    h("td", {}, h("input", {
      type: "checkbox", checked: row.kept, disabled: row.fixed, "data-focus": `predictor ${row.name}`,
      "aria-label": `Use ${row.name}`, title: row.fixed ? row.reason : "Use this predictor or leave it out",
      onchange: () => send({ action: "override", name: row.name, choice: row.choice && row.choice !== next ? null : next }),
    })),
    h("td", {}, h("span", { class: "line" }, h("b", { class: "break" }, row.name), SOURCE_CHIPS[row.source] ? chip(...SOURCE_CHIPS[row.source]) : null),
      h("span", { class: "muted small block-line" }, row.label),
      row.reason ? h("span", { class: `small block-line ${row.kept ? "warn" : "bad"}` }, row.reason) : null),
    h("td", { class: "num" }, row.similarity === null ? "–" : [row.similarity.toFixed(2), bar(row.similarity, row.low ? "low" : "", `similarity ${row.similarity.toFixed(2)}`)]));
}
