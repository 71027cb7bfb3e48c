// Choosing the recipient variable: ranked with reasons, or found by search over all of them.
import { aboutVariable, answerList } from "./about.js";
import { createDecision } from "./decision.js";
import { TYPE_WORDS, h, number, percent, setText, words } from "./dom.js";
import { indexLabels, readWords } from "./level_query.js";

/** A candidate below this is among the nearest there are, but not offered as one that means the same. */
export const OFFERED_FROM = 0.45;
const isOffered = (item) => item.score >= OFFERED_FROM;

export function createCandidates(actions) {
  let subject = null;
  let recipients = [];
  let index = indexLabels([]);
  let highlighted = 0;
  let shown = [];
  let expected = false; // the hand waits for the next variable

  const title = h("h2");
  const back = h("button.small", { type: "button", onclick: () => actions.cancelChoice() }, "Back to the match");
  const search = h("input.search", {
    type: "search", placeholder: "Search all recipient variables: name, description, answers …", "aria-label": "Search recipient variables", role: "combobox", "aria-expanded": "true", "aria-haspopup": "grid", "aria-controls": "candidates",
    oninput: () => { show(true); },
    onkeydown: onKey,
  });
  const none = h("p.muted", { role: "status", hidden: true });
  const decision = createDecision(actions);
  const donor = h("aside.chooser-donor", { "aria-label": "The donor’s question and answers" });
  const list = h("div.candidates", {
    id: "candidates", role: "grid", tabindex: 0, "aria-label": "Recipient variables",
    onkeydown: (event) => { if (event.target === list) onKey(event); },
  });
  const element = h("section.chooser", { "aria-label": "Choose the recipient variable" }, h("div.chooser-head", {}, title, back), h("div.chooser-body", {}, donor, h("div.chooser-list", {}, search, none, list)), decision.element);

  function onKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { event.preventDefault(); highlighted = Math.min(shown.length - 1, Math.max(0, highlighted + step)); mark(); }
    else if (event.key === "Enter" && shown[highlighted]) { event.preventDefault(); choose(shown[highlighted].name, event.shiftKey); }
    else if (event.key === "Escape") { event.stopPropagation(); if (search.value) { search.value = ""; show(true); } else actions.cancelChoice(); }
  }

  function choose(name, take) {
    if (take && !subject.harmonies.some((item) => item.recipient === name)) actions.takeCandidate(name);
    else actions.chooseRecipient(name);
  }

  const takeButton = (name) => h("button.small.take", { type: "button", title: "Open it and take the whole suggestion (Shift Enter)", onclick: (event) => { event.stopPropagation(); choose(name, true); } }, "✦ take");

  function tellHighlighted() {
    for (const holder of [search, list]) {
      if (shown[highlighted]) holder.setAttribute("aria-activedescendant", `candidate-${highlighted}`);
      else holder.removeAttribute("aria-activedescendant");
    }
  }

  function mark() {
    [...list.children].forEach((child, index) => child.setAttribute("aria-selected", String(index === highlighted)));
    list.children[highlighted]?.scrollIntoView({ block: "nearest" });
    tellHighlighted();
  }

  function show(fresh = false) {
    const wanted = words(search.value);
    const ranked = subject.candidates.map((candidate) => ({ ...candidate, variable: recipients.find((item) => item.name === candidate.name) })).filter((item) => item.variable);
    const rankedNames = new Set(ranked.map((item) => item.name));
    const rest = recipients.filter((item) => !rankedNames.has(item.name)).map((variable) => ({ name: variable.name, variable }));
    const found = wanted.length ? readWords(search.value, index) : null;
    const pool = found ? [...ranked, ...rest].filter((item) => found.test(item.variable.at)) : ranked.length ? ranked : rest;
    shown = pool.slice(0, 120);
    if (fresh) highlighted = !wanted.length && shown.length && !shown.some(isOffered) ? -1 : 0;
    none.hidden = wanted.length > 0 || !ranked.length || ranked.some(isOffered);
    const used = Object.fromEntries(subject.harmonies.map((item) => [item.recipient, item.status]));
    list.replaceChildren(...shown.map((item, index) => h("div.candidate", { role: "row", id: `candidate-${index}`, "aria-selected": String(index === highlighted), onclick: () => actions.chooseRecipient(item.name) }, h("div", { role: "gridcell" },
      h("div.candidate-top", {}, h("span.name", {}, item.name), kindChip(item.variable),
        used[item.name] ? h("span.chip.static", {}, `already ${used[item.name]}`) : null,
        item.score === undefined ? null : h("span.score", { title: "How well it fits, from names, wording, answers and sibling years" }, `fit ${percent(item.score)}`),
        isOffered(item) && !used[item.name] ? takeButton(item.name) : null),
      h("div.description", { dir: "auto" }, item.variable.description || "no description"),
      item.variable.text ? h("div.candidate-answers", { dir: "auto", title: item.variable.text }, item.variable.text) : null,
      item.reason ? h(`div.reason${!isOffered(item) ? ".weak" : ""}`, {}, item.reason) : null))));
    if (!shown.length) list.replaceChildren(h("p.empty", {}, "No recipient variable matches these words."));
    list.setAttribute("role", shown.length ? "grid" : "group");
    tellHighlighted();
  }

  return {
    element,
    update(next, all, canCancel) {
      const fresh = subject?.donor?.name !== next.donor?.name;
      subject = next;
      recipients = all;
      if (recipients[0] && recipients[0].at === undefined) {
        recipients.forEach((item, at) => { item.at = at; });
        index = indexLabels(recipients.map((item) => `${item.name} ${item.description} ${item.text}`));
      }
      title.replaceChildren("Which recipient variable means the same as ", h("span.mono", {}, next.donor.name), "?");
      if (fresh) { donor.replaceChildren(...[aboutVariable(next.donor), answerList(next.donor)].filter(Boolean)); donor.scrollTop = 0; }
      back.hidden = !canCancel;
      decision.update(next);
      setText(none, `Nothing in ${next.recipient_survey} clearly means the same. The nearest are:`);
      if (fresh) { search.value = ""; list.scrollTop = 0; }
      show(fresh);
      if (fresh && expected) list.focus({ preventScroll: true });
      if (fresh) expected = false;
    },
    focus: () => search.focus(),
    /** The keys are meant for the variables of the next donor variable, once they are shown. */
    focusWhenShown() { expected = true; },
    /** The keys are meant for these variables; with `take`, the marked one is taken with its suggestion. */
    enter(take) {
      if (decision.isOnItsWay()) { expected = true; return; }
      list.focus({ preventScroll: true });
      if (take && shown[highlighted]) choose(shown[highlighted].name, true);
    },
    /** Decide on the variable by one key; false where the key means nothing here. */
    decisionKey: (event) => decision.key(event),
    await: (name) => decision.await(name),
    stopWaiting: () => decision.stopWaiting(),
    isOnItsWay: () => decision.isOnItsWay(),
    /** Whether another variable has been opened since this one was. */
    isOvertaken: (name) => decision.isOvertaken(name),
  };
}

/** Level and type of a variable, such as “person · 5 categories”. */
export function kindChip(variable) {
  const type = TYPE_WORDS[variable.type] ?? variable.type;
  const counted = variable.type === "ordered" ? "ordered levels" : "categories";
  return h("span.kind", {}, `${variable.respondent} · ${variable.levels ? `${number(variable.levels)} ${counted}` : type}`);
}
