// The adjustment put together from variables and steps, or written as an expression.
import { createCondition } from "./condition.js";
import { h, setText } from "./dom.js";
import { createExpressionField } from "./expression.js";
import { createNumberField, createPicker } from "./picker.js";

const STEPS = [
  ["Limits", [["at_most", null, "at most … (cap)"], ["at_least", null, "at least … (floor)"], ["above", 0, "yes or no: more than 0"]]],
  ["Units", [["multiply", 12, "a month to a year (× 12)"], ["divide", 12, "a year to a month (÷ 12)"], ["multiply", 52, "a week to a year (× 52)"], ["divide", 52, "a year to a week (÷ 52)"],
    ["divide", 1000, "in thousands (÷ 1,000)"], ["multiply", 1000, "from thousands (× 1,000)"], ["multiply", 100, "in percent (× 100)"], ["divide", 100, "from percent (÷ 100)"]]],
  ["Arithmetic", [["multiply", null, "times …"], ["divide", null, "divided by …"], ["add", null, "plus … (a minus takes away)"], ["from", "year", "years since ↔ calendar year (year − value)"]]],
  ["Some rows", [["replace", 0, "one value for some rows …"], ["only", 0, "only some rows, one value for the others …"]]],
];
const WORDS = { multiply: "times", divide: "divided by", add: "plus", from: "counted back from", at_most: "at most", at_least: "at least", above: "yes if more than", replace: "but", only: "for other rows" };

