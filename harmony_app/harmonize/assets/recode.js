// A recode edited by itself: its classes with their answers on the left, what a change does on the right.
import { changesTable } from "./changes.js";
import { fold, h, isTyping, matches, paintBadge, plainLabel, setText, when, words } from "./dom.js";
import { createRecodeList } from "./recode_list.js";

const NO_CLASS = "none";
const PAUSE = 700; // milliseconds between the digits of one number
const KIND_TITLES = { start: "Every answer that starts with these words", bin: "A range of a number; the breaks are on the right" };

export function createRecode(actions, dialogs) {
  let recode = null; // what the server last said of the open one
  let outcome = null;
  let palette = [];
  let rows = []; // the entries in the order they are shown
  let cursor = ""; // id of the entry under the keyboard
  let anchor = "";
  const selected = new Set();
  const digits = { text: "", timer: null };
  let wanted = ""; // the recode asked for, so that a late answer for another one is not shown

  const back = h("button", { type: "button", onclick: () => actions.back() }, "← All harmonies");
  const which = h("select", { "aria-label": "Recode", onchange: () => open(which.value) });
  const status = h("span.muted.target-status", { role: "status", "aria-live": "polite" });
  const undo = h("button", { type: "button", title: "Undo (Ctrl Z)", "aria-label": "Undo", onclick: () => send("recode_back") }, "↶");
  const redo = h("button", { type: "button", title: "Redo (Ctrl Shift Z)", "aria-label": "Redo", onclick: () => send("recode_again") }, "↷");
  const discard = h("button", { type: "button", title: "Drop the edits that are not saved", onclick: () => send("recode_discard") }, "Discard edits");
  const save = h("button.primary", { type: "button", title: "Save, and change the harmonies listed on the right (Ctrl S)", onclick: () => send("recode_keep") }, "Save recode");
  const own = [undo, redo, discard, save];
  const head = h("div.overview-tools", {}, back, h("h2", {}, "Recodes"), which, status, ...own);

  const search = h("input.search", { type: "search", placeholder: "Search answers", "aria-label": "Search the answers of the recode", oninput: draw,
    onkeydown: (event) => { if (["ArrowDown", "Enter"].includes(event.key)) { event.preventDefault(); move(0); list.focus(); } if (event.key === "Escape") { search.value = ""; draw(); list.focus(); } } });
  const added = h("input", { type: "text", maxlength: 500, placeholder: "An answer to add", "aria-label": "An answer to add", dir: "auto",
    onkeydown: (event) => { if (event.key === "Enter") { event.preventDefault(); add(); } } });
  const kind = h("select", { "aria-label": "What is added" }, h("option", { value: "answer" }, "this answer"), h("option", { value: "start" }, "all that start like this"));
  const tools = h("div.recode-tools", {}, search, h("span.space"), added, kind, h("button", { type: "button", onclick: add }, "Add"));
  const bar = h("div.recode-bar", { role: "toolbar", "aria-label": "Chosen answers" });
  const list = h("div.recode-answers", { role: "listbox", "aria-multiselectable": "true", tabindex: 0, "aria-label": "Answers of the recode", onkeydown: onListKey });
  const detail = h("div.matrix-detail");
  const news = h("div.recode-news", { role: "alert", hidden: true });
  const body = h("div.matrix-body.recode-body", {}, h("div.recode-main", {}, tools, list, bar), detail);
  const all = createRecodeList(actions);
  const element = h("div.compare.recode-view", { hidden: true, onkeydown: onKey }, head, news, all.element, body);

  const about = createAbout();
  const effect = h("div.recode-effect", { "aria-live": "polite" });
  detail.append(about.element, effect);

  // Messages --------------------------------------------------------------------------------

  const send = (kind_, rest = {}) => recode && actions.send({ kind: kind_, name: recode.name, ...rest });
  const edit = (act, rest = {}) => send("recode_edit", { act, ...rest });
  const chosen = () => (selected.size ? rows.filter((row) => selected.has(row.id)) : rows.filter((row) => row.id === cursor)).map((row) => [row.kind === "unknown" ? "answer" : row.kind, row.key]);

  function open(name) { wanted = name; setText(status, "Reading …"); actions.send({ kind: "recode_view", name }); }
  function put(group) { const entries = chosen(); if (entries.length) { step(); edit("put", { entries, group }); selected.clear(); } }
  function putNew() { const entries = chosen(); dialogs.ask("A new class", "Name of the class", "", "Open it", (title) => { edit("put_new", { entries, title }); selected.clear(); }); }
  function add() {
    const text = added.value.trim();
    if (!text) { added.focus(); return; }
    const at = rows.find((row) => row.id === cursor);
    edit("put", { entries: [[kind.value, text]], group: at && at.group !== null ? at.group : recode.classes[0][0] });
    added.value = "";
  }
  /** The cursor goes on below what leaves its place. */
  function step() {
    const at = rows.findLastIndex((row) => selected.has(row.id) || row.id === cursor);
    const next = rows.slice(at + 1).find((row) => !selected.has(row.id)) ?? rows.findLast((row, index) => index < at && !selected.has(row.id));
    if (next) cursor = next.id;
  }

  // Showing ---------------------------------------------------------------------------------

  function receive(reply) {
    const isOther = reply.open?.name !== recode?.name;
    recode = reply.open;
    wanted = recode?.name ?? "";
    if (isOther) { outcome = null; selected.clear(); cursor = ""; search.value = ""; }
    which.replaceChildren(h("option", { value: "" }, "All recodes"), ...[...reply.recodes].sort((a, b) => a.title.localeCompare(b.title)).map((item) => h("option", { value: item.name }, `${item.title}${item.uses ? ` (used ${item.uses}×)` : ""}${item.draft ? " (edited)" : ""}`)));
    which.value = wanted;
    all.element.hidden = Boolean(recode);
    body.hidden = !recode;
    own.forEach((button) => { button.hidden = !recode; });
    all.update(reply.recodes);
    showNews();
    if (!recode) { setText(status, `${reply.recodes.length} recodes`); all.focus(); return; }
    undo.disabled = !recode.can_undo;
    redo.disabled = !recode.can_redo;
    discard.disabled = save.disabled = !recode.changed;
    setText(status, [recode.standard ? "standard; saving keeps a changed copy in this workspace" : recode.new ? "not saved yet" : `saved ${when(recode.modified)}${recode.author ? ` by ${recode.author}` : ""} · revision ${recode.revision}`, recode.changed ? "edits kept, not saved" : null].filter(Boolean).join(" · "));
    about.update(recode);
    draw();
    showEffect();
    if (isOther && !isFieldActive()) list.focus();
  }

  const isFieldActive = () => { const active = element.getRootNode().activeElement; return active && element.contains(active) && ["INPUT", "TEXTAREA", "SELECT"].includes(active.tagName); };

  function showNews() {
    const found = recode?.news;
    news.hidden = !found;
    if (!found) return;
    const rows_ = found.clashes.map(([what, mine, theirs]) => [what, mine, theirs, []]);
    const together = (prefer, text) => h("button", { type: "button", onclick: () => send("recode_together", { prefer }) }, text);
    news.replaceChildren(h("p", {}, `${found.by || "Somebody"} saved revision ${found.revision} of this recode while you edited it. ${rows_.length ? "Where you changed the same thing, yours is on the left, theirs on the right:" : "You changed different things, so both fit together."}`),
      rows_.length ? changesTable(rows_) : "", h("div.named-acts", {}, ...(rows_.length ? [together("mine", "Merge, mine first"), together("theirs", "Merge, theirs first")] : [together("mine", "Merge both")]),
        h("button", { type: "button", onclick: () => send("recode_discard") }, "Drop my edits")));
  }

  function draw() {
    if (!recode) return;
    const query = words(search.value);
    const unknown = (outcome?.name === recode.name ? outcome.unknown : []).filter((item) => !recode.entries.some(([kind_, key]) => kind_ === "answer" && key === item.text));
    const entries = [...recode.entries.map(([kind_, key, text, group]) => ({ id: `${kind_}:${key}`, kind: kind_, key, text, group })),
      ...unknown.map((item) => ({ id: `unknown:${item.text}`, kind: "unknown", key: item.text, text: item.text, group: NO_CLASS, about: item }))]
      .filter((row) => matches(fold(row.text), query));
    const classes = [...recode.classes, ...(entries.some((row) => row.group === "drop") ? [["drop", "Left out"]] : []), ...(unknown.length ? [[NO_CLASS, "Answers in its harmonies that it does not cover"]] : [])];
    rows = classes.flatMap(([code]) => entries.filter((row) => row.group === code));
    for (const id of [...selected]) if (!rows.some((row) => row.id === id)) selected.delete(id);
    if (!rows.some((row) => row.id === cursor)) cursor = rows.find((row) => cursor.endsWith(`:${row.key}`))?.id ?? rows[0]?.id ?? "";
    list.replaceChildren(...classes.flatMap(([code, name]) => [classHead(code, name, entries.filter((row) => row.group === code).length), ...rows.filter((row) => row.group === code).map(entry)]));
    showCursor();
    drawBar();
  }

  function classHead(code, name, count) {
    const isClass = typeof code === "number";
    const field = isClass ? h("input.class-name", { type: "text", value: name, maxlength: 200, dir: "auto", "aria-label": `Name of class ${code}`,
      onkeydown: (event) => { if (event.key === "Enter") { event.preventDefault(); list.focus(); } if (event.key === "Escape") { field.value = name; list.focus(); } },
      onchange: () => edit("rename", { code, title: field.value }) }) : h("strong", {}, name);
    const button = (text, label, act) => h("button.icon", { type: "button", "aria-label": label, title: label, onclick: act }, text);
    return h("div.recode-class", { role: "presentation" }, paintBadge(h("span.badge-group"), palette, isClass ? code : code === "drop" ? "drop" : null), field, h("span.muted", {}, `${count} answer${count === 1 ? "" : "s"}`),
      ...(isClass ? [button("↑", `Move ${name} up`, () => edit("move", { code, step: -1 })), button("↓", `Move ${name} down`, () => edit("move", { code, step: 1 })), button("×", `Remove ${name}`, () => removeClass(code, name))] : []));
  }

  function removeClass(code, name) {
    const others = recode.classes.filter(([known]) => known !== code);
    dialogs.choose(`Remove the class “${name}”?`, "Its answers go to", [...others.map(([known, text]) => [known, text]), [null, "no class: they leave the recode"]], "Remove it", (into) => edit("join", { code, into }));
  }

  function entry(row) {
    const seen = row.kind === "answer" ? outcome?.seen?.[row.key] : null;
    const note = row.about ? `${row.about.groups.join(", ")} · ${row.about.places.join("; ")}${row.about.more ? ` and ${row.about.more} more` : ""}` : row.kind === "start" ? "all that start like this" : row.kind === "bin" ? "range" : seen ? `in ${seen} harmon${seen > 1 ? "ies" : "y"}` : "";
    return h("div.recode-answer", { role: "option", id: `recode-${rows.indexOf(row)}`, "data-id": row.id, title: row.about ? note : KIND_TITLES[row.kind], "aria-selected": String(selected.has(row.id)),
      onclick: (event) => { pick(row.id, event); list.focus({ preventScroll: true }); } },
    h("span.recode-text", { dir: "auto" }, row.kind === "start" ? `${plainLabel(row.text)} …` : plainLabel(row.text)), h("span.muted", { dir: "auto" }, note));
  }

  function pick(id, { shiftKey, ctrlKey, metaKey }) {
    if (shiftKey && anchor) select(anchor, id);
    else if (ctrlKey || metaKey) { if (!selected.delete(id)) selected.add(id); anchor = id; } else { selected.clear(); selected.add(id); anchor = id; }
    cursor = id;
    showCursor();
    drawBar();
  }

  function select(from, to) {
    const [first, last] = [from, to].map((id) => rows.findIndex((row) => row.id === id)).sort((a, b) => a - b);
    if (first < 0) return;
    selected.clear();
    rows.slice(first, last + 1).forEach((row) => selected.add(row.id));
  }

  function showCursor() {
    for (const option of list.querySelectorAll("[role=option]")) {
      const isHere = option.dataset.id === cursor;
      option.classList.toggle("cursor", isHere);
      option.setAttribute("aria-selected", String(selected.has(option.dataset.id)));
      if (isHere) { list.setAttribute("aria-activedescendant", option.id); option.scrollIntoView({ block: "nearest" }); }
    }
  }

  function drawBar() {
    const count = selected.size;
    const button = (code, text) => h("button.small", { type: "button", title: `Put the chosen answers into ${text}`, onclick: () => { put(code); list.focus(); } }, paintBadge(h("span.badge-group"), palette, code), h("span", { dir: "auto" }, text));
    bar.replaceChildren(h("span.muted", {}, count ? `${count} chosen, to` : "The answer under the cursor, to"), ...recode.classes.map(([code, name]) => button(code, name)),
      h("button.small", { type: "button", title: "Key n", onclick: putNew }, "a new class …"), h("button.small", { type: "button", title: "Rows with these answers are left out (key x)", onclick: () => { put("drop"); list.focus(); } }, "left out"),
      h("button.small", { type: "button", title: "Take these answers out of the recode (Delete)", onclick: () => { put(null); list.focus(); } }, "forget"));
  }

  function showEffect() {
    const found = outcome?.name === recode?.name ? outcome : null;
    if (!found) { effect.replaceChildren(h("p.muted", {}, "Looking for harmonies that use it …")); return; }
    const { changes, uses } = found;
    setText(save, changes.length ? `Save, and change ${changes.length} harmon${changes.length > 1 ? "ies" : "y"}` : "Save recode");
    const go = (item) => h("button.link", { type: "button", title: `Open ${item.key}`, onclick: () => actions.send({ kind: "open_row", pair: item.pair, key: item.key }) }, `${item.title}: ${item.key}`);
    const listed = changes.map((item) => h("details", { open: changes.length < 4 }, h("summary", {}, `${item.title}: `, h("span.mono", {}, item.key),
      item.draft ? h("strong.is-warning", {}, " · you have an unsaved draft of it: save or discard that first") : null, item.undecided.length ? h("strong.is-warning", {}, ` · ${item.undecided.length} to decide, kept as a draft`) : null),
    changesTable(item.changes), item.undecided.length ? h("p", { dir: "auto" }, `To decide: ${item.undecided.map(plainLabel).join("; ")}`) : null, go(item)));
    effect.replaceChildren(...[
      h("h3", {}, changes.length ? `Saving changes ${changes.length} harmon${changes.length > 1 ? "ies" : "y"}` : recode.changed ? "Saving changes no harmony" : "Nothing is changed yet"), ...listed,
      h("details", { open: !changes.length && uses.length > 0 && uses.length < 9 }, h("summary", {}, uses.length ? `Used by ${uses.length} side${uses.length > 1 ? "s" : ""} of saved harmonies` : "No saved harmony uses it"), h("ul.recode-uses", {}, ...uses.map((item) => h("li", {}, go(item), h("span.muted", {}, `, ${item.side}`))))),
      recode.source ? h("details", {}, h("summary", {}, "Source"), h("p.muted", { dir: "auto" }, recode.source)) : null].filter(Boolean));
  }

  function createAbout() {
    const title = h("input", { type: "text", maxlength: 120, dir: "auto", "aria-label": "Title of the recode", onchange: change });
    const note = h("textarea", { rows: 2, maxlength: 2000, dir: "auto", "aria-label": "Note on the recode", placeholder: "What people who use it should know", onchange: change });
    const ordered = h("input", { type: "checkbox", onchange: change });
    const breaks = h("input.code-input", { type: "text", placeholder: "such as 18, 65", "aria-label": "Breaks of a number", onchange: cut });
    const problem = h("p.feedback.is-error", { role: "alert", hidden: true });
    const copy = h("button.small", { type: "button", onclick: () => dialogs.ask(`A copy of “${recode.title}”`, "Its name", `${recode.title}, copy`, "Copy it", (name) => actions.send({ kind: "recode_new", title: name, copy: recode.name })) }, "Copy …");
    const remove = h("button.small", { type: "button", onclick: () => actions.removeRecode({ ...recode, uses: outcome?.uses?.length ?? 0 }) }, "Remove");
    function change() { edit("about", { title: title.value, note: note.value, ordered: ordered.checked }); }
    function cut() {
      const points = breaks.value.split(/[,;\s]+/).filter(Boolean).map(Number);
      problem.hidden = points.every(Number.isFinite);
      setText(problem, problem.hidden ? "" : "Write the breaks as numbers with commas between them, such as 18, 65");
      if (problem.hidden) edit("breaks", { points });
    }
    return {
      element: h("div.recode-about", {}, h("label.field", {}, "Title", title), h("label.field", {}, "Note", note), h("label.field", {}, "Numbers are cut at", breaks), problem,
        h("div.named-acts", {}, h("label.check", {}, ordered, "the classes have an order"), h("span.space"), copy, remove)),
      update(next) {
        title.value = next.title;
        note.value = next.note;
        ordered.checked = next.ordered;
        breaks.value = next.breakpoints.join(", ");
        remove.hidden = next.standard || next.new;
      },
    };
  }

  // Keys ------------------------------------------------------------------------------------

  function move(by, { select: extend = false } = {}) {
    if (!rows.length) return;
    const at = Math.max(0, rows.findIndex((row) => row.id === cursor));
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
    if (extend) { anchor ||= cursor; select(anchor, next.id); } else { anchor = ""; }
    cursor = next.id;
    showCursor();
    drawBar();
  }

  function onListKey(event) {
    if (event.target !== list || event.ctrlKey || event.metaKey || event.altKey) return;
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 12, PageUp: -12, Home: -rows.length, End: rows.length };
    if (event.key in steps) move(steps[event.key], { select: event.shiftKey });
    else if (event.key === " ") { if (!selected.delete(cursor)) selected.add(cursor); anchor = cursor; showCursor(); drawBar(); }
    else if (event.key === "Escape") { selected.clear(); showCursor(); drawBar(); }
    else if (/^\d$/.test(event.key)) digit(event.key);
    else if (event.key === "n") putNew();
    else if (event.key === "x") put("drop");
    else if (event.key === "Delete") put(null);
    else if (event.key === "f") search.focus();
    else if (event.key === "F2") { const at = rows.find((row) => row.id === cursor); [...list.querySelectorAll(".class-name")][recode.classes.findIndex(([code]) => code === at?.group)]?.select(); }
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** A class by its number: at once where no other class begins with these digits, else after a pause. */
  function digit(key) {
    clearTimeout(digits.timer);
    digits.text += key;
    const codes = recode.classes.map(([code]) => String(code));
    const longer = codes.some((code) => code !== digits.text && code.startsWith(digits.text));
    const take = () => { const code = Number(digits.text); digits.text = ""; if (codes.includes(String(code))) put(code); else setText(status, `There is no class ${code}; press n for a new one`); };
    if (longer) digits.timer = setTimeout(take, PAUSE); else take();
  }

  function onKey(event) {
    if (!recode || !(event.ctrlKey || event.metaKey)) return;
    const key = event.key.toLowerCase();
    if (key === "s") {
      event.preventDefault();
      const field = event.composedPath()[0];
      field?.blur?.(); // what is typed in it counts
      setTimeout(() => { if (!event.repeat) send("recode_keep"); field?.focus?.({ preventScroll: true }); }, 0);
    } else if (key === "z" && !isTyping(event)) { event.preventDefault(); send(event.shiftKey ? "recode_again" : "recode_back"); }
    else if (key === "y" && !isTyping(event)) { event.preventDefault(); send("recode_again"); }
    else return;
    event.stopPropagation();
  }

  return {
    element,
    start: open,
    palette(next) { palette = next; },
    answers: {
      recode_desk: (reply) => { if (!element.hidden) receive(reply); },
      recode_outcome: (reply) => { if (reply.name !== recode?.name) return; outcome = reply; draw(); showEffect(); },
      recode_news: (reply) => { if (!element.hidden) open(reply.name === recode?.name ? reply.name : wanted); },
    },
  };
}
