// How the persons of a household become one value, in the words people use for it.
import { createCondition } from "./condition.js";
import { h, setText } from "./dom.js";

export function createCollapse(side, actions, shared) {
  let now = null;
  let counting = null;

  const choices = h("div.collapse-choices", { role: "group", "aria-label": "How persons become a household" });
  const condition = createCondition({
    label: `Persons counted of the ${side}`, columns: shared.columns, levelsOf: shared.levelsOf,
    onchange: (rows) => actions.edit({ kind: "count", side, condition: rows, counting }),
  });
  const sentence = h("p.reading", { role: "status" });
  const coded = h("p.help", {}, "Counted with groups 0 and 1. A change here writes it as a condition; nothing else changes.");
  const problem = h("p.feedback.is-error", { role: "alert", hidden: true });
  const element = h("div", {}, h("div.editor-head", {}, h("strong", {}, "A household’s value is")), choices, condition.element, sentence, coded, problem);

  function choose(value) {
    if (value === "number" || value === "any person") {
      counting = value === "number" ? "number" : "any";
      const numeric = shared.subject().numeric;
      if (now.counting) actions.edit({ kind: "count", side, condition: now.counting.condition, counting });
      else condition.set(null, { variable: shared.subject().name, relation: numeric ? "less_than" : "in", values: [] });
      show();
      condition.focus();
      return;
    }
    counting = null;
    condition.reset();
    actions.edit({ kind: "aggregator", side, value });
  }

  function show() {
    const chosen = counting === "number" ? "number" : counting === "any" ? "any person" : now.aggregator;
    const options = [["reference", "the reference person’s answer"], ["number", "number of persons who …"], ["any person", "any person who …"],
      ...now.aggregators.filter(([value]) => value !== "reference" && !(counting && value === now.aggregator)), ["automatic", "automatic"]];
    const focused = choices.contains(choices.getRootNode().activeElement) ? choices.getRootNode().activeElement.dataset.value : null;
    choices.replaceChildren(...options.map(([value, text]) => h("button.small", { type: "button", "data-value": value, title: value === "automatic" ? now.automatic_text : "", "aria-pressed": String(value === chosen), onclick: () => choose(value) }, text)));
    if (focused) choices.querySelector(`[data-value="${focused}"]`)?.focus();
    condition.element.hidden = !counting;
    const open = counting && !now.counting;
    sentence.hidden = Boolean(open);
    setText(sentence, open ? "" : `= ${now.aggregator_text}`);
    coded.hidden = !now.counting?.coded;
  }

  return {
    body: element,
    focus: () => { if (counting) condition.focus(); else choices.querySelector("[aria-pressed=true]")?.focus(); },
    update(next) {
      now = next;
      if (!next.can_collapse) return;
      if (next.counting) { counting = next.counting.counting; condition.set(next.counting.condition); }
      else if (!counting || !["automatic", "sum", "any"].includes(next.aggregator)) counting = null;
      problem.hidden = true;
      show();
    },
    reset() { counting = null; condition.reset(); },
    answer(reply) { problem.hidden = !reply.message; setText(problem, [reply.message, reply.hint].filter(Boolean).join(" ")); },
  };
}
