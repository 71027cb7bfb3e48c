// The Harmonize page: keeps what the server last said, shows edits at once, and sends them on.
import { createCandidates } from "./candidates.js";
import { createConsequence } from "./consequence.js";
import { createDialogs, createFooter, createToast } from "./dialogs.js";
import { h, isTyping } from "./dom.js";
import { createFindingsList } from "./findings_list.js";
import { createHand } from "./hand.js";
import { createMatch } from "./match.js";
import { createExchange, saveDownload } from "./exchange.js";
import { createNothingOpen } from "./nothing_open.js";
import { createNotices } from "./notices.js";
import { createOverview } from "./overview.js";
import { createQueue } from "./queue.js";
import { OVERVIEWS, createWorklist } from "./worklist.js";

const PARTS = ["pairs", "place", "recipients", "variables", "statuses", "subject", "labels", "rows", "form", "preview", "computing", "suggestion", "queue", "checks", "findings", "teamwork", "table"];

/** What acts on the open match: it says which one was meant, as another may be on its way. */
const OF_THE_MATCH = new Set(["save", "delete", "discard", "undo", "redo", "suggest", "take_suggestion", "dismiss_suggestion", "paste_table", "resolve", "use_rival", "keep_this",
  "restore", "review", "history", "compare", "comment", "recode_save", "queue_draft", "queue_save", "queue_skip", "queue_never"]);