export function createRecipe(side, actions, shared) {
  let written = false;
  let now = null;
  let recipe = null;
  let known;
  let adder = null;

  const field = createExpressionField({
    label: `Adjustment of the ${side}`, placeholder: "e.g. rntp * 12", names: shared.columns,
    check: (text, sequence) => actions.check({ side, field: "adjustment", text, sequence }),
    apply: (text) => actions.edit({ kind: "adjustment", side, text }),
  });
  const modes = [["Build", false], ["Expression", true]].map(([text, value]) => h("button", { type: "button", onclick: () => { written = value; show(); (value ? field.input : firstField())?.focus(); } }, text));
  const clear = h("button.small", { type: "button", onclick: () => { recipe = null; actions.edit({ kind: "adjustment", side, text: "" }); } }, "no adjustment");
  const builder = h("div.recipe");
  const reading = h("p.reading", { role: "status" });
  const element = h("div", {}, h("div.editor-head", {}, h("strong", {}, shared.heading ?? "Replace the answer by"), h("div.segments", { role: "group", "aria-label": "How the adjustment is made" }, ...modes), h("span.space"), clear), builder, reading, field.element);
  const firstField = () => builder.querySelector("input, select, button");

  const own = () => shared.subject().name;
  const start = () => ({ start: shared.subject().numeric ? { kind: "sum", terms: [[own(), 1]], missing_is_zero: false } : { kind: "recode", variable: own(), values: [] }, steps: [] });

  function isUnchanged({ start: from, steps }) {
    return from.kind === "sum" && !steps.length && !from.missing_is_zero && from.terms.length === 1 && from.terms[0][0] === own();
  }

  function isComplete({ start: from, steps }) {
    const begun = from.kind === "sum" ? from.terms.length > 0 : from.kind === "recode" ? from.values.length > 0 : Boolean(from.condition);
    return begun && steps.every((step) => typeof step.number === "number" && (!["replace", "only"].includes(step.kind) || step.condition));
  }

  function changed(redraw = true) {
    if (redraw) draw();
    if (!isComplete(recipe)) return;
    const next = isUnchanged(recipe) ? null : recipe;
    if (JSON.stringify(next) === known) return;
    known = JSON.stringify(next);
    if (next) actions.edit({ kind: "recipe", side, recipe: next });
    else actions.edit({ kind: "adjustment", side, text: "" });
  }

  // What it starts from ---------------------------------------------------------------------

  function drawStart() {
    const { start: from } = recipe;
    const kinds = [["sum", "variables added up"], ["recode", "a number for each answer"], ["condition", "yes or no by a condition"]].filter(([value]) => !shared.starts || shared.starts.includes(value));
    const kind = h("select", { "aria-label": "What it starts from", onchange: () => {
      recipe = { start: { sum: { kind: "sum", terms: [], missing_is_zero: false }, recode: { kind: "recode", variable: own(), values: [] }, condition: { kind: "condition", condition: null } }[kind.value], steps: [] };
      changed();
    } }, ...kinds.map(([value, text]) => h("option", { value }, text)));
    kind.value = from.kind;
    const body = { sum: drawSum, recode: drawRecode, condition: drawWhen }[from.kind](from);
    return h("div.recipe-start", {}, kind, body);
  }

  function drawSum(from) {
    const chips = from.terms.map(([name, sign], index) => h("span.term", {},
      h("button.sign", { type: "button", disabled: index === 0, title: "Add or subtract", "aria-label": sign > 0 ? `${name} is added` : `${name} is subtracted`, onclick: () => { from.terms[index][1] = -sign; changed(); } }, sign > 0 ? (index ? "+" : "") : "−"),
      h("span.mono", { title: shared.describe(name) }, name),
      h("button.remove", { type: "button", "aria-label": `Remove ${name}`, onclick: () => { from.terms.splice(index, 1); if (from.terms.length) from.terms[0][1] = 1; changed(); } }, "×")));
    adder = createPicker({
      label: "Add a variable", placeholder: "+ variable …",
      options: () => shared.numbers().filter((item) => !from.terms.some(([name]) => name === item.name)).map((item) => ({ value: item.name, title: item.name, note: item.description, mono: true })),
      onpick: (name, query) => { from.terms.push([name, 1]); changed(); adder.resume(query); },
    });
    const zero = h("input", { type: "checkbox", checked: from.missing_is_zero, onchange: () => { from.missing_is_zero = zero.checked; changed(); } });
    return h("span.terms", {}, ...chips, adder.element, from.terms.length > 1 || from.missing_is_zero ? h("label.check", { title: "Otherwise the sum is missing where one of the answers is" }, zero, "count missing as 0") : null);
  }

  function drawRecode(from) {
    const box = h("div.recode", {}, h("span.help", {}, "…"));
    const values = new Map(from.values);
    shared.levelsOf(from.variable, ({ levels, numbers }) => {
      const fill = h("button.small", { type: "button", disabled: numbers.every((value) => value === null), onclick: () => {
        from.values = levels.map((level, index) => [level, numbers[index]]).filter(([, value]) => value !== null);
        changed();
      } }, "the numbers in the labels");
      const order = h("button.small", { type: "button", onclick: () => { from.values = levels.map((level, index) => [level, index]); changed(); } }, "0, 1, 2 … in order");
      box.replaceChildren(h("div.recode-tools", {}, fill, order), ...levels.slice(0, 300).map((level) => h("label.recode-row", {}, h("span", { dir: "auto", title: level }, level), createNumberField({
        label: `Number for ${level}`, value: values.get(level), placeholder: "–",
        onchange: (value) => { values.set(level, value); from.values = levels.filter((item) => values.has(item)).map((item) => [item, values.get(item)]); changed(false); },
      }))));
    });
    return box;
  }

  function drawWhen(from) {
    const condition = createCondition({ label: "Yes where", columns: shared.columns, levelsOf: shared.levelsOf, onchange: (next) => { from.condition = next; changed(false); } });
    condition.set(from.condition);
    return condition.element;
  }

  // Steps -----------------------------------------------------------------------------------

  function drawStep(step, index) {
    const update = (value) => { step.number = value; changed(false); };
    const input = createNumberField({ label: WORDS[step.kind], value: step.number, onchange: update });
    const remove = h("button.small.remove", { type: "button", "aria-label": "Remove this step", onclick: () => { recipe.steps.splice(index, 1); changed(); } }, "×");
    if (!["replace", "only"].includes(step.kind)) return h("div.step", {}, h("span.step-word", {}, WORDS[step.kind]), input, remove);
    const who = shared.respondent() === "person" ? "persons" : "households";
    const condition = createCondition({ label: `Rows of step ${index + 1}`, columns: shared.columns, levelsOf: shared.levelsOf, onchange: (next) => { step.condition = next; changed(false); } });
    condition.set(step.condition);
    const [before, after] = step.kind === "replace" ? ["but", `for ${who} where`] : ["use", `for all ${who} except where`];
    return h("div.step.wide", {}, h("span.step-word", {}, before), input, h("span", {}, after), remove, condition.element);
  }

  function drawThen() {
    const then = h("select.then", { "aria-label": "Then", onchange: () => {
      const [kind, value] = JSON.parse(then.value);
      const base = value === "year" ? shared.year() : value;
      recipe.steps.push({ kind, number: base, condition: null });
      changed();
      const steps = builder.querySelectorAll(".step");
      const last = steps[steps.length - 1];
      (["replace", "only"].includes(kind) ? last.querySelector(".picker-input") : last.querySelector("input"))?.focus();
    } }, h("option", { value: "" }, "then …"), ...STEPS.map(([group, items]) => h("optgroup", { label: group }, ...items.map(([kind, value, text]) => h("option", { value: JSON.stringify([kind, value]) }, text)))));
    then.disabled = !isComplete(recipe) || recipe.start.kind === "condition" || recipe.steps.at(-1)?.kind === "above";
    return then;
  }

  function draw() {
    builder.replaceChildren(drawStart(), ...recipe.steps.map(drawStep), ...(recipe.start.kind === "condition" ? [] : [drawThen()]));
  }

  function show() {
    if (!now) return;
    modes.forEach((button, index) => button.setAttribute("aria-pressed", String(written === (index === 1))));
    const beyond = Boolean(now.adjustment) && !now.recipe;
    clear.hidden = !now.adjustment;
    builder.hidden = written;
    field.element.firstChild.hidden = !written;
    setText(reading, now.adjustment_text ? `= ${now.adjustment_text}` : "");
    reading.hidden = !now.adjustment_text;
    if (written) return;
    if (beyond) {
      recipe = null;
      known = undefined;
      builder.replaceChildren(h("p.mono.beyond", {}, now.adjustment), h("p.help", {}, "Written by hand: these steps cannot express it. Edit it as an expression, or "),
        h("button.small", { type: "button", onclick: () => { recipe = start(); known = undefined; draw(); } }, "start over"));
      return;
    }
    const next = JSON.stringify(now.recipe);
    if (next === known && recipe) return;
    known = next;
    recipe = now.recipe ? JSON.parse(next) : start();
    draw();
  }

  return {
    body: element,
    focus: () => (written ? field.input : builder.querySelector(".terms .picker-input") ?? firstField())?.focus(),
    update(next) { now = next; field.set(next.adjustment); show(); },
    reset() { recipe = null; known = undefined; written = false; },
    answer: (reply) => field.answer(reply),
  };
}
