// All recodes: what each groups, who uses it, and the way to edit it.
import { fold, h, matches, when, words } from "./dom.js";

export function createRecodeList(actions) {
  let recodes = [];
  const search = h("input.search", { type: "search", placeholder: "Search recodes", "aria-label": "Search all recodes", oninput: draw,
    onkeydown: (event) => { if (event.key === "Enter") { event.preventDefault(); rows.querySelector("button.recode-title")?.click(); } } });
  const title = h("input", { type: "text", maxlength: 120, placeholder: "Name of a new recode", "aria-label": "Name of a new recode", dir: "auto",
    onkeydown: (event) => { if (event.key === "Enter") { event.preventDefault(); begin(); } } });
  const rows = h("tbody");
  const table = h("table.matrix", {}, h("thead", {}, h("tr", {}, ...["Recode", "Classes", "Answers", "Used by", "By"].map((text) => h("th", { scope: "col", title: text === "By" ? "Standard ones come with the program" : null }, text)))), rows);
  const element = h("div.recode-all", {}, h("div.recode-tools", {}, search, h("span.space"), title, h("button", { type: "button", onclick: begin }, "New recode")), h("div.matrix-scroll", { tabindex: 0, "aria-label": "Recodes" }, table));

  function begin() { if (title.value.trim()) { actions.send({ kind: "recode_new", title: title.value.trim() }); title.value = ""; } else title.focus(); }

  function draw() {
    const wanted = words(search.value);
    const shown = recodes.filter((item) => matches(fold(`${item.name} ${item.title} ${item.classes.join(" ")}`), wanted));
    rows.replaceChildren(...shown.map((item) => h("tr", {},
      h("th", { scope: "row" }, h("button.link.recode-title", { type: "button", dir: "auto", onclick: () => actions.send({ kind: "recode_view", name: item.name }) }, item.title), item.draft ? h("span.chip.static", {}, "unsaved edits") : null),
      h("td.recode-classes", { dir: "auto" }, item.classes.join(" · ")), h("td.num", {}, String(item.answers)),
      h("td", {}, item.uses ? `${item.uses} side${item.uses > 1 ? "s" : ""}` : "–"),
      h("td", {}, item.standard ? "standard" : item.by ? `${item.by}, ${when(item.modified)}` : "–"))));
    if (!shown.length) rows.append(h("tr", {}, h("td.muted", { colspan: 5 }, "No recode has these words.")));
  }

  return { element, focus: () => search.focus(), update(next) { recodes = [...next].sort((a, b) => b.uses - a.uses || a.title.localeCompare(b.title)); draw(); } };
}
