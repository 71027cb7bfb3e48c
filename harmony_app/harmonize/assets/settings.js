// What one side does before its levels are grouped: adjust, bin, deflate, collapse, universe.
import { createBins } from "./bins.js";
import { createCollapse } from "./collapse.js";
import { createDeflate } from "./deflate.js";
import { h } from "./dom.js";
import { createNamed, namedChip } from "./named.js";
import { createRecipe } from "./recipe.js";
import { createUniverse } from "./universe.js";

const FIELDS = { recode: "named", adjustment: "adjust", universe: "universe", breakpoints: "bins", deflate: "deflate", aggregator: "collapse" };
const NUMERIC = ["integer", "continuous"];

/** `editor` is the one place both sides open their editors in; `opened(side)` closes the other's. */
export function createSettings(side, actions, { editor, opened }) {
  let open = null;
  let state = null;
  let columns = [];
  let subject = { name: "", numeric: true };
  let year = null;
  const levels = new Map();
  const waiting = new Map();

  const shared = {
    columns: () => columns,
    numbers: () => columns.filter((item) => NUMERIC.includes(item.type)),
    describe: (name) => columns.find((item) => item.name === name)?.description ?? "",
    subject: () => subject,
    respondent: () => state.respondent,
    year: () => year,
    /** Hand over a variable's levels, asked for once. */
    levelsOf(name, then) {
      if (levels.has(name)) { then(levels.get(name)); return; }
      const first = !waiting.has(name);
      waiting.set(name, [...(waiting.get(name) ?? []), then]);
      if (first) actions.ask({ kind: "levels_of", side, variable: name });
    },
  };
  const editors = {
    adjust: createRecipe(side, actions, shared),
    bins: createBins(side, actions),
    collapse: createCollapse(side, actions, shared),
    universe: createUniverse(side, actions, shared),
    deflate: createDeflate(side, actions),
    named: createNamed(side, actions),
  };
  const chips = h("div.setting-chips", { role: "group", "aria-label": `Settings of the ${side}` });
  const element = h(`div.settings.${side}`, {}, chips);

  function toggle(key) {
    open = open === key ? null : key;
    if (open) opened(side);
    show();
    if (open) editors[open].focus();
  }

  function show() {
    if (!state) return;
    const labels = chipLabels(state);
    if (open && !(open in labels)) open = null;
    const focused = chips.contains(element.getRootNode().activeElement) ? element.getRootNode().activeElement.dataset.key : null;
    chips.replaceChildren(...Object.entries(labels).map(([key, [text, set, title]]) => h(`button.setting${set ? ".set" : ""}`, {
      type: "button", title, "data-key": key, "aria-expanded": String(open === key), onclick: () => toggle(key),
    }, text)));
    if (focused) chips.querySelector(`[data-key="${focused}"]`)?.focus();
    if (open) editor.show(side, editors[open].body);
    else editor.hide(side);
  }

  function chipLabels(now) {
    const said = now.adjustment_text || now.adjustment;
    const counts = Boolean(now.counting);
    const labels = {};
    if (!counts) labels.adjust = [now.adjustment ? `= ${now.adjustment}` : "adjust", Boolean(now.adjustment), said || "Replace the answer: add up variables, convert units, cap, give answers other values"];
    if (now.can_bin && (!counts || now.counting.coded)) labels.bins = binsLabel(now.breakpoints);
    if (now.can_collapse) labels.collapse = [now.aggregator_word, now.aggregator !== "automatic", now.aggregator_text];
    labels.universe = [now.universe ? `if ${now.universe_text || now.universe}` : now.missing !== null ? "missing set" : "universe", Boolean(now.universe) || now.missing !== null, "Who is asked, and what happens to rows without an answer"];
    if (now.can_deflate && !counts) labels.deflate = [now.deflate_to_year ? `${now.deflate_to_year} dollars${now.factor ? ` (× ${now.factor})` : ""}` : "deflate", now.deflate_to_year !== null, "Convert dollars with the consumer price index"];
    if (now.grouped || (now.can_bin && !counts)) labels.named = namedChip(now);
    return labels;
  }

  function binsLabel(breakpoints) {
    const list = breakpoints.join(" | ");
    if (!breakpoints.length) return ["bins", false, "Cut the number into bins"];
    return [list.length <= 18 ? `bins ${list}` : `${breakpoints.length + 1} bins`, true, `Bins at ${list}`];
  }

  return {
    element, chips,
    close() { open = null; show(); },
    /** Another pair of variables: nothing half-made is carried over. */
    restart() {
      for (const item of Object.values(editors)) item.reset();
      this.close();
    },
    update(next, context) {
      // Shares or a suggestion arriving before the answer must not bring back what was just changed.
      if (state && subject.name === context.variable.name && actions.awaiting()) return;
      state = next;
      columns = context.columns;
      subject = { name: context.variable.name, numeric: NUMERIC.includes(context.variable.type) };
      year = next.base_year ?? next.other_year ?? next.own_year ?? new Date().getFullYear();
      for (const item of Object.values(editors)) item.update(next, context);
      show();
    },
    answer(reply) {
      if (reply.kind === "recodes") { editors.named.answer(reply); return; }
      if (reply.kind === "levels_of") {
        levels.set(reply.variable, reply);
        for (const then of waiting.get(reply.variable) ?? []) then(reply);
        waiting.delete(reply.variable);
        return;
      }
      const key = FIELDS[reply.field];
      if (!key) return;
      editors[key].answer(reply);
      if (reply.message && !reply.sequence && open !== key && key in chipLabels(state)) { open = key; opened(side); show(); }
    },
  };
}

/** The place below the chips where one editor of either side is open at a time. */
export function createEditorPlace(moved) {
  const element = h("div.setting-editor", { hidden: true });
  let owner = null;
  const place = {
    element,
    show(side, body) {
      owner = side;
      element.hidden = false;
      element.dataset.side = side;
      if (element.firstChild !== body) { element.replaceChildren(body); element.scrollTop = 0; }
      moved();
    },
    hide(side) {
      if (owner !== side) return;
      owner = null;
      element.hidden = true;
      element.replaceChildren();
      moved();
    },
  };
  return place;
}
