// The page: a bar with the two views, and the sections of the view that is open.
export function render({ model, el }) {
  const send = (message) => model.send_msg(message);
  const top = h("div", { class: "toolbar" });
  const message = h("div", { class: "notice", role: "alert", hidden: true });
  const left = h("div", { class: "column left" });
  const middle = h("div", { class: "column" });
  const right = h("div", { class: "column" });
  const table = h("div", { class: "column" });
  const detail = h("div", { class: "column" });
  const builder = h("div", { class: "grid builder" }, left, middle, right);
  const runs = h("div", { class: "grid overview" }, table, detail);
  el.append(h("div", { class: "page" }, top, message, builder, runs));

  const showDetail = () => fill(detail, detailSection(model.detail, send, showDetail));
  const draw = {
    toolbar: () => fill(top, toolbar(model.toolbar, send)),
    undo: () => draw.notice(),
    notice: () => { message.hidden = !model.notice; fill(message, h("span", {}, model.notice), model.undo ? button("Undo", () => send({ action: "restore", id: model.undo }), { class: "small", "data-focus": "undo" }) : null, button("×", () => send({ action: "dismiss" }), { class: "quiet", "aria-label": "Dismiss" })); },
    variables: () => fill(left, pickerSection(model.variables, model.picker, send)),
    picker: () => fill(left, pickerSection(model.variables, model.picker, send)),
    predictors: () => fill(middle, predictorSection(model.predictors, send)),
    settings: () => fill(right, settingsSection(model.settings, model.stages, model.cost, send, draw.settings)),
    stages: () => draw.settings(),
    cost: () => draw.settings(),
    runs: () => fill(table, runsSection(model.runs, send, draw.runs)),
    // A question under way is not wiped out by the next tick of the progress.
    detail: () => { if (!detail.querySelector("[data-answer]") || detail.firstChild.dataset.status !== model.detail.status || detail.firstChild.dataset.id !== model.detail.id) showDetail(); },
    view: () => { builder.hidden = model.view !== "new"; runs.hidden = model.view !== "runs"; },
  };
  for (const [name, act] of Object.entries(draw)) {
    act();
    model.on(name, act);
  }
}

function toolbar(data, send) {
  const tab = (view, title) => button(title, () => send({ action: "view", view }), {
    class: data.view === view ? "on" : "", "aria-pressed": String(data.view === view), "data-focus": `view ${view}` });
  return [
    h("div", { class: "segments", role: "group", "aria-label": "View" }, tab("new", "New run"), tab("runs", data.runs_title)),
    data.view === "new" ? h("label", { class: "inline pair" }, "Donor → recipient",
      h("select", { "aria-label": "Survey pair", "data-focus": "pair",
        onchange: (event) => send({ action: "pair", id: event.target.value }) },
      data.pairs.map((pair) => h("option", { value: pair.id, selected: pair.id === data.pair }, pair.title)))) : null,
    data.view === "new" && data.recipes.length ? h("label", { class: "inline recipe" }, "Recipe",
      h("select", { "aria-label": "Recipe", "data-focus": "recipe",
        onchange: (event) => { if (event.target.value) send({ action: "recipe", name: event.target.value }); event.target.value = ""; } },
      h("option", { value: "" }, "choose its variables …"),
      data.recipes.map((recipe) => h("option", { value: recipe.name }, recipe.title)))) : null,
    data.view === "new" ? h("span", { class: "muted clip" }, data.sizes) : null,
  ];
}
