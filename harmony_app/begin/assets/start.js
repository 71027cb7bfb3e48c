// The start page: four ways to begin. All texts are set as text, never as markup.
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element[name] = value;
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

function field(label, name, value, help) {
  return h("label", {}, h("span", {}, label),
    h("input", { name, value, autocomplete: "off", spellcheck: "false", placeholder: help ?? "" }));
}

export function render({ model, el }) {
  const problems = {};

  function way(key, title, text, fields, action) {
    problems[key] = h("p", { class: "problem", role: "alert", hidden: true });
    const form = h("form", { class: "way-card", "data-way": key, "aria-label": title }, h("h3", {}, title), h("p", {}, text),
      ...fields, problems[key], h("button", { type: "submit" }, action));
    form.onsubmit = (event) => {
      event.preventDefault();
      model.send_msg({ way: key, ...Object.fromEntries(new FormData(form)) });
    };
    return form;
  }

  const busy = h("p", { role: "status" });
  const bar = h("progress", { max: 1, "aria-label": "Progress" });
  const waiting = h("div", { class: "waiting", hidden: true }, busy, bar);
  const ways = h("fieldset", {},
    way("demo", "Open the demo",
      `A fictional state with generated surveys, harmonies and maps, to try every page on. It is built in ${model.folders.demo} the first time, which takes some seconds.`,
      [], "Open the demo"),
    way("own", "Start your own",
      "A new workspace for your surveys. Their files stay where they are; what you import is kept in this folder.",
      [field("Title", "title", "", "Such as Energy burden 2024"), field("New or empty folder", "folder", model.folders.own)], "Start"),
    way("folder", "Open a folder",
      "An existing workspace: yours, or one that a colleague shares with you.",
      [field("Folder", "folder", "", "Path of a folder with a workspace.json")], "Open"),
    way("data", "Open a published data set",
      "Fused data that somebody published: maps and margins of error without the donor or the models. Checksums are verified first.",
      [field("Folder of the data set", "source", "", "Path of a folder with a dataset.json or combination.json"),
        field("Workspace folder, new or existing", "folder", model.folders.data)], "Open the data"));
  el.append(h("section", { class: "start" }, h("h2", {}, "How would you like to begin?"),
    h("p", { class: "lead" }, "Harmony fuses the answers of one survey onto the households of another, and maps them with honest margins of error."),
    ways, waiting, ...(model.back ? [h("p", { class: "back" }, h("a", { href: "begin" }, `Back to ${model.back}`))] : [])));

  function showProblem() {
    for (const [key, element] of Object.entries(problems)) {
      element.textContent = model.problem.way === key ? model.problem.text : "";
      element.hidden = !element.textContent;
    }
  }

  function showBusy() {
    ways.disabled = Boolean(model.busy);
    waiting.hidden = !model.busy;
    busy.textContent = model.busy;
    bar.value = model.share;
  }

  function leave() {
    if (model.chosen) window.location.assign(model.chosen);
  }

  model.on("problem", showProblem);
  model.on("busy", showBusy);
  model.on("share", showBusy);
  model.on("chosen", leave);
  showProblem();
  showBusy();
  leave();
}
