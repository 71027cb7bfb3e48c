// Presets, every setting behind them, the cost, and the start.
const opened = { settings: false };

function settingsSection(data, stages, cost, send, redraw) {
  return h("section", { class: "card fill", "aria-label": "Settings and start" },
    h("header", {}, h("h2", {}, "How")),
    h("div", { class: "rows pad", "data-scroll": "settings" },
      h("div", { class: "segments", role: "group", "aria-label": "Preset" }, data.presets.map((preset) =>
        button(preset.title, () => send({ action: "preset", name: preset.name }), {
          class: preset.name === data.preset ? "on" : "", "aria-pressed": String(preset.name === data.preset),
          title: preset.help, "data-focus": `preset ${preset.name}` }))),
      h("p", { class: "muted small" }, data.explanation),
      h("div", { class: "pair-of-fields" },
        option("implicates", "Implicates", data.implicates, "How often every household is simulated", send),
        option("seed", "Seed", data.seed, "The same seed gives the same numbers; a new one is drawn for every run", send)),
      choice("out_of_fold", "Also check with households the model has not seen", data.unseen, data.unseen_choices,
        "The usual validation asks the model about households it was trained on. This one trains again without a part of them, and asks about that part.", send),
      option("known_answers", "Known answers", data.known_answers, "0 leaves the check out; 4 is usual.", send),
      h("p", { class: "muted small" }, "This many predictors are hidden in turn, fused, and compared with what the recipient itself says."),
      option("name", "Name of the run", data.name, "", send, data.placeholder),
      data.error ? h("p", { class: "error", role: "alert" }, data.error) : null,
      stagesSection(stages, send, redraw),
      allSettings(data, send)),
    h("div", { class: "start" }, costBox(cost),
      button("Start", () => send({ action: "start" }), { class: "primary wide", disabled: !cost.ready, "data-focus": "start" })));
}

function option(name, title, value, help, send, placeholder) {
  return h("label", { class: "field", title: help }, h("span", {}, title),
    h("input", { type: "text", value, placeholder: placeholder || "", "data-focus": `option ${name}`, "data-option": name,
      onchange: (event) => send({ action: "option", name, text: event.target.value }) }));
}

function choice(name, title, value, choices, help, send) {
  return h("label", { class: "field", title: help }, h("span", {}, title),
    h("select", { "data-focus": `option ${name}`, "data-option": name, onchange: (event) => send({ action: "option", name, text: event.target.value }) },
      choices.map(([given, words]) => h("option", { value: given, selected: given === value }, words))));
}

function allSettings(data, send) {
  const box = h("details", { ontoggle: (event) => { opened.settings = event.target.open; } },
    h("summary", {}, "Every setting"),
    data.groups.map((group) => h("fieldset", {}, h("legend", {}, group.title), group.fields.map((field) => settingField(field, send)))));
  if (opened.settings) box.open = true;
  return box;
}

function settingField(field, send) {
  const change = (event) => send({ action: "setting", name: field.name, text: event.target.value });
  const attributes = { "data-focus": `setting ${field.name}`, "data-setting": field.name, onchange: change };
  const input = field.choices.length
    ? h("select", attributes, field.choices.map(([value, words]) => h("option", { value, selected: value === field.value }, words)))
    : h("input", { type: "text", value: field.value, ...attributes });
  return h("label", { class: field.wide ? "setting wide" : "setting" }, h("span", {}, field.title, h("span", { class: "muted small block-line" }, field.help)), input);
}

function costBox(cost) {
  if (cost.message) return h("p", { class: cost.bad ? "error" : "hint", role: "status" }, cost.message);
  return h("div", { class: "cost", role: "status", title: cost.detail },
    [["time", cost.time], ["memory", cost.memory], ["disk", cost.disk]].map(([what, value]) =>
      h("span", {}, h("b", {}, value), h("span", { class: "muted small" }, what))),
    h("span", { class: "muted small full" }, cost.detail));
}
