// Middle: both variables, the toolbar, their settings, and the two level lists.
import { aboutVariable, readQuestion } from "./about.js";
import { OFFERED_FROM, kindChip } from "./candidates.js";
import { h, numberOf, s, setText } from "./dom.js";
import { createGroupMenu } from "./group_menu.js";
import { createLevels } from "./levels.js";
import { createEditorPlace, createSettings } from "./settings.js";
import { createSuggestion } from "./suggestion.js";

const UNKNOWN = { low: 0, high: 1, shares: null, edges: null, whole: false };

/** Whether the two variables shown are harmonized already. */
const isSaved = (subject) => subject.harmonies.some((item) => item.recipient === subject.recipient.name);

export function createMatch(actions) {
  const view = { table: false, sort: "survey" };
  let latest = null;

  const levels = createLevels(actions);
  const editor = createEditorPlace(() => levels.redraw());
  const place = { editor, opened: (side) => settings[side === "donor" ? "recipient" : "donor"].close() };
  const settings = { donor: createSettings("donor", actions, place), recipient: createSettings("recipient", actions, place) };
  const cards = { donor: h("div.variable-card.donor"), recipient: h("div.variable-card.recipient") };
  const plain = { donor: h("div.plain-number.donor", { hidden: true }), recipient: h("div.plain-number.recipient", { hidden: true }) };

  const tool = (icon, text, title, onclick) => h("button", { type: "button", title, "aria-label": text, onclick }, icon, h("span.word", {}, ` ${text}`));
  const undo = tool("↶", "Undo", "Undo (Ctrl Z)", () => actions.send({ kind: "undo" }));
  const redo = tool("↷", "Redo", "Redo (Ctrl Shift Z)", () => actions.send({ kind: "redo" }));
  const menu = createGroupMenu(actions, levels);
  const suggestion = createSuggestion(actions);
  const suggest = tool("✦", "Suggest", "Show what wording and other harmonies suggest for these two variables", () => actions.send({ kind: "suggest" }));
  const ordered = h("input", { type: "checkbox", onchange: () => actions.edit({ kind: "ordered", value: ordered.checked }) });
  const orderedLabel = h("label.check", {}, ordered, h("span", {}, "ordered"));
  const mode = h("div.segments.mode", { role: "group", "aria-label": "How groups are shown" });
  const modes = [["links", "Links"], ["table", "Table"]].map(([key, text]) => h("button", { type: "button", onclick: () => { view.table = key === "table"; refresh(); } }, text));
  mode.append(...modes);
  const sort = h("select", { "aria-label": "Order of the levels", onchange: () => { view.sort = sort.value; refresh(); } },
    h("option", { value: "survey" }, "survey order"), h("option", { value: "group" }, "by group"), h("option", { value: "share" }, "largest first"), h("option", { value: "alike" }, "most similar first"));
  sort.title = "Most similar first: select a level, and the other side is ordered by similarity to it";
  const help = h("button.icon", { type: "button", title: "Keys", "aria-label": "Keys", onclick: () => actions.help() }, "?");
  const toolbar = h("div.toolbar", { role: "toolbar", "aria-label": "Edit" }, undo, redo, mode, sort, orderedLabel, h("span.space"), menu.element, suggest, help);
  const problem = h("div.match-problem", { role: "alert", hidden: true });
  const body = h("div.match-body", {},
    cards.donor, h("div.arrow", { "aria-hidden": "true" }, "⇄"), cards.recipient,
    settings.donor.element, settings.recipient.element, editor.element,
    levels.lists.donor.element, levels.lists.recipient.element, plain.donor, plain.recipient, levels.svg, levels.overlay);
  // An editor that opens, or a message in it, moves the lists and so the ends of the links.
  const moved = new ResizeObserver(() => levels.redraw());
  moved.observe(settings.donor.element);
  moved.observe(settings.recipient.element);
  moved.observe(editor.element);
  moved.observe(cards.donor);
  moved.observe(cards.recipient);
  const element = h("section.match", { "aria-label": "Match" }, toolbar, suggestion.element, problem, body, levels.assignBar);

  const told = { donor: false, recipient: false }; // whether all that is known of a variable is shown

  function showCard(side, variable, subject) {
    const name = h("span.name.mono", {}, variable.name);
    const tabs = side === "recipient" ? harmonyTabs(subject) : null;
    const candidate = side === "recipient" ? subject.candidates.find((item) => item.name === variable.name) : null;
    const reason = candidate?.score >= OFFERED_FROM && !isSaved(subject) ? candidate.reason : null; // of a saved harmony it says only that it is saved
    const kind = kindChip(variable);
    const { question, universe } = readQuestion(variable.description);
    const about = h("button.icon.small.about-button", { type: "button", "aria-label": `About ${variable.name}`, "aria-expanded": String(told[side]), title: "The question, whom it was put to, and notes", onclick: () => { told[side] = !told[side]; showCard(side, variable, subject); cards[side].querySelector(".about-button").focus(); levels.redraw(); } }, "i");
    const shown = told[side] ? [aboutVariable(variable)]
      : [h("div.description", { dir: "auto", title: variable.description }, question, variable.unit ? h("span.muted", {}, ` · ${variable.unit}`) : null, universe ? h("span.muted", {}, ` · asked of ${universe}`) : null)];
    cards[side].replaceChildren(...[h("div.card-line", {}, name, about, tabs),
      ...shown, kind,
      reason ? h("div.reason", { title: reason }, reason) : null].filter(Boolean));
  }

  function harmonyTabs(subject) {
    const others = subject.harmonies.filter((item) => item.recipient !== subject.recipient.name);
    return h("span.tabs", {}, ...others.map((item) => h("button.small", { type: "button", title: `Open the harmony with ${item.recipient}`, onclick: () => actions.chooseRecipient(item.recipient) }, item.recipient)),
      h("button.small", { type: "button", title: "Match with another recipient variable", onclick: () => actions.startChoice() }, isSaved(subject) ? "+ another" : "change"),
      h("button.small", { type: "button", "aria-label": "All surveys", title: `All surveys: ${subject.recipient.name} as all donors and years answer it, in one table`, onclick: () => actions.showTarget(subject.recipient.name) }, "▦"));
  }

  function showPlain(side, variable, now, distribution) {
    const box = plain[side];
    box.hidden = now.grouped;
    if (now.grouped) return;
    const facts = [["lowest", variable.minimum], ["median", variable.median], ["mean", variable.mean], ["highest", variable.maximum]].filter(([, value]) => value !== null && value !== undefined);
    const written = numberOf(...facts.map(([, value]) => value));
    box.replaceChildren(...[h("p", {}, h("strong", {}, now.counting ? "Each person the condition holds for counts 1." : now.adjustment ? "The adjusted number is used as it is." : "The number is used as it is.")),
      distribution.shares ? miniature(distribution) : null,
      facts.length && !now.adjustment ? h("dl.facts", {}, ...facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, written(value))])) : null,
      now.counting ? null : h("p.help", {}, "Add bins to put it into groups, or an adjustment to change unit or form."),
      now.counting ? null : h("button.small", { type: "button", onclick: () => settings[side].chips.querySelector("[data-key=bins]")?.click() }, "add bins")].filter(Boolean));
  }

  function miniature({ shares, edges }) {
    const largest = Math.max(...shares, 1e-9);
    const low = edges[0];
    const span = edges.at(-1) - low || 1;
    return s("svg", { class: "miniature", viewBox: "0 0 300 60", preserveAspectRatio: "none", "aria-hidden": "true" }, ...shares.map((share, index) =>
      s("rect", { x: ((edges[index] - low) / span) * 300, width: Math.max(0.5, ((edges[index + 1] - edges[index]) / span) * 300 - 0.8), y: 60 - (share / largest) * 58, height: (share / largest) * 58 })));
  }

  function refresh() {
    if (!latest) return;
    const { form, subject, labels, rows, context } = latest;
    undo.disabled = !form.can_undo;
    redo.disabled = !form.can_redo;
    ordered.checked = form.ordered;
    orderedLabel.title = form.ordered_reason;
    const grouped = form.sides.donor.grouped || form.sides.recipient.grouped;
    for (const part of [mode, sort, orderedLabel, menu.element, levels.assignBar]) part.hidden = !grouped;
    modes.forEach((button, index) => button.setAttribute("aria-pressed", String(view.table === (index === 1))));
    const codes = [...new Set([...form.sides.donor.groups, ...form.sides.recipient.groups])].filter((code) => typeof code === "number").sort((a, b) => a - b);
    for (const side of ["donor", "recipient"]) {
      const now = form.sides[side];
      settings[side].update(now, { ...context[side], variable: subject[side], other: subject[side === "donor" ? "recipient" : "donor"].name, distribution: rows[side].distribution ?? UNKNOWN, codes, names: Object.fromEntries(form.names) });
      levels.lists[side].element.hidden = !now.grouped;
      showPlain(side, subject[side], now, rows[side].distribution ?? UNKNOWN);
    }
    levels.update(form, labels, rows, { ...view, palette: context.palette });
  }

  return {
    element, levels, suggestion,
    updateSuggestion(next) { suggestion.update(next); suggest.hidden = Boolean(next); },
    problem(message) { problem.hidden = !message; setText(problem, message ?? ""); },
    /** A new pair of variables is shown: forget selections, open editors and errors. */
    updateSubject(subject) {
      for (const side of ["donor", "recipient"]) { showCard(side, subject[side], subject); settings[side].restart(); }
      levels.clear();
      this.problem(null);
    },
    update(form, subject, labels, rows, context) { latest = { form, subject, labels, rows, context }; refresh(); },
    showTabs(subject) { showCard("recipient", subject.recipient, subject); },
    answer(reply) {
      if (reply.side && settings[reply.side] && (reply.field || ["levels_of", "recodes"].includes(reply.kind))) settings[reply.side].answer(reply);
      else this.problem(reply.message);
    },
  };
}
