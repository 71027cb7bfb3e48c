// How far the work is: a row per theme, a column per vintage of the recipient.
import { h, percent, setText } from "./dom.js";

export function createCoverage(actions) {
  const back = h("button", { type: "button", onclick: () => actions.back() }, "← All harmonies");
  const status = h("span.muted", { role: "status", "aria-live": "polite" });
  const table = h("div.matrix-scroll", { tabindex: 0, "aria-label": "Variables harmonized by theme" });
  const element = h("div.coverage-view", { hidden: true }, h("div.overview-tools", {}, back, h("h2", {}, "Coverage by theme"), status), table);

  function start() {
    table.replaceChildren(...Array.from({ length: 8 }, () => h("div.placeholder-row")));
    setText(status, "Counting …");
    actions.send({ kind: "coverage" });
  }

  function receive({ pair, donor, pairs, rows }) {
    pairs = [...pairs.filter(({ id }) => id === pair), ...pairs.filter(({ id }) => id !== pair)]; // the open one is seen first
    setText(status, `of the variables of ${donor}, judged from their descriptions · ⊘ set aside · ○ to review · ! sent back by a reviewer`);
    const all = { theme: "", total: sum(rows, (row) => row.total), cells: Object.fromEntries(pairs.map(({ id }) => [id, total(rows, id)])) };
    const header = h("tr", {}, h("th", { scope: "col" }, "theme"), h("th", { scope: "col" }, "variables"), ...pairs.map((item) => h("th", { scope: "col", class: item.id === pair ? "own" : "" }, item.recipient)));
    table.replaceChildren(h("table.matrix.coverage-table", {}, h("thead", {}, header), h("tbody", {}, ...[all, ...rows].map((row) =>
      h("tr", { class: row === all ? "all-themes" : "" }, h("th", { scope: "row" }, row.theme || "all themes"), h("td.num", {}, String(row.total)), ...pairs.map((item) => cell(row, item)))))));
  }

  const sum = (items, of) => items.reduce((before, item) => before + of(item), 0);
  const total = (rows, id) => Object.fromEntries(["done", "aside", "to_review", "needs_work"].map((key) => [key, sum(rows, (row) => row.cells[id][key])]));

  function cell(row, { id, recipient }) {
    const { done, aside, to_review: waiting, needs_work: back } = row.cells[id];
    const share = row.total ? done / row.total : 0;
    const parts = [`${done} harmonized`, ...(aside ? [`${aside} set aside`] : []), `${row.total - done - aside} undecided`, ...(waiting ? [`${waiting} to review`] : []), ...(back ? [`${back} sent back`] : [])];
    const notes = [...(aside ? [`${aside} ⊘`] : []), ...(waiting ? [`${waiting} ○`] : []), ...(back ? [`${back} !`] : [])].join(" ");
    return h("td", {}, h("button.coverage-cell", { type: "button", title: `${parts.join(", ")}. Opens the variables of ${row.theme || "all themes"}.`, "aria-label": `${row.theme || "all themes"}, ${recipient}: ${parts.join(", ")}`, onclick: () => actions.openTheme(id, row.theme) },
      h("span.coverage-numbers", {}, h("strong", {}, String(done)), h("span.muted", {}, done ? percent(share) : ""), h("span.coverage-notes", {}, notes)),
      h("span.coverage-bar", {}, h("span", { style: { width: `${100 * share}%` } }), h("span.aside", { style: { width: `${row.total ? (100 * aside) / row.total : 0}%` } }))));
  }

  return { element, start, answers: { coverage: receive } };
}