export function render({ model }) {
  const state = Object.fromEntries(PARTS.map((part) => [part, read(part)]));
  let sequence = 0;
  let choosing = false;
  let waiting = null; // the variable after which the next undecided one is to be opened

  function read(part) { return model[part] ? JSON.parse(model[part]) : null; }

  function send(message) {
    sequence += 1;
    const of = OF_THE_MATCH.has(message.kind) ? { of: state.form?.key ?? "" } : {};
    model.send_msg({ ...of, ...message, sequence });
    showComputing();
  }

  const actions = {
    send,
    edit(change) { waiting = null; match.problem(null); send({ ...change, of: state.form?.key }); },
    ask: (question) => model.send_msg(question),
    /** Whether the server has not yet answered the last message, so that the form is older than the person. */
    awaiting: () => Boolean(state.form) && state.form.sequence < sequence,
    check: (question) => model.send_msg({ kind: "check", ...question }),
    choosePair(pair) { candidates.stopWaiting(); send({ kind: "pair", pair }); },
    chooseView: (view) => { showView(view); send({ kind: "view", view }); },
    showTarget(variable) { showView("target"); overview.startTarget(variable); },
    showRecode(name) { showView("recode"); overview.startRecode(name); },
    showCoverage() { showView("coverage"); overview.startCoverage(); },
    openTheme(pair, theme) {
      if (pair !== state.place.pair) actions.choosePair(pair);
      worklist.showTheme(theme);
      actions.chooseView("match");
    },
    openVariable(name) {
      choosing = false;
      waiting = null;
      if (state.place.view !== "match") showView("match");
      worklist.select(name);
      if (name !== state.subject?.donor.name || candidates.isOnItsWay()) candidates.await(name);
      send({ kind: "open", donor: name });
    },
    decide(name, verdict, reason) {
      send({ kind: "decide", variables: [name], verdict, reason });
      if (verdict !== "undecided") waiting = name;
    },
    decideMany: (names) => dialogs.decide(names),
    takeCandidate(name) { choosing = false; match.levels.focusWhenShown(state.subject.donor.name, name); send({ kind: "take_candidate", donor: state.subject.donor.name, recipient: name }); },
    chooseRecipient(name) { choosing = false; match.levels.focusWhenShown(state.subject.donor.name, name); send({ kind: "open", donor: state.subject.donor.name, recipient: name }); },
    /** From the worklist into what is open: the recipient variables to choose from, or the levels. */
    goToWork(take) { if (!candidates.element.hidden) candidates.enter(take); else if (!match.element.hidden) match.levels.focus(); },
    startChoice() { choosing = true; showMiddle(); candidates.focus(); },
    cancelChoice() { choosing = false; showMiddle(); },
    assign(chosen, group) {
      for (const side of ["donor", "recipient"]) for (const index of chosen[side]) state.form.sides[side].groups[index] = group;
      showEdit();
      actions.edit({ kind: "assign", donor: chosen.donor, recipient: chosen.recipient, group });
    },
    assignEach(side, pairs) {
      for (const [index, group] of pairs) state.form.sides[side].groups[index] = group;
      showEdit();
      actions.edit({ kind: "assign_each", side, pairs });
    },
    newGroup(chosen, code, name) {
      for (const side of ["donor", "recipient"]) for (const index of chosen[side]) state.form.sides[side].groups[index] = code;
      state.form.names = [...state.form.names.filter(([known]) => known !== code), [code, name]];
      showEdit();
      actions.edit({ kind: "new_group", ...chosen, code, name });
    },
    pasteTable: (side, text) => actions.edit({ kind: "paste_table", side, text }),
    removeRecode: (item) => dialogs.removeRecode(item),
    askTable: (side) => dialogs.table(side),
    selectGroup: (code) => match.levels.selectGroup(code),
    /** Save, unless the server has said that there is nothing to save; an edit still on its way may change that. */
    save: () => { match.levels.finishNumber(); if (state.form?.can_save || actions.awaiting()) send({ kind: "save" }); },
    problem: (_, message) => match.problem(message),
    help: () => dialogs.help(),
  };

  const dialogs = createDialogs(actions);
  const footer = createFooter(actions, dialogs);
  const toast = createToast();
  const queue = createQueue(actions);
  const worklist = createWorklist(actions, queue);
  const match = createMatch(actions);
  const candidates = createCandidates(actions);
  const consequence = createConsequence(actions);
  const nothing = createNothingOpen(actions);
  const notices = createNotices(actions);
  const middle = h("div.pane.middle", {}, notices.element, queue.strip, match.element, candidates.element, nothing.element, footer.element);
  const exchange = createExchange(actions, toast);
  const overview = createOverview(actions, exchange, dialogs);
  const findings = createFindingsList(actions);
  const desk = h("div.desk", {}, worklist.element, middle, consequence.element, overview.element, findings.element, dialogs.element, exchange.element, toast.element);

  // Showing ---------------------------------------------------------------------------------

  function showView(view) {
    overview.element.hidden = !OVERVIEWS.includes(view);
    findings.element.hidden = view !== "findings";
    middle.hidden = view !== "match";
    showConsequence();
    worklist.updatePlace({ ...state.place, view });
    showChecks();
  }

  function showChecks() { worklist.updateChecks(state.checks?.[state.place?.pair] ?? {}); overview.updateChecks(state.checks); }

  function showMiddle() {
    const { subject, form } = state;
    const unmatched = subject && !subject.recipient;
    const choose = Boolean(subject) && (choosing || unmatched);
    nothing.element.hidden = Boolean(subject);
    if (!subject) nothing.update(state.place, state.pairs);
    candidates.element.hidden = !choose;
    match.element.hidden = !subject || choose || !form;
    if (choose) candidates.update(subject, state.recipients, !unmatched);
    showConsequence();
  }

  /** The right-hand side is there while a match is; otherwise its room is used. */
  function showConsequence() {
    const idle = middle.hidden || match.element.hidden;
    consequence.element.hidden = idle;
    footer.element.hidden = idle;
    desk.classList.toggle("wide", idle);
  }

  /** The consequence on the screen is not that of the harmony on the screen: the server is at it. */
  function showComputing() { consequence.computing(state.computing || actions.awaiting()); }

  function context() {
    const columns = (side) => [...(side === "donor" ? state.variables : state.recipients)
      .filter((item) => item.respondent === state.form.sides[side].respondent), ...state.place.functions];
    return {
      palette: state.place.palette,
      ...Object.fromEntries(["donor", "recipient"].map((side) => [side, { columns: columns(side), years: state.place.years, price_year: state.place.price_years[side] }])),
    };
  }

  function showEdit() {
    const { form, subject, labels, rows } = state;
    if (!form || !subject?.recipient || !rows || labels?.key !== form.key || rows.key !== form.key) return;
    if (["donor", "recipient"].some((side) => labels[side].labels.length !== form.sides[side].groups.length)) return; // labels follow
    if (form.key !== subject.key) return;
    match.update(form, subject, labels, withSuggested(rows, form.key), context());
    footer.update(form);
  }

  /** What the open match does; what is known of another one is not shown beside it. */
  function showPreview() {
    const { preview, subject } = state;
    consequence.update(preview && (preview.key ?? subject?.key) === subject?.key ? preview : null, state.place.palette);
    showConsequence();
  }

  /** Rows with the groups that are suggested for them, which the level lists show as such. */
  function withSuggested(rows, key) {
    return { ...rows, ...Object.fromEntries(["donor", "recipient"].map((side) => [side, { ...rows[side], suggested: match.suggestion.groups(side, key) }])) };
  }

  let shownKey = null;
  function showSubject() {
    const { subject } = state;
    worklist.select(subject?.donor.name ?? null);
    const key = subject?.key ?? null;
    if (!subject || subject.recipient) candidates.stopWaiting(); // no decision is needed
    if (subject?.recipient) {
      if (key !== shownKey) match.updateSubject(subject);
      else match.showTabs(subject);
    }
    if (key !== shownKey) showPreview();
    shownKey = key;
    showMiddle();
    showEdit();
  }

  const showers = {
    teamwork: () => { notices.update(state.teamwork?.notices ?? []); dialogs.review.update(state.teamwork?.review ?? null); footer.updateKept(state.teamwork?.is_kept ?? true); },
    place: () => { worklist.updatePlace(state.place); overview.place(state.place); showView(state.place.view); showMiddle(); },
    pairs: () => { if (state.pairs) worklist.updatePairs(state.pairs); },
    recipients: () => {},
    variables: () => worklist.updateVariables(state.variables ?? []),
    statuses: () => { worklist.updateStatuses(state.statuses ?? { variables: {}, done: 0, total: 0 }); goOn(); },
    subject: showSubject,
    labels: showEdit,
    rows: showEdit,
    form: () => { showMiddle(); showEdit(); showComputing(); goOn(); },
    computing: showComputing,
    queue: () => { queue.update(state.queue); worklist.updateQueue(); },
    suggestion: () => { match.updateSuggestion(state.suggestion); showEdit(); },
    checks: showChecks,
    table: () => { if (state.table) overview.update(state.table, state.checks); },
    findings: () => { if (state.findings) findings.update(state.findings); },
    preview: showPreview,
  };
  /** Open the next undecided variable once the server says that the present one is dealt with. */
  function goOn() {
    const { variables = {}, aside = {} } = state.statuses ?? {};
    if (!waiting || actions.awaiting() || !(aside[waiting] || variables[waiting]?.status === "saved")) return;
    if (state.subject?.donor.name === waiting && state.form?.draft) return; // not saved: a conflict is being settled
    waiting = null;
    openNext();
  }

  /** Open the next undecided variable; a hand that lay on the match goes on to what it may mean. */
  function openNext() {
    const idle = !desk.contains(desk.getRootNode().activeElement);
    if (!worklist.openNext()) {
      toast.show("Every variable in this list is decided.");
      if (idle) actions.goToWork(false);
    } else if (idle) candidates.focusWhenShown();
  }

  const hand = createHand(desk);
  for (const part of PARTS) {
    model.on(part, () => hand.whenFree(part, () => {
      const next = read(part);
      // An answer to an older edit must not undo what the person did since; a newer one is coming.
      if (part === "form" && next && next.sequence < sequence && next.key === state.form?.key) return;
      // Nor must a variable that another was opened after take its place, and what is typed there.
      if (part === "subject" && next && candidates.isOvertaken(next.donor.name)) return;
      state[part] = next;
      showers[part]();
    }));
  }

  model.on("msg:custom", (message) => hand.whenFree(null, () => answer(message)));
  function answer(reply) {
    if (reply.severity === "error") {
      exchange.stop();
      if (candidates.isOnItsWay()) { // it may not have been opened: what the server shows counts
        candidates.stopWaiting();
        state.subject = read("subject");
        showSubject();
      }
    }
    if (["problem", "checked", "levels_of", "recodes"].includes(reply.kind)) match.answer(reply);
    else if (exchange.answer(reply)) return;
    else if (reply.kind === "toast") toast.show(reply.message, { severity: reply.severity, undo: reply.undo ? () => send(reply.undo) : null });
    else if (reply.kind === "alike") match.levels.showAlike(reply);
    else if (reply.kind === "download") saveDownload(reply);
    else if (reply.kind in overview.answers) overview.answers[reply.kind](reply);
    else if (reply.kind in dialogs) dialogs[reply.kind](reply);
  }

  function onKey(event) {
    if (dialogs.element.open || !desk.isConnected) return;
    const key = event.key.toLowerCase();
    const command = event.ctrlKey || event.metaKey;
    if (key === "/" && !command && !isTyping(event)) { event.preventDefault(); worklist.focusSearch(); return; }
    if (state.place?.view !== "match") return;
    if (command && (key === "s" || key === "enter")) {
      event.preventDefault();
      // A key held down, or pressed again before the next match is there, must not save what nobody has seen.
      if (event.repeat || (key === "enter" && waiting)) return;
      const field = event.composedPath()[0];
      field?.blur?.(); // what is typed in it counts
      setTimeout(() => {
        actions.save();
        if (key === "s" || worklist.element.contains(field)) field?.focus?.({ preventScroll: true });
        // Saved already, or without a match that could be saved, it only moves on.
        if (key === "enter" && match.element.hidden) openNext();
        else if (key === "enter") { waiting = state.subject?.donor.name ?? null; goOn(); }
      }, 0);
      return;
    }
    if (isTyping(event)) return;
    if (command) match.levels.finishNumber();
    if (command && (key === "y" || (key === "z" && event.shiftKey))) { event.preventDefault(); send({ kind: "redo" }); }
    else if (command && key === "z") {
      event.preventDefault();
      if (!match.element.hidden || !toast.takeBack()) send({ kind: "undo" }); // with no match open, what was decided last
    }
    else if (key === "f" && !command && !match.element.hidden) { event.preventDefault(); match.levels.focusFilter(); }
    else if (key === "?") dialogs.help();
    else if (!candidates.element.hidden && candidates.decisionKey(event)) event.preventDefault();
    else if (!match.element.hidden && queue.key(event)) event.preventDefault();
    else if (key === "a" && !command && !match.element.hidden && match.suggestion.takeAll()) event.preventDefault();
    else if (!match.element.hidden && match.levels.pageKey(event)) event.preventDefault();
  }
  document.addEventListener("keydown", onKey);
  model.on("remove", () => { document.removeEventListener("keydown", onKey); notices.remove(); hand.remove(); });

  for (const part of PARTS) if (!["labels", "rows", "form"].includes(part)) showers[part]();
  showSubject();
  if (state.place.notice) toast.show(state.place.notice, { severity: "error" });
  requestAnimationFrame(() => worklist.select(state.subject?.donor.name ?? null, "center"));
  return desk;
}
