// Differences of two versions as a table; many levels that moved alike are one row to unfold.
import { h } from "./dom.js";

const ROWS_SHOWN = 12;

/** What a row is about; levels summed up in it unfold. */
export function subject(what, levels) {
  if (!levels?.length) return h("span", { dir: "auto" }, what);
  return h("details.unfold", {}, h("summary", { dir: "auto" }, what), h("ul", {}, ...levels.map((level) => h("li", { dir: "auto" }, level))));
}

/** A table of changes: what, before, after. */
export function changesTable(list) {
  const rows = list.map(([what, before, after, levels]) => h("tr", {},
    h("th", { scope: "row" }, subject(what, levels)), h("td", { dir: "auto" }, before), h("td.arrow", {}, "→"), h("td", { dir: "auto" }, after)));
  const hidden = rows.slice(ROWS_SHOWN);
  hidden.forEach((row) => { row.hidden = true; });
  const more = h("button.link", { type: "button", onclick: () => { hidden.forEach((row) => { row.hidden = false; }); more.remove(); } }, `Show ${hidden.length} more`);
  return h("div", {}, h("table.changes", {}, h("tbody", {}, ...rows)), hidden.length ? more : null);
}
