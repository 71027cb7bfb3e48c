// All harmonies: the table, what can be done with its rows, and the views that open from it.
import { createCompare } from "./compare.js";
import { createTransfer } from "./transfer.js";
import { createCoverage } from "./coverage.js";
import { IMPORTED_FILES } from "./exchange.js";
import { createHarmonyTable } from "./harmony_table.js";
import { h, number, setText } from "./dom.js";
import { createRecode } from "./recode.js";
import { createTarget } from "./target.js";
import { OVERVIEWS } from "./worklist.js";

export function createOverview(actions, exchange, dialogs) {
  let pair = "";
  let scope = "pair";
  let shown = "all";
  let known = null; // the view the server last said is open
  let palette = [];
  const own = { ...actions, askDelete: (items) => dialogs.confirmDeleteMany(items.length, () => actions.send({ kind: "delete_rows", items })), back: () => { show("all"); actions.chooseView("all"); } };
  const scopes = Object.fromEntries([["pair", "this pair"], ["all", "all pairs"]].map(([which, text]) => [which, h("button", {
    type: "button", role: "tab", onclick: () => { mark(which); setText(note, "Reading …"); actions.send({ kind: "table_scope", scope: which }); if (which === "all") actions.send({ kind: "check_all", items: "all" }); },
  }, text)]));
  const tools = h("div.overview-tools", {}, h("h2", {}, "All harmonies"),
    h("div.segments", { role: "tablist", "aria-label": "Which harmonies" }, ...Object.values(scopes)), h("span.space"),
    h("button", { type: "button", title: "Bring harmonies of another vintage here, or take these there", onclick: () => startTransfer([]) }, "Transfer harmonies …"),
    h("button", { type: "button", title: "See in which vintages each harmony exists and where they differ", onclick: () => startCompare([]) }, "Compare vintages"),
    h("button", { type: "button", title: "A recipient variable as all donors and years answer it, in one table to edit", onclick: () => startTarget("") }, "One variable, all surveys"),
    h("button", { type: "button", title: "Groupings with a name: see and edit their classes, and what uses them", onclick: () => startRecode("") }, "Recodes"),
    h("button", { type: "button", title: IMPORTED_FILES, onclick: exchange.chooseFiles }, "Import files …"),
    h("button", { type: "button", title: "Documentation, fusionData .R, JSON, CSV; of all pairs as one archive", onclick: () => (scope === "all" ? actions.send({ kind: "export_selected", items: table.shown() }) : exchange.exportAll()) }, "Export …"),
    h("button", { type: "button", title: "Harmonies that were deleted, to bring back", onclick: () => actions.send({ kind: "deleted" }) }, "Deleted …"));

  const note = h("span.muted", { role: "status", "aria-live": "polite" });
  const acts = [
    ["Transfer harmonies …", (items) => startTransfer(items.map((item) => item.key)), true, "Take the selected harmonies to another vintage"],
    ["Compare vintages", (items) => startCompare(items.map((item) => item.key)), true, "See where other vintages differ"],
    ["Check", (items) => actions.send({ kind: "check_all", items }), false, "Check the selected harmonies on the data"],
    ["Export …", (items) => actions.send({ kind: "export_selected", items }), false, "Export the selected harmonies"],
    ["Delete", (items) => own.askDelete(items), false, "Delete the selected harmonies; this can be undone"],
  ].map(([text, act, ofPair, title]) => ({ ofPair, title, button: h("button", { type: "button", title, onclick: () => act(table.selected()) }, text) }));
  const bar = h("div.selection-bar", { role: "toolbar", "aria-label": "Selected harmonies" }, note, h("span.space"), ...acts.map((act) => act.button));
  let table = null;
  table = createHarmonyTable(own, showSelection);
  const list = h("div.overview-list", {}, tools, table.element, bar);
  const transfer = createTransfer(own);
  const compare = createCompare(own);
  const coverage = createCoverage(own);
  const target = createTarget(own);
  const recode = createRecode(own, dialogs);
  const element = h("section.pane.overview", { "aria-label": "All harmonies", hidden: true }, list, transfer.element, compare.element, coverage.element, target.element, recode.element);

  function show(view) {
    shown = view;
    list.hidden = view !== "all";
    transfer.element.hidden = view !== "transfer";
    compare.element.hidden = view !== "compare";
    coverage.element.hidden = view !== "coverage";
    target.element.hidden = view !== "target";
    recode.element.hidden = view !== "recode";
  }

  function startTransfer(keys) { show("transfer"); transfer.start(keys.length ? "to" : "from", keys); }
  function startCompare(keys) { show("compare"); compare.start(keys); }

  function startRecode(name) { show("recode"); recode.palette(palette); recode.start(name); }
  function startTarget(variable) { show("target"); target.palette(palette); target.start(variable); }

  /** Open the view the address or the server names, unless this is what it answers to. */
  function follow(view, { direction, other, keys }) {
    if (view === known) return;
    known = view;
    if (view === shown) return;
    show(view);
    if (view === "transfer") transfer.start(direction, keys, other);
    if (view === "compare") compare.start(keys);
    if (view === "coverage") coverage.start();
    if (view === "target") { target.palette(palette); target.start(other); }
    if (view === "recode") { recode.palette(palette); recode.start(other); }
  }

  function mark(chosen) { scope = chosen; for (const [name, button] of Object.entries(scopes)) button.setAttribute("aria-selected", String(name === scope)); }

  function showSelection(items, shown, total) {
    const here = items.every((item) => item.pair === pair);
    for (const { button, ofPair, title } of acts) {
      button.disabled = !items.length || (ofPair && !here);
      button.title = ofPair && items.length && !here ? "Only for harmonies of the open pair" : title;
    }
    const count = shown === total ? `${number(total)} harmon${total === 1 ? "y" : "ies"}` : `${number(shown)} of ${number(total)} harmonies`;
    const unchecked = table?.unchecked() ?? 0;
    const progress = unchecked ? ` · checking, ${number(unchecked)} to go` : "";
    setText(note, (items.length ? `${items.length} selected · ${count}` : `${count} · tick rows to act on them`) + progress);
  }

  mark("pair");
  show("all");
  return {
    element,
    startTarget,
    startRecode,
    startCoverage() { show("coverage"); coverage.start(); },
    answers: { ...transfer.answers(() => palette), ...compare.answers, ...coverage.answers, ...target.answers, ...recode.answers },
    place(next) {
      pair = next.pair;
      palette = next.palette;
      if (OVERVIEWS.includes(next.view)) follow(next.view, next.task);
    },
    update(content, checks) { mark(content.scope); table.update(content, checks); },
    updateChecks: (checks) => table.updateChecks(checks),
  };
}
