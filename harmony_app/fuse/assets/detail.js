// One run: steps, progress, what to do next, what was asked for, and the log.
const shown = { log: false, settings: false, removed: false, naming: null };

function detailSection(data, send, redraw) {
  if (!data.id) {
    return h("section", { class: "card fill empty" }, h("h2", {}, "Choose a run"), h("p", {}, data.message || "Its progress, settings, notes and downloads are shown here."));
  }
  return h("section", { class: "card fill", "aria-label": `Run ${data.name}`, "data-status": data.status, "data-id": data.id },
    runTitle(data, send, redraw),
    h("div", { class: "rows pad", "data-scroll": `detail ${data.id}` },
      stepsBar(data), progressLine(data), actions(data, send), skills(data.skills), nextSteps(data), notesList(data), facts(data.facts), folded("settings", "Every setting", facts(data.settings)),
      folded("log", `Log (${data.log.length})`, h("pre", { class: "log", "data-scroll": "log", tabindex: "0" }, data.log.join("\n")))));
}

function runTitle(data, send, redraw) {
  const stop = () => { shown.naming = null; redraw(); };
  if (shown.naming === data.id) {
    const box = h("input", { type: "text", value: data.name, maxlength: 100, "aria-label": "New name", "data-focus": "rename" });
    const save = () => { stop(); if (box.value.trim() !== data.name) send({ action: "rename", id: data.id, name: box.value }); };
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter") save();
      if (event.key === "Escape") stop();
    });
    return h("header", {}, box, button("Save", save, { class: "primary small" }),
      button("Keep the name", stop, { class: "small" }));
  }
  return h("header", {}, h("h2", { class: "clip", title: data.name }, data.name), chip(data.status_text, data.tone),
    h("span", { class: "right" }, button("rename", (event) => {
    const root = event.target.getRootNode();
    shown.naming = data.id;
    redraw();
    const box = root.querySelector('[data-focus="rename"]');
    box.focus();
    box.select();
  }, { class: "quiet" })));
}

function stepsBar(data) {
  return h("ol", { class: "stages" }, data.stages.map((stage) =>
    h("li", { class: stage.state, "aria-current": stage.state === "now" ? "step" : null },
      h("span", { class: "dot", "aria-hidden": "true" }, stage.state === "done" ? "✓" : stage.state === "bad" ? "!" : ""),
      h("span", {}, stage.title), h("span", { class: "muted small" }, stage.took))));
}

function progressLine(data) {
  const sentence = h("p", { class: data.status === "failed" ? "error" : "sentence", role: "status" }, data.message);
  if (!data.active || data.waiting) return sentence;
  return h("div", {}, h("div", { class: "progress" }, bar(data.progress, "big", `${Math.round(data.progress * 100)} % done`),
    h("b", {}, `${Math.round(data.progress * 100)} %`), h("span", { class: "muted" }, data.left)), sentence);
}

function actions(data, send) {
  const act = (action) => () => send({ action, id: data.id });
  return h("div", { class: "actions" },
    data.active ? (data.cancelling ? h("span", { class: "muted" }, "Stopping …")
      : data.waiting ? button("Leave the line", act("cancel"), { "data-focus": "cancel" })
        : confirmButton("Cancel run", "Stop this run?", "Stop it", "Keep running", act("cancel"), { class: "danger-line", "data-focus": "cancel" })) : null,
    data.can_resume ? button("Resume", act("resume"), { class: "primary", title: "Finished steps are not repeated" }) : null,
    button("Clone settings", act("clone"), { title: "Build a new run from these settings" }),
    data.active ? null : button("Delete", act("delete"), { title: "With everything it made; it can be restored for a day", "data-focus": "delete" }));
}

function nextSteps(data) {
  if (!data.links.length && !data.downloads.length) return null;
  return h("div", { class: "next" },
    data.links.map((link) => h("a", { class: "button primary", href: link.href }, link.title)),
    data.downloads.map((item) => h("a", { class: "button", href: item.href, download: true, title: item.help }, `↓ ${item.title}`)));
}

// How well each variable is predicted, as soon as its model is there.
function skills(rows) {
  if (!rows.length) return null;
  return h("div", { class: "skills" },
    h("h3", {}, "Skill in households held out"),
    h("p", { class: "muted small" }, "How far the models reduce the error of the best constant prediction: 0 means no better than the constant, 1 means exact."),
    h("ul", { "data-scroll": "skills", tabindex: "0", "aria-label": "Skill of each variable" }, rows.map((row) => h("li", {}, h("span", { class: "clip", title: row.name }, row.name),
      bar(row.share, "", `Skill of ${row.name}: ${row.skill}`), h("span", { class: "num" }, row.skill)))));
}

function notesList(data) {
  if (!data.notes.length) return null;
  return h("div", { class: "notes" }, h("h3", {}, "What to know"), h("ul", {}, data.notes.map((note) => h("li", note.startsWith("Warning: ") ? { class: "warning" } : {}, note))));
}

function facts(pairs) {
  return h("dl", { class: "facts" }, pairs.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

function folded(key, title, content) {
  const box = h("details", { ontoggle: (event) => { shown[key] = event.target.open; } }, h("summary", { "data-focus": key }, title), content);
  if (shown[key]) box.open = true;
  return box;
}
