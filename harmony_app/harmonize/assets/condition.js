// A condition put together row by row: variable – comparison – levels or numbers.
import { h, numberOf, setText } from "./dom.js";
import { createNumberField, createPicker } from "./picker.js";

const NUMBERS = [["at_least", "at least"], ["less_than", "less than"], ["between", "between"], ["at_most", "at most"], ["more_than", "more than"],
  ["in", "is"], ["not_in", "is not"], ["missing", "has no answer"], ["answered", "has an answer"]];
const LEVELS = [["in", "is one of"], ["not_in", "is none of"], ["missing", "has no answer"], ["answered", "has an answer"]];
const COUNT = { between: 2, missing: 0, answered: 0, at_least: 1, at_most: 1, more_than: 1, less_than: 1 };
const AS_BUTTONS = 8;

/**
 * `columns()` lists the variables, `levelsOf(name, then)` their levels; `onchange` hears the condition
 * once every row is complete.
 */
export function createCondition({ label, columns, levelsOf, onchange }) {
  let known = null;
  let rows = [];
  let joined = "all";

  const list = h("div.condition-rows", { role: "group", "aria-label": label });
  const join = h("select", { "aria-label": "How the rows are joined", onchange: () => { joined = join.value; changed(); } },
    h("option", { value: "all" }, "all of these hold"), h("option", { value: "any" }, "any of these holds"));
  const add = h("button.small", { type: "button", onclick: () => { rows.push(empty()); draw(); focus(rows.length - 1, "variable"); } }, "+ condition");
  const status = h("span.help", { role: "status" });
  const element = h("div.condition", {}, list, h("div.condition-tools", {}, add, join, status));
  let fields = [];

  const empty = () => ({ variable: "", relation: "in", values: [] });
  const variable = (name) => columns().find((item) => item.name === name && !item.call);
  const isNumber = (name) => ["integer", "continuous"].includes(variable(name)?.type);
  const isComplete = (row) => Boolean(row.variable) && (row.relation in COUNT ? row.values.length === COUNT[row.relation] && row.values.every((value) => typeof value === "number") : row.values.length > 0);

  function changed() {
    const complete = rows.length > 0 && rows.every(isComplete);
    add.disabled = !complete;
    setText(status, complete || !rows.length ? "" : rows.every((row) => row.variable) ? "Fill in the value." : "Choose a variable.");
    if (!complete) return;
    const condition = { joined, tests: rows.map(({ variable: name, relation, values }) => ({ variable: name, relation, values: [...values] })) };
    if (JSON.stringify(condition) === known) return;
    known = JSON.stringify(condition);
    onchange(condition);
  }

  function draw() {
    join.hidden = rows.length < 2;
    join.value = joined;
    fields = rows.map(drawRow);
    list.replaceChildren(...fields.map((field) => field.element));
    changed();
  }

  function drawRow(row, index) {
    const picker = createPicker({
      label: "Variable", placeholder: "variable …",
      options: () => columns().filter((item) => !item.call).map((item) => ({ value: item.name, title: item.name, note: item.description, mono: true })),
      onpick: (name) => {
        const numeric = ["integer", "continuous"].includes(variable(name)?.type);
        Object.assign(row, { variable: name, relation: numeric ? "at_least" : "in", values: [] });
        draw();
        focus(index, "value");
      },
    });
    picker.set(row.variable, variable(row.variable)?.description ?? "");
    const relations = isNumber(row.variable) ? NUMBERS : LEVELS;
    const relation = h("select", { "aria-label": "Comparison", disabled: !row.variable, onchange: () => {
      if (COUNT[relation.value] !== COUNT[row.relation]) row.values = row.values.slice(0, COUNT[relation.value] ?? 1);
      row.relation = relation.value;
      draw();
      if ((COUNT[row.relation] ?? 1) > 0) focus(index, "value");
    } }, ...relations.map(([value, text]) => h("option", { value }, text)));
    relation.value = row.relation;
    const value = drawValues(row);
    const remove = h("button.small.remove", { type: "button", title: "Remove this row", "aria-label": "Remove this row", onclick: () => { rows.splice(index, 1); if (!rows.length) rows.push(empty()); draw(); } }, "×");
    return { picker, value, element: h("div.condition-row", {}, picker.element, relation, value.element, remove) };
  }

  function drawValues(row) {
    if (!row.variable || COUNT[row.relation] === 0) return { element: h("span"), focus() {} };
    return isNumber(row.variable) ? numberFields(row) : levelField(row);
  }

  function numberFields(row) {
    const count = COUNT[row.relation] ?? 1;
    const inputs = Array.from({ length: count }, (_, at) => createNumberField({
      label: count === 2 ? ["From", "To"][at] : "Value", value: row.values[at], onchange: (next) => { row.values[at] = next; changed(); },
    }));
    const { minimum, maximum } = variable(row.variable) ?? {};
    const range = minimum === undefined || minimum === null ? "" : [minimum, maximum].map(numberOf(minimum, maximum)).join(" to ");
    return {
      element: h("span.values", {}, inputs[0], ...(count === 2 ? [h("span", {}, "and"), inputs[1]] : []), range ? h("span.help", { title: "Range of the answers" }, range) : null),
      focus: () => inputs[0].focus(),
    };
  }

  function levelField(row) {
    const element = h("span.values", {}, h("span.help", {}, "…"));
    let first = null;
    const toggle = (level) => {
      const at = row.values.indexOf(level);
      if (at < 0) row.values.push(level); else row.values.splice(at, 1);
      show();
      changed();
    };
    const button = (level, title) => h("button.small.level-choice", { type: "button", dir: "auto", title: level, "aria-pressed": String(row.values.includes(level)), onclick: () => toggle(level) }, title);
    let levels = null;
    const picker = createPicker({
      label: "Levels", placeholder: "search levels …", keepOpen: true,
      options: () => (levels ?? []).filter((level) => !row.values.includes(level)).map((level) => ({ value: level, title: level })),
      onpick: toggle,
    });
    const few = (variable(row.variable)?.levels ?? 0) <= AS_BUTTONS;
    function show() {
      if (few && levels) element.replaceChildren(...levels.map((level) => button(level, level)));
      else if (!few) {
        const chosen = row.values.map((level) => button(level, `${level} ×`));
        if (picker.element.parentNode !== element) element.replaceChildren(h("span.chosen"), picker.element);
        element.firstChild.replaceChildren(...chosen);
      }
    }
    show();
    levelsOf(row.variable, (found) => {
      levels = found.levels;
      show();
      picker.refresh();
      if (first) first();
    });
    const focusNow = () => (few ? element.querySelector("button") : picker)?.focus();
    return { element, focus: () => { if (levels || !few) focusNow(); else first = focusNow; } };
  }

  function focus(index, part) {
    const field = fields[index];
    (part === "variable" ? field?.picker : field?.value)?.focus();
  }

  return {
    element,
    /** Focus the first thing that is still to be filled in. */
    focus() {
      const index = Math.max(0, rows.findIndex((row) => !isComplete(row)));
      focus(index, rows[index]?.variable ? "value" : "variable");
    },
    /** Show a condition; what is being put together stays unless another one arrives. */
    set(condition, start = empty()) {
      const next = JSON.stringify(condition);
      if (next === known && rows.length) return;
      known = next;
      joined = condition?.joined ?? "all";
      rows = condition ? condition.tests.map((test) => ({ ...test, values: [...test.values] })) : [{ ...start, values: [...start.values] }];
      draw();
    },
    reset() { known = null; rows = []; },
    /** Levels buttons name their variable by type once the columns are known. */
    refresh() { if (rows.length) draw(); },
  };
}
