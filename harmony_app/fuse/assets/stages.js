// The second stage: variables drawn by few others and the place alone, or computed by a formula.
const staged = { open: false, kind: "drawn", values: {}, rows: "" };

function stagesSection(data, send, redraw) {
  const rows = JSON.stringify(data.rows);
  if (rows !== staged.rows) Object.assign(staged, { rows, values: {} });
  const box = h("details", { ontoggle: (event) => { staged.open = event.target.open; } },
    h("summary", { "data-focus": "stages" }, data.rows.length ? `Second stage (${data.rows.length})` : "Second stage"),
    h("p", { class: "muted small" }, "Variables that follow from fused ones: spending, drawn from donors given consumption and place alone as in the published method, or computed in every implicate, such as consumption times the local price."),
    data.rows.length ? h("ul", { class: "removed" }, data.rows.map((row) => stageRow(row, send))) : null,
    data.error ? h("p", { class: "error", role: "alert" }, data.error) : null,
    data.ready ? stageForm(data, send, redraw) : h("p", { class: "hint" }, "Choose fusion variables, and wait for the predictors."));
  if (staged.open || data.error) box.open = true;
  return box;
}

function stageRow(row, send) {
  return h("li", { "data-stage": row.name }, h("span", { class: "words" }, row.sentence, row.price ? h("span", { class: "muted small block-line" }, row.price) : null),
    h("button", { type: "button", class: "quiet", "aria-label": `Remove ${row.name} from the second stage`, onclick: () => send({ action: "unstage", name: row.name }) }, "×"));
}

// What is typed stays where a mistake is named; it goes once the variable is added.
function stageForm(data, send, redraw) {
  const fields = {};
  const computed = staged.kind === "computed";
  const keep = (name) => (event) => { staged.values[name] = event.target.value; };
  const text = (name, title, help, placeholder) => h("label", { class: "field", title: help }, h("span", {}, title),
    fields[name] = h("input", { type: "text", placeholder, value: staged.values[name] || "", "data-focus": `stage ${name}`, oninput: keep(name) }));
  const pick = (name, title, choices, help) => h("label", { class: "field", title: help }, h("span", {}, title),
    fields[name] = h("select", { "data-focus": `stage ${name}`, onchange: keep(name) }, choices.map(([value, words]) => h("option", { value, selected: value === staged.values[name] }, words))));
  const kind = h("label", { class: "field" }, h("span", {}, "How it is obtained"),
    h("select", { "data-focus": "stage kind", onchange: (event) => { staged.kind = event.target.value; redraw(); } },
      [["drawn", "drawn from donors"], ["computed", "computed by a formula"]].map(([value, words]) => h("option", { value, selected: value === staged.kind }, words))));
  const add = () => send({ action: "stage", ...Object.fromEntries(Object.entries(fields).map(([name, box]) => [name, box.value])) });
  return h("div", { role: "group", "aria-label": "Add a variable to the second stage" }, kind,
    computed ? text("variable", "Name", "A new name", "elec_cost") : pick("variable", "Second-stage variable", data.variables.map((name) => [name, name]), ""),
    computed ? text("formula", "Formula", "Of fused variables, spatial predictors and the recipient's own variables", 'elec_kwh * "energy.price" / 100') : null,
    computed ? text("title", "Description", "", "Annual cost of electricity") : null,
    computed ? text("unit", "Unit", "", "dollars per year") : null,
    text("by", computed ? "Consumption, for the comparison of prices" : "Depends on", "Fusion variables, separated by commas", data.chosen[0]),
    computed ? null : text("donors", "Only from donors where", "A condition on donor households; empty takes all", "np >= 2"),
    pick("price", "Known local price to compare with", [["", "none"], ...data.prices.map((name) => [name, name])], "Spending divided by consumption is compared with it, area by area, when the run has finished"),
    button("Add to the second stage", add, { class: "small", "data-focus": "stage add" }));
}
