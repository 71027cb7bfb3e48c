// "What to fuse": the donor's variables with a search box, and the chosen ones in order.
const SHOWN_AT_MOST = 400;
const picked = { search: "", marked: new Set(), dragged: null };

function pickerSection(variables, data, send) {
  return [variableList(variables, data, send), chosenList(data, send)];
}

function variableList(variables, data, send) {
  const chosen = new Map(data.chosen);
  const asRow = (item) => variableRow(item, chosen, send);
  const rows = h("div", { class: "rows", "data-scroll": "variables", role: "group", "aria-label": "Variables to choose" });
  const count = h("span", { class: "muted" });
  const show = () => {
    const words = picked.search.toLowerCase().split(/\s+/).filter(Boolean);
    const found = variables.filter((item) => words.every((word) => item.search.includes(word)));
    count.textContent = words.length ? `${found.length} of ${variables.length}` : `${found.length}`;
    const some = found.slice(0, SHOWN_AT_MOST);
    const only = some.filter((item) => !item.shared);
    const both = some.filter((item) => item.shared);
    rows.replaceChildren(...only.map(asRow));
    if (both.length) {
      rows.append(h("h3", { class: "group" }, "Asked by both surveys, used as predictors"));
      rows.append(...both.map(asRow));
    }
    if (!found.length) {
      rows.append(h("p", { class: "hint" }, "No variable matches. Try another word of its question or its name."));
    }
    if (found.length > SHOWN_AT_MOST) {
      rows.append(h("p", { class: "hint" }, `${found.length - SHOWN_AT_MOST} more: type to narrow the list.`));
    }
  };
  const box = h("input", {
    type: "search", placeholder: "Search variables …", "aria-label": "Search donor variables",
    "data-focus": "search", value: picked.search,
    oninput: (event) => { picked.search = event.target.value; show(); },
  });
  show();
  return h("section", { class: "card grow", "aria-label": "Donor variables" },
    h("header", {}, h("h2", {}, "What to fuse"), count), box, rows);
}

function variableRow(item, chosen, send) {
  const on = chosen.has(item.name);
  const note = chosen.get(item.name);
  const toggle = () => send({ action: on ? "remove" : "add", name: item.name });
  return h("button", {
    type: "button", class: `variable ${on ? "chosen" : ""}`,
    "data-focus": `variable ${item.name}`, "data-variable": item.name,
    "aria-pressed": String(on), title: item.description, onclick: toggle,
  },
  h("span", { class: "tick", "aria-hidden": "true" }, on ? "✓" : "+"),
  h("span", { class: "words" },
    h("span", { class: "line" }, h("b", {}, item.name), chip(item.kind, item.tone)),
    h("span", { class: "muted clip" }, item.description || "no description"),
    note ? h("span", { class: "warn small block-line" }, note) : null));
}

function chosenList(data, send) {
  for (const place of [...picked.marked]) if (place >= data.steps.length) picked.marked.delete(place);
  const rows = h("ol", { class: "rows steps", "data-scroll": "steps" });
  const build = button("Build a block", () => {
    const places = [...picked.marked];
    picked.marked.clear();
    send({ action: "block", places });
  }, { class: "small", disabled: true, "data-focus": "block",
       title: "The values of a block are copied together from one donor household" });
  const mark = (place, on) => {
    if (on) picked.marked.add(place); else picked.marked.delete(place);
    build.disabled = picked.marked.size < 2;
  };
  build.disabled = picked.marked.size < 2;
  data.steps.forEach((step, place) => rows.append(stepRow(step, place, data.steps.length, mark, send)));
  const hint = data.steps.length ? null : h("p", { class: "hint" },
    "Choose variables from the list above. Each is fused given the predictors and those before it; variables that belong together – shares that sum to one – go into a block.");
  const suggest = h("label", { class: "inline", title: "Variables that help to predict others come first" },
    h("input", { type: "checkbox", checked: data.suggest, "data-focus": "suggest",
      onchange: (event) => send({ action: "order", suggest: event.target.checked }) }),
    "suggest the order");
  return h("section", { class: `card ${data.steps.length ? "chosen-card" : ""}`, "aria-label": "Chosen fusion variables" },
    h("header", {}, h("h2", {}, "Chosen, in order"), h("span", { class: "muted" }, `${data.chosen.length}`)),
    hint ?? rows,
    data.steps.length ? h("footer", {}, build, suggest) : null);
}

function stepRow(step, place, count, mark, send) {
  const move = (to) => send({ action: "move", start: place, to });
  const row = h("li", {
    class: `step ${step.names.length > 1 ? "block" : ""}`, draggable: "true", "data-step": place,
    ondragstart: (event) => { picked.dragged = place; event.dataTransfer.effectAllowed = "move"; },
    ondragover: (event) => { event.preventDefault(); row.classList.add("over"); },
    ondragleave: () => row.classList.remove("over"),
    ondrop: (event) => {
      event.preventDefault();
      row.classList.remove("over");
      if (picked.dragged !== null && picked.dragged !== place) send({ action: "move", start: picked.dragged, to: place });
      picked.dragged = null;
    },
  },
  h("input", { type: "checkbox", checked: picked.marked.has(place), "aria-label": `Mark ${step.names[0].name} for a block`,
    "data-focus": `mark ${place}`, onchange: (event) => mark(place, event.target.checked) }),
  h("span", { class: "number" }, place + 1),
  h("span", { class: "words" },
    step.names.length > 1 ? h("span", { class: "muted small" }, "block, drawn together") : null,
    step.names.map((item) => h("span", { class: "line" }, h("b", {}, item.name), chip(item.kind, item.tone),
      h("button", { type: "button", class: "quiet", "aria-label": `Do not fuse ${item.name}`, title: "Do not fuse",
        onclick: () => send({ action: "remove", name: item.name }) }, "×")))),
  h("span", { class: "moves" },
    step.names.length > 1 ? button("open", () => send({ action: "open", place }), { class: "quiet", title: "Open the block" }) : null,
    h("button", { type: "button", class: "quiet", "aria-label": `Move ${step.names[0].name} up`, "data-focus": `up ${place}`,
      disabled: place === 0, onclick: () => move(place - 1) }, "↑"),
    h("button", { type: "button", class: "quiet", "aria-label": `Move ${step.names[0].name} down`, "data-focus": `down ${place}`,
      disabled: place === count - 1, onclick: () => move(place + 1) }, "↓")));
  return row;
}
