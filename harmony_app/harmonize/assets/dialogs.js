// Dialogues: confirm a delete, resolve a conflict, look at history, write a comment.
import { changesTable } from "./changes.js";
import { createConflict } from "./conflict.js";
import { decisionQuestion } from "./decision.js";
import { h, setText, when } from "./dom.js";
import { tableQuestion, tableReport } from "./group_menu.js";
import { recodeQuestion } from "./named.js";
import { keysBody } from "./keys.js";
import { createReview } from "./review.js";

export function createDialogs(actions) {
  const element = h("dialog.dialog", { onclose: () => element.replaceChildren(), onclick: (event) => { if (event.target === element) element.close(); } });

  function open(title, body, buttons) {
    const heading = h("h2", { id: "dialog-title" }, title);
    element.setAttribute("aria-labelledby", "dialog-title");
    element.replaceChildren(heading, h("div.dialog-body", {}, ...body), h("div.dialog-buttons", {}, ...buttons));
    if (!element.open) element.showModal();
    (body.find((part) => part.tagName === "TEXTAREA") ?? buttons.at(-1)).focus();
  }

  const close = (text = "Cancel") => h("button", { type: "button", onclick: () => element.close() }, text);
  const act = (text, style, action) => h(`button${style}`, { type: "button", onclick: () => { element.close(); action(); } }, text);

  const shell = { open, close: () => element.close() };
  const conflict = createConflict(shell, actions);
  let compared = null;

  /** Two lists of revisions; choosing shows what differs between them. */
  function comparison(revisions) {
    const lists = [1, 0].map((index) => h("select", { "aria-label": index ? "Earlier revision" : "Later revision", onchange: ask },
      ...revisions.map((revision, at) => h("option", { value: revision, selected: at === index }, `revision ${revision}`))));
    compared = h("div.compared", { "aria-live": "polite" });
    function ask() { actions.send({ kind: "compare", a: Number(lists[0].value), b: Number(lists[1].value) }); }
    return h("details.compare", { ontoggle: (event) => { if (event.target.open) ask(); } }, h("summary", {}, "Compare two revisions"),
      h("div.compare-choice", {}, lists[0], " → ", lists[1]), compared);
  }

  return {
    review: createReview(shell, actions),
    element,
    close: () => element.close(),
    confirmDelete(form) {
      open(`Delete ${form.key}?`, [h("p", {}, "The saved harmony is removed for everybody. Its history stays, and you can undo this.")],
        [close(), act("Delete", ".danger", () => actions.send({ kind: "delete" }))]);
    },
    confirmDeleteMany(count, action) {
      open(`Delete ${count} harmon${count === 1 ? "y" : "ies"}?`, [h("p", {}, "They are removed for everybody. Their history stays, and you can undo this.")], [close(), act("Delete", ".danger", action)]);
    },
    confirmDiscard(form) {
      open("Discard your draft?", [h("p", {}, form.revision ? `Your unsaved changes of ${form.key} are dropped; revision ${form.revision} stays as it is.` : `Your unsaved harmony ${form.key} is dropped.`)],
        [close(), act("Discard draft", ".danger", () => actions.send({ kind: "discard" }))]);
    },
    comment(form) {
      const text = h("textarea", { rows: 6, maxlength: 4000, "aria-label": "Comment", value: form.comment, dir: "auto" });
      open(`Comment on ${form.key}`, [text], [close(), act("Keep comment", ".primary", () => actions.edit({ kind: "comment", text: text.value.trim() }))]);
    },
    decide(names) {
      const [title, body, read] = decisionQuestion(names.length);
      open(title, body, [close(), act("Set aside", ".primary", () => actions.send({ kind: "decide", variables: names, ...read() }))]);
    },
    table_report(reply) { open(...tableReport(reply), [close("Close")]); },
    table(side) {
      const [title, body, read] = tableQuestion(side);
      open(title, body, [close(), act("Take these groups", ".primary", () => { if (read().trim()) actions.pasteTable(side, read()); })]);
    },
    conflict,
    recode_changes(reply) {
      const [title, body, word] = recodeQuestion(reply);
      open(title, body, [close(), act(word, ".primary", () => actions.send({ kind: "recode_save", side: reply.side, name: reply.name, title: reply.title }))]);
    },
    /** Ask for one text. */
    ask(title, label, value, word, action) {
      const field = h("input", { type: "text", maxlength: 120, "aria-label": label, value, dir: "auto", onkeydown: (event) => { if (event.key === "Enter") { event.preventDefault(); done.click(); } } });
      const done = h("button.primary", { type: "button", onclick: () => { if (!field.value.trim()) { field.focus(); return; } element.close(); action(field.value.trim()); } }, word);
      open(title, [h("label.field", {}, label, field)], [close(), done]);
      field.select();
    },
    /** Ask for one of several answers, each a value and its words. */
    choose(title, label, choices, word, action) {
      const field = h("select", { "aria-label": label }, ...choices.map(([, text], at) => h("option", { value: at }, text)));
      open(title, [h("label.field", {}, label, field)], [close(), act(word, ".primary", () => action(choices[Number(field.value)][0]))]);
      field.focus();
    },
    removeRecode(item) {
      const uses = item.uses ? `${item.uses} side${item.uses > 1 ? "s" : ""} of saved harmonies use it; they keep their groups and no longer change together.` : "No saved harmony uses it.";
      open(`Remove the recode “${item.title}”?`, [h("p", {}, uses)], [close(), act("Remove", ".primary", () => actions.send({ kind: "recode_remove", name: item.name }))]);
    },
    comparison(reply) {
      compared?.replaceChildren(reply.changes.length ? changesTable(reply.changes) : h("p.muted", {}, `Revision ${reply.a} and revision ${reply.b} are identical.`));
    },
    history(reply) {
      const entries = reply.entries.map((entry) => h("li", {},
        h("div.history-head", {}, h("strong", {}, entry.action), ` ${when(entry.time)} by ${entry.author}${entry.revision ? ` · revision ${entry.revision}` : ""}`,
          entry.restorable ? h("button.small", { type: "button", onclick: () => { element.close(); actions.send({ kind: "restore", entry: entry.id }); } }, "Restore this") : null),
        entry.text ? h("p", { dir: "auto" }, entry.text) : null,
        entry.changes.length ? changesTable(entry.changes) : null));
      open(`History of ${reply.key}`, [
        reply.revisions.length > 1 ? comparison(reply.revisions) : null,
        entries.length ? h("ol.history", {}, ...entries) : h("p", {}, "Nothing has been saved yet."),
        reply.older ? h("p.muted", {}, `${reply.older} older changes are not listed; any revision can be compared.`) : null].filter(Boolean), [close("Close")]);
    },
    deleted(reply) {
      const rows = reply.entries.map((entry) => h("li.deleted", {}, h("div.history-head", {}, h("strong.mono", {}, entry.key), ` deleted ${when(entry.time)} by ${entry.who}`,
        h("button.small", { type: "button", onclick: () => { element.close(); actions.send({ kind: "undelete", key: entry.key }); } }, "Restore")),
        entry.comment ? h("p.muted", { dir: "auto" }, entry.comment) : null));
      open("Deleted harmonies", [rows.length ? h("ol.history", {}, ...rows) : h("p", {}, "No harmony of this pair is deleted.")], [close("Close")]);
    },
    help() {
      open("Keys", [keysBody()], [close("Close")]);
    },
  };
}

