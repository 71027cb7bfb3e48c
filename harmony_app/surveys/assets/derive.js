// The form for a derived variable: what it is, built from steps or written, and how it is named.
const AGGREGATES = [["any", "whether it holds for any person"], ["all", "whether it holds for all persons"], ["count", "for how many persons it holds"],
  ["sum", "the sum over the persons"], ["mean", "the mean of the persons"], ["min", "the lowest"], ["max", "the highest"], ["reference", "the reference person's"]];

export function render({ model, el }) {
  const survey = JSON.parse(model.survey);
  const waiting = new Map();
  const levelsKnown = new Map();
  let sequence = 0;
  const given = survey.given;
  let recipe = null;
  let expression = given?.expression ?? "";
  let fine = false;

  const text = (label, placeholder) => h("input", { type: "text", "aria-label": label, placeholder, autocomplete: "off", spellcheck: "false", oninput: () => ask() });
  const name = text("Name", "e.g. insec");
  const label = text("Label", "What it measures, in words");
  const unit = text("Unit", "of a number, e.g. dollars");
  const bins = text("Bins", "e.g. 18, 65");
  const levels = text("Levels", "e.g. 1=Yes, 0=No");
  const about = h("select", { "aria-label": "Built from the answers of", onchange: () => { builder.reset(); recipe = null; expression = ""; showAggregate(); builder.update(now()); ask(); } },
    h("option", { value: "household" }, "households"), ...(survey.has_persons ? [h("option", { value: "person" }, "persons")] : []));
  const aggregate = h("select", { "aria-label": "A household gets", onchange: () => ask() },
    ...AGGREGATES.map(([value, words]) => h("option", { value }, words)), h("option", { value: "" }, "nothing: it stays a variable of persons"));
  const store = h("button.primary", { type: "button", disabled: true, onclick: () => send("store") }, given ? "Save the change" : "Add the variable");
  const cancel = h("button", { type: "button", onclick: () => model.send_msg({ kind: "cancel" }) }, "Cancel");
  const problem = h("p.match-problem", { role: "alert" });

  const visible = () => survey.variables.filter((item) => about.value === "person" || item.respondent === "household");
  const first = () => visible().find((item) => item.respondent === about.value) ?? { name: "", type: "integer" };
  const shared = {
    heading: "What it is",
    starts: ["condition", "sum"],
    columns: visible,
    numbers: () => visible().filter((item) => ["integer", "continuous"].includes(item.type)),
    describe: (wanted) => survey.variables.find((item) => item.name === wanted)?.description ?? "",
    respondent: () => about.value,
    subject: () => ({ name: first().name, numeric: true }),
    year: () => new Date().getFullYear(),
    levelsOf(wanted, then) {
      if (levelsKnown.has(wanted)) { then(levelsKnown.get(wanted)); return; }
      waiting.set(wanted, [...(waiting.get(wanted) ?? []), then]);
      model.send_msg({ kind: "levels_of", variable: wanted });
    },
  };
  const actions = {
    check: ({ text: written, sequence: number }) => { recipe = null; expression = written; asked = number; ask(); },
    edit(change) {
      if (change.kind === "recipe") { recipe = change.recipe; expression = ""; }
      else { recipe = null; expression = change.text; }
      ask();
    },
  };
  let asked;
  const builder = createRecipe("variable", actions, shared);
  const now = () => ({ adjustment: expression, recipe: recipe ?? (expression ? null : { start: { kind: "condition", condition: null }, steps: [] }), adjustment_text: "" });

  const field = (title, input, help) => h("label.derive-field", {}, h("span", {}, title), input, help ? h("span.help", {}, help) : null);
  const aggregateField = field("A household gets", aggregate, "Persons without a value are left out.");
  const element = h("div.derive", {},
    h("h2", {}, given ? `Change ${given.name} of ${survey.title}` : `Derive a variable of ${survey.title}`),
    h("div.derive-row", {}, field("Name", name), field("Label", label)),
    h("div.derive-row", {}, field("Built from the answers of", about), aggregateField),
    h("div.derive-builder", {}, builder.body),
    h("div.derive-row", {}, field("Cut a number into bins from", bins), field("Levels", levels, "Value = label, or of bins the labels in order."), field("Unit", unit)),
    problem, h("div.derive-buttons", {}, store, cancel));
  el.append(element);

  function showAggregate() { aggregateField.hidden = about.value !== "person"; }

  function message(kind) {
    const chosen = about.value === "person" ? aggregate.value : "";
    const level = about.value === "person" && !chosen ? "person" : "household";
    return { kind, sequence, recipe, expression, name: name.value, label: label.value, unit: unit.value, bins: bins.value, levels: levels.value, level, aggregate: chosen };
  }

  function send(kind) { sequence += 1; model.send_msg(message(kind)); }

  const askLater = debounce(() => send("preview"), 350);
  function ask() {
    fine = false;
    showStore();
    if (recipe || expression.trim()) askLater();
  }

  function showStore() { store.disabled = !fine || !name.value.trim(); }

  model.on("msg:custom", (reply) => {
    if (reply.kind === "levels_of") {
      const numbers = reply.levels.map(() => null);
      levelsKnown.set(reply.variable, { levels: reply.levels, numbers });
      for (const then of waiting.get(reply.variable) ?? []) then(levelsKnown.get(reply.variable));
      waiting.delete(reply.variable);
      return;
    }
    if (reply.sequence !== sequence) return;
    fine = reply.kind === "fine" || (fine && reply.kind === "written");
    if (reply.kind === "problem") setText(problem, `${reply.message}. ${reply.hint}`);
    if (reply.kind === "fine") setText(problem, "");
    showStore();
  });
  if (given) {
    about.value = given.about;
    aggregate.value = given.aggregate;
    for (const [input, value] of [[name, given.name], [label, given.label], [unit, given.unit], [bins, given.bins], [levels, given.levels]]) input.value = value;
    name.disabled = true;
    recipe = given.recipe;
    ask();
  }
  showAggregate();
  builder.update(now());
  (given ? label : name).focus();
}
