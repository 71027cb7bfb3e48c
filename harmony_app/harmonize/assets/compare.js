// Vintages side by side: a row per harmony, a column per vintage, and what a cell does otherwise.
import { fold, h, matches, meets, setText, words } from "./dom.js";

const MARKS = { reference: "●", identical: "●", recoded: "●", extended: "◐", different: "≠" };
const WORDS = { reference: "compared with", identical: "the same", recoded: "the same, coded differently", extended: "the same where levels are shared", different: "differs" };

export function createCompare(actions) {
  let content = null;
  let keys = [];
  let query = [];
  let onlyDiffering = false;
  let shown = null;

  const back = h("button", { type: "button", onclick: () => actions.back() }, "← All harmonies");
  const search = h("input.search", { type: "search", placeholder: "filter", "aria-label": "Filter harmonies", oninput: () => { query = words(search.value); draw(); } });
  const differing = h("input", { type: "checkbox", onchange: () => { onlyDiffering = differing.checked; draw(); } });
  const status = h("span.muted", { role: "status", "aria-live": "polite" });
  const head = h("div.overview-tools", {}, back, h("h2", {}, "Compare vintages"), status, h("span.space"), h("label.check", {}, differing, "only where they differ"), search);
  const legend = h("div.matrix-legend", {}, ...["identical", "recoded", "extended", "different"].map((verdict) => h("span.legend-entry", {}, h("span", { class: `mark is-${verdict}` }, MARKS[verdict]), WORDS[verdict])), h("span.legend-entry", {}, h("span.mark", {}, "–"), "not there"));
  const table = h("div.matrix-scroll", { tabindex: 0, "aria-label": "Harmonies by vintage" });
  const detail = h("div.matrix-detail", { hidden: true });
  const element = h("div.compare", { hidden: true }, head, legend, h("div.matrix-body", {}, table, detail));

  function start(only) {
    keys = only;
    content = null;
    shown = null;
    detail.hidden = true;
    table.replaceChildren(...Array.from({ length: 8 }, () => h("div.placeholder-row")));
    setText(status, "Comparing …");
    actions.send({ kind: "compare_vintages", keys });
  }

  function receive(reply) {
    content = reply;
    content.rows.forEach((row, at) => { row.at = at; row.text = fold(Object.values(row.cells).map((cell) => cell.key).join(" ")); });
    onlyDiffering = differing.checked;
    draw();
  }

  function draw() {
    if (!content) return;
    const rows = content.rows.filter((row) => matches(row.text, query) && (!onlyDiffering || row.differs));
    const count = content.rows.filter((row) => row.differs).length;
    setText(status, content.pairs.length < 2 ? "" : `${count} of ${content.rows.length} differ in some vintage`);
    if (content.pairs.length < 2) { table.replaceChildren(h("p.empty", {}, "No other vintage of these surveys has harmonies yet.")); return; }
    const header = h("tr", {}, h("th", { scope: "col" }, "harmony"), ...content.pairs.map((pair) => h("th", { scope: "col", class: pair.id === content.pair ? "own" : "" }, h("div", {}, pair.donor), h("div", {}, pair.recipient))));
    table.replaceChildren(rows.length ? h("table.matrix", {}, h("thead", {}, header), h("tbody", {}, ...rows.map(line))) : h("p.empty", {}, onlyDiffering ? "No harmony differs." : "No harmony passes the filter."));
  }

  function line(row) {
    return h("tr", {}, h("th.mono", { scope: "row" }, row.key), ...content.pairs.map((pair) => cell(row, pair)));
  }

  function cell(row, pair) {
    const found = row.cells[pair.id];
    if (!found) return h("td.absent", { title: `${pair.title} has no such harmony` }, "–");
    const renamed = found.key !== row.key ? ` as ${found.key}` : "";
    const wording = `${WORDS[found.verdict]}${renamed}${found.text && found.verdict === "different" ? `: ${found.text}` : ""}`;
    if (found.verdict === "reference") return h("td", { title: "The others are compared with this one" }, h("span.mark.is-reference", {}, MARKS.reference));
    return h("td", {}, h("button", { type: "button", class: `cell-button is-${found.verdict}`, title: wording, "aria-label": `${row.key}, ${pair.title}: ${wording}`, onclick: (event) => open(row, pair, event.currentTarget) },
      MARKS[found.verdict], renamed ? h("span.renamed", {}, found.key) : null));
  }

  function open(row, pair, button) {
    for (const other of table.querySelectorAll(".cell-button[aria-pressed]")) other.removeAttribute("aria-pressed");
    button.setAttribute("aria-pressed", "true");
    shown = { row, pair };
    detail.hidden = false;
    detail.replaceChildren(h("h3.mono", {}, row.cells[pair.id].key), h("p.muted", {}, "Comparing …"));
    actions.send({ kind: "vintage_cell", row: row.at, pair: pair.id });
  }

  function showCell(reply) {
    if (!shown || reply.row !== shown.row.at || reply.pair !== shown.pair.id) return;
    const rank = (row) => (row.differs ? 0 : row.lone ? 1 : 2);
    const ordered = reply.rows.map((row, at) => ({ row, at })).sort((a, b) => rank(a.row) - rank(b.row) || a.at - b.at).map(({ row }) => row);
    const important = ordered.filter((row) => rank(row) < 2);
    const others = ordered.filter((row) => rank(row) === 2);
    const body = h("tbody", {}, ...reply.settings.map(([what, here, there]) => h("tr.differs", {}, h("th", { scope: "row", dir: "auto" }, what), h("td", { dir: "auto" }, here), h("td", { dir: "auto" }, there))), ...important.map(level));
    const rest = others.length ? h("button.link", { type: "button", onclick: () => { body.append(...others.map(level)); rest.remove(); } }, `Show ${others.length} that agree`) : null;
    const isSame = ["identical", "recoded"].includes(shown.row.cells[reply.pair].verdict);
    const taking = !isSame && (shown.row.reference === content.pair || !shown.row.cells[content.pair])
      ? h("button.primary", { type: "button", title: "It becomes your draft in the open pair; nothing is saved yet", onclick: () => actions.send({ kind: "take_grouping", row: reply.row, pair: reply.pair }) }, "Take this grouping here") : null;
    const changes = reply.settings.length || reply.rows.length ? h("table.changes", {}, h("thead", {}, h("tr", {}, h("td"), h("th", {}, reply.here), h("th", {}, reply.there))), body) : null;
    detail.replaceChildren(...[h("div.card-head", {}, h("h3.mono", {}, shown.row.cells[reply.pair].key), h("button.icon", { type: "button", "aria-label": "Close", onclick: () => { detail.hidden = true; shown = null; } }, "×")),
      h("p", {}, reply.text), taking, changes, rest].filter(Boolean));
    detail.scrollTop = 0;
  }

  function level(row) {
    return h("tr", { class: row.differs ? "differs" : "" }, h("th", { scope: "row", dir: "auto" }, h("span.kind", {}, row.side), " ", row.level), h("td", {}, ...meets(row.here || "not a level", row.here_meets)),
      h("td", {}, ...meets(row.there || "not a level", row.there_meets), row.recoded ? h("span.kind", {}, " same") : null));
  }

  return { element, start, answers: { vintages: receive, vintage_cell: showCell } };
}