/** The strip at the bottom of the match: where the draft stands, and what can be done with it. */
export function createFooter(actions, dialogs) {
  let form = null;
  let isKept = true;
  const state = h("span.draft-state", { role: "status", "aria-live": "polite" });
  const history = h("button", { type: "button", title: "Who changed what, and earlier revisions to restore", onclick: () => actions.send({ kind: "history" }) }, "History");
  const comment = h("button", { type: "button", onclick: () => dialogs.comment(form) });
  const remove = h("button", { type: "button", onclick: () => dialogs.confirmDelete(form) }, "Delete");
  const discard = h("button", { type: "button", "aria-label": "Discard draft", title: "Go back to what is saved", onclick: () => dialogs.confirmDiscard(form) }, "Discard", h("span.word", {}, " draft"));
  const save = h("button.primary", { type: "button", title: "Save for everybody (Ctrl S)", "aria-label": "Save harmony", onclick: () => actions.save() }, "Save", h("span.word", {}, " harmony"));

  function showState() {
    const saved = form.revision ? `saved ${when(form.modified)}${form.author ? ` by ${form.author}` : ""} · revision ${form.revision}` : "not saved yet";
    setText(state, form.draft ? `${isKept ? "draft kept" : "draft not kept"} · ${saved}` : saved);
    state.title = state.textContent;
  }

  return {
    element: h("footer.match-footer", {}, state, dialogs.review.button, history, comment, discard, remove, save),
    update(next) {
      form = next;
      showState();
      setText(comment, form.comment ? "Comment ●" : "Comment");
      comment.title = form.comment || "Say why the harmony is as it is";
      remove.hidden = !form.revision;
      discard.hidden = !form.draft;
      save.disabled = !form.can_save;
    },
    /** Say whether the last edit reached the disk. */
    updateKept(next) {
      isKept = next;
      if (form) showState();
    },
  };
}

/** A message that goes away by itself, with an optional undo. */
export function createToast() {
  const text = h("span");
  const button = h("button.small", { type: "button" });
  const element = h("div.toast", { role: "status", hidden: true }, text, button);
  let timer = null;
  return {
    element,
    /** Take the offer to undo, if one is shown; says whether it was. */
    takeBack() {
      if (element.hidden || button.hidden) return false;
      button.click();
      return true;
    },
    show(message, { undo = null, severity = "note" } = {}) {
      clearTimeout(timer);
      element.className = `toast is-${severity}`;
      setText(text, message);
      button.hidden = !undo;
      setText(button, "Undo");
      button.onclick = () => { element.hidden = true; undo?.(); };
      element.hidden = false;
      timer = setTimeout(() => { element.hidden = true; }, undo ? 12000 : 6000);
    },
  };
}
