// The table of all harmonies: sorted by any column, filtered as one types, rows ticked for actions.
import { fold, h, likeness, matches, setText, words } from "./dom.js";

const STATUS_WORDS = { saved: "saved", draft: "draft", attention: "attention" };
const REVIEW_SIGNS = { reviewed: "✓", "needs work": "!" };
const COLUMNS = [
  { id: "donor", title: "donor variable", filter: "text" },
  { id: "recipient", title: "recipient variable", filter: "text" },
  { id: "pair", title: "surveys", filter: "text", only: "all" },
  { id: "status", title: "status", filter: ["", "saved", "draft", "attention", "to review", "reviewed", "needs work"] },
  { id: "kind", title: "kind", filter: "text" },
  { id: "groups", title: "groups", numeric: true },
  { id: "similarity", title: "similarity", numeric: true },
  { id: "findings", title: "findings", filter: ["", "error", "warning", "none"] },
  { id: "saved", title: "saved" },
];
const FINDING_WORDS = { "": "any", error: "errors", warning: "errors or warnings", none: "none" };

export function createHarmonyTable(actions, onSelect) {
  let rows = [];
  let titles = {};
  let scope = "pair";
  let sort = { id: "donor", down: false };
  let cursor = null;
  let anchor = null;
  const filters = {};
  const ticked = new Set();

  const all = h("input", { type: "checkbox", "aria-label": "Select all shown rows", onchange: () => tickAll(all.checked) });
  const heads = COLUMNS.map((column) => {
    const button = h("button.head-button", { type: "button", onclick: () => sortBy(column.id) }, column.title, h("span.arrow", { "aria-hidden": "true" }));
    return h("div.th", { role: "columnheader", class: `th col-${column.id}` }, button, filterFor(column));
  });
  const head = h("div.table-head", { role: "row" }, h("div.th.col-tick", { role: "columnheader" }, all), ...heads);
  const body = h("div.table-body", { role: "rowgroup" });
  const empty = h("p.empty", { hidden: true });
  const element = h("div.harmony-table", { role: "grid", "aria-label": "All harmonies", "aria-multiselectable": "true", onkeydown: onKey }, head, body, empty);

  function filterFor(column) {
    if (!column.filter) return h("span.no-filter");
    const change = (value) => { filters[column.id] = value; draw(); };
    if (column.filter === "text") return h("input", { type: "search", placeholder: "filter", "aria-label": `Filter by ${column.title}`, oninput: (event) => change(event.target.value) });
    const wording = column.id === "status" ? { "": "any", ...STATUS_WORDS } : FINDING_WORDS;
    return h("select", { "aria-label": `Filter by ${column.title}`, onchange: (event) => change(event.target.value) }, ...column.filter.map((value) => h("option", { value }, wording[value] ?? value)));
  }

  function build(row) {
    const tick = h("input", { type: "checkbox", tabindex: -1, "aria-label": `Select ${row.key}`, onclick: (event) => { event.stopPropagation(); choose(row, tick.checked, event.shiftKey); } });
    const open = () => actions.send({ kind: "open_row", pair: row.pair, key: row.key });
    const name = (side) => h("div.td", { role: "gridcell", class: `td col-${side}`, title: [row[side], row[`${side}_text`]].filter(Boolean).join(" – ") },
      h("span.mono", { dir: "auto" }, row[side]), h("span.muted", { dir: "auto" }, row[`${side}_text`]));
    row.similarityCell = h("div", { role: "gridcell", class: "td num col-similarity" });
    row.findingsCell = h("div", { role: "gridcell", class: "td col-findings" });
    row.tick = tick;
    row.text = { donor: fold(`${row.donor} ${row.donor_text}`), recipient: fold(`${row.recipient} ${row.recipient_text}`), pair: fold(titles[row.pair]), kind: fold(`${row.kind} ${row.settings} ${row.comment}`) };
    row.element = h("div.table-row", { role: "row", tabindex: -1, onclick: (event) => { if (event.target.closest(".col-tick")) return; focus(row); open(); }, onfocus: () => { cursor = row; } },
      h("div.td.col-tick", { role: "gridcell" }, tick), name("donor"), name("recipient"),
      h("div", { role: "gridcell", class: "td col-pair" }, titles[row.pair]),
      h("div", { role: "gridcell", class: `td col-status is-${row.status}` }, STATUS_WORDS[row.status] ?? row.status,
        h("span", { class: `review-sign is-${row.review.replace(" ", "-")}`, title: row.review }, REVIEW_SIGNS[row.review] ?? "")),
      h("div", { role: "gridcell", class: "td col-kind", title: [row.kind, row.settings, row.comment].filter(Boolean).join("\n") }, row.kind),
      h("div", { role: "gridcell", class: "td num col-groups" }, row.groups ? String(row.groups) : "–"),
      row.similarityCell, row.findingsCell,
      h("div", { role: "gridcell", class: "td col-saved", title: row.revision ? `revision ${row.revision}${row.by ? ` by ${row.by}` : ""}` : "" }, row.saved || "–"));
    row.open = open;
    return row;
  }

  function showChecks(checks) {
    for (const row of rows) {
      const found = checks?.[row.pair]?.[row.key];
      row.similarity = found?.similarity ?? null;
      row.gravity = found ? found.errors * 1e6 + found.warnings * 1e3 + found.hints : null;
      setText(row.similarityCell, row.similarity === null ? "–" : likeness(row.similarity));
      row.similarityCell.classList.toggle("low", row.similarity !== null && row.similarity < 0.8);
      setText(row.findingsCell, found ? findingWords(found) : "–");
      row.findingsCell.className = `td col-findings ${found?.errors ? "is-error" : found?.warnings ? "is-warning" : ""}`;
      row.findingsCell.title = found ? (found.reasons ?? []).join("\n") : row.lacking ? `Not checked: ${row.lacking} ${row.lacking.includes(" and ") ? "are" : "is"} not in this workspace` : "Not checked yet";
    }
  }

  function findingWords({ errors, warnings, hints }) {
    const parts = [[errors, "error"], [warnings, "warning"], [hints, "hint"]].filter(([times]) => times).map(([times, word]) => `${times} ${word}${times > 1 ? "s" : ""}`);
    return parts.length ? parts.slice(0, 2).join(", ") : "none";
  }

  function value(row) {
    if (sort.id === "findings") return row.gravity;
    if (sort.id === "pair") return titles[row.pair];
    return row[sort.id];
  }

  function compare(a, b) {
    const [x, y] = [value(a), value(b)];
    if (x === y) return a.donor.localeCompare(b.donor) || a.pair.localeCompare(b.pair);
    if (x === null || x === undefined || x === "") return 1;
    if (y === null || y === undefined || y === "") return -1;
    const order = typeof x === "number" ? x - y : x.localeCompare(y, "en", { numeric: true });
    return sort.down ? -order : order;
  }

  function passes(row) {
    return COLUMNS.every(({ id, filter }) => {
      const wanted = filters[id];
      if (!wanted) return true;
      if (filter === "text") return matches(row.text[id], words(wanted));
      if (id === "status") return row.status === wanted || row.review === wanted;
      if (wanted === "none") return row.gravity === 0;
      return row.gravity !== null && row.gravity >= (wanted === "error" ? 1e6 : 1e3);
    });
  }

  function draw() {
    rows.sort(compare);
    body.replaceChildren(...rows.map((row) => row.element));
    for (const row of rows) row.element.hidden = !passes(row);
    const shown = visible();
    empty.hidden = shown.length > 0;
    setText(empty, rows.length ? "No harmony passes the filters." : "No harmony is saved yet. Match a variable on the left, import a file, or transfer them from another vintage.");
    COLUMNS.forEach((column, at) => {
      heads[at].hidden = Boolean(column.only) && column.only !== scope;
      heads[at].setAttribute("aria-sort", column.id === sort.id ? (sort.down ? "descending" : "ascending") : "none");
      setText(heads[at].querySelector(".arrow"), column.id === sort.id ? (sort.down ? " ▾" : " ▴") : "");
    });
    element.classList.toggle("of-all", scope === "all");
    if (!cursor || !shown.includes(cursor)) cursor = shown[0] ?? null;
    for (const row of rows) row.element.tabIndex = row === cursor ? 0 : -1;
    report();
  }

  const visible = () => rows.filter((row) => !row.element.hidden);
  const id = (row) => `${row.pair}/${row.key}`;

  function sortBy(column) {
    sort = { id: column, down: sort.id === column ? !sort.down : COLUMNS.find((item) => item.id === column).numeric === true || column === "findings" };
    draw();
  }

  function choose(row, on, range) {
    const shown = visible();
    const [from, to] = [shown.indexOf(anchor), shown.indexOf(row)];
    const chosen = range && from >= 0 ? shown.slice(Math.min(from, to), Math.max(from, to) + 1) : [row];
    for (const item of chosen) { if (on) ticked.add(id(item)); else ticked.delete(id(item)); }
    anchor = row;
    report();
  }

  function tickAll(on) {
    for (const row of visible()) { if (on) ticked.add(id(row)); else ticked.delete(id(row)); }
    report();
  }

  function report() {
    for (const row of rows) {
      const on = ticked.has(id(row));
      row.tick.checked = on;
      row.element.setAttribute("aria-selected", String(on));
    }
    const shown = visible();
    const count = shown.filter((row) => ticked.has(id(row))).length;
    all.checked = count > 0 && count === shown.length;
    all.indeterminate = count > 0 && count < shown.length;
    onSelect(selected(), shown.length, rows.length);
  }

  function selected() { return rows.filter((row) => ticked.has(id(row)) && !row.element.hidden).map(({ pair, key }) => ({ pair, key })); }

  function focus(row) {
    if (cursor) cursor.element.tabIndex = -1;
    cursor = row;
    row.element.tabIndex = 0;
    row.element.focus();
  }

  function onKey(event) {
    if (["INPUT", "SELECT", "BUTTON"].includes(event.target.tagName) && event.target.type !== "checkbox") return;
    const shown = visible();
    const at = shown.indexOf(cursor);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15, Home: -1e9, End: 1e9 }[event.key];
    if (step !== undefined && shown.length) {
      const next = shown[Math.min(shown.length - 1, Math.max(0, at + step))];
      if (event.shiftKey && cursor) { anchor ??= cursor; choose(cursor, true, false); choose(next, true, false); }
      focus(next);
    } else if (event.key === " " && cursor) choose(cursor, !ticked.has(id(cursor)), event.shiftKey);
    else if (event.key === "Enter" && cursor) cursor.open();
    else if (event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey)) tickAll(true);
    else if (event.key === "Escape") { ticked.clear(); report(); }
    else if (event.key === "Delete" && selected().length) actions.askDelete(selected());
    else return;
    event.preventDefault();
  }

  return {
    element,
    selected,
    /** What the filters leave. */
    shown: () => visible().map(({ pair, key }) => ({ pair, key })),
    /** Saved harmonies whose similarity and findings are not known yet. */
    unchecked: () => rows.filter((row) => row.revision && !row.lacking && row.gravity === null).length,
    update(table, checks) {
      scope = table.scope;
      titles = table.titles;
      rows = table.rows.map(build);
      cursor = null;
      const known = new Set(rows.map(id));
      for (const item of [...ticked]) if (!known.has(item)) ticked.delete(item);
      showChecks(checks);
      draw();
    },
    updateChecks(checks) { showChecks(checks); if (sort.id === "similarity" || sort.id === "findings" || filters.findings) draw(); else report(); },
  };
}
