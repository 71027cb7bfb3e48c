// Who is asked: a condition, and what happens to everybody else and to rows without an answer.
import { createCondition } from "./condition.js";
import { h, setText } from "./dom.js";
import { createExpressionField } from "./expression.js";

const OWN = "own";
const OWN_NAME = "not in universe";

export function createUniverse(side, actions, shared) {
  let written = false;
  let now = null;

  const send = (change) => actions.edit({ side, ...change });
  const field = createExpressionField({
    label: `Universe of the ${side}`, placeholder: "e.g. agep >= 16", names: shared.columns,
    check: (text, sequence) => actions.check({ side, field: "universe", text, sequence }),
    apply: (text) => send({ kind: "universe", text }),
  });
  const condition = createCondition({ label: `Universe of the ${side}`, columns: shared.columns, levelsOf: shared.levelsOf, onchange: (rows) => send({ kind: "universe_rows", condition: rows }) });
  const modes = [["Build", false], ["Expression", true]].map(([text, value]) => h("button", { type: "button", onclick: () => { written = value; show(); if (value) field.input.focus(); else condition.focus(); } }, text));
  const clear = h("button.small", { type: "button", onclick: () => { condition.reset(); send({ kind: "universe_rows", condition: null }); } }, "everybody");
  const title = h("strong");
  const beyond = h("p.help", {}, "Written by hand: these rows cannot express it. Edit it as an expression, or choose “everybody” to start over.");
  const reading = h("p.reading", { role: "status" });
  const outside = h("select", { "aria-label": "Group of rows outside the universe", onchange: () => send({ kind: "outside", group: outside.value === OWN ? OWN : readGroup(outside.value) }) });
  const missing = h("select", { "aria-label": "Group of rows without an answer", onchange: () => send({ kind: "missing", group: readGroup(missing.value) }) });
  const others = h("label", {}, h("span", {}, "Everybody else"), outside);
  const element = h("div", {}, h("div.editor-head", {}, title, h("div.segments", { role: "group", "aria-label": "How the universe is made" }, ...modes), h("span.space"), clear),
    condition.element, beyond, reading, field.element, h("div.pair-row", {}, others, h("label", {}, h("span", {}, "No answer"), missing)));

  const readGroup = (value) => (value === "" ? null : value === "drop" ? "drop" : Number(value));

  function groupOptions(select, value, context, { error, own }) {
    const { codes, names, grouped } = context;
    const known = [...new Set([...codes, ...(typeof value === "number" ? [value] : [])])].sort((a, b) => a - b);
    const named = Object.entries(names).find(([, name]) => name === OWN_NAME)?.[0];
    const offersOwn = own && (named === undefined || !known.includes(Number(named)));
    select.replaceChildren(h("option", { value: "drop" }, "are left out"), ...(offersOwn && grouped ? [h("option", { value: OWN }, `own group “${OWN_NAME}”`)] : []),
      ...known.map((code) => h("option", { value: code }, `${grouped ? "group " : "count as "}${code}${names[code] ? ` ${names[code]}` : ""}`)),
      ...(grouped || known.includes(0) ? [] : [h("option", { value: 0 }, "count as 0")]), h("option", { value: "" }, error));
    select.value = value === null ? "" : String(value);
  }

  function show() {
    if (!now) return;
    const byHand = Boolean(now.universe) && !now.universe_rows;
    modes.forEach((button, index) => button.setAttribute("aria-pressed", String(written === (index === 1))));
    setText(title, `Only ${now.respondent === "person" ? "persons" : "households"} where`);
    condition.element.hidden = written || byHand;
    beyond.hidden = written || !byHand;
    field.element.firstChild.hidden = !written;
    clear.hidden = !now.universe;
    others.hidden = !now.universe;
    reading.hidden = !now.universe_text;
    setText(reading, now.universe_text ? `= ${now.universe_text}` : "");
  }

  return {
    body: element,
    focus: () => { if (written) field.input.focus(); else condition.focus(); },
    update(next, context) {
      now = next;
      field.set(next.universe);
      condition.set(next.universe_rows);
      groupOptions(outside, next.outside, { ...context, grouped: next.grouped }, { error: "are an error", own: true });
      groupOptions(missing, next.missing, { ...context, grouped: next.grouped }, { error: "is an error", own: false });
      show();
    },
    reset() { written = false; condition.reset(); },
    answer: (reply) => field.answer(reply),
  };
}
