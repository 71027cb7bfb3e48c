// Recodes: groupings with a name. One side uses one, saves its own under a name, or goes its own way.
import { changesTable } from "./changes.js";
import { debounce, fold, h, matches, setText, words } from "./dom.js";

/** A recode that knows fewer of the answers is found by search alone. */
const FITS_FROM = 0.4;

export function createNamed(side, actions) {
  let now = null;
  let choices = [];
  let current = null;
  let asked = null;

  const search = h("input.search", { type: "search", placeholder: "Search recodes", "aria-label": `Search recodes for the ${side}`, oninput: draw,
    onkeydown: (event) => { if (event.key === "Enter") { event.preventDefault(); list.querySelector("button:not(:disabled)")?.click(); } } });
  const list = h("ul.named-list", { "aria-label": "Recodes" });
  const own = h("div.named-own", { hidden: true });
  const title = h("input", { type: "text", maxlength: 120, placeholder: "such as Education, 5 classes", "aria-label": "Name of the recode", dir: "auto",
    onkeydown: (event) => { if (event.key === "Enter") { event.preventDefault(); save(); } } });
  const keep = h("button", { type: "button", onclick: save }, "Save as a recode …");
  const form = h("div.named-save", {}, h("label.inline", {}, "This side’s grouping as ", title), keep);
  const problem = h("p.feedback.is-error", { role: "alert", hidden: true });
  const element = h("div.named", {}, h("div.editor-head", {}, h("strong", {}, "Recode"), h("span.muted", {}, "a grouping with a name, changed in one place")), problem, own, form, h("div.named-choice", {}, search, list));

  const ask = debounce(() => actions.ask({ kind: "recodes", side }), 80);
  const use = (name, both) => actions.edit({ kind: "recode_use", side, name, both });
  function save() { if (title.value.trim()) actions.ask({ kind: "recode_preview", side, title: title.value.trim() }); else title.focus(); }

  function draw() {
    const wanted = words(search.value);
    const shown = choices.filter((item) => item.name !== current?.name && matches(fold(`${item.name} ${item.title} ${item.groups.join(" ")} ${item.source}`), wanted));
    const fitting = wanted.length ? shown : shown.filter((item) => item.share >= FITS_FROM);
    list.replaceChildren(...fitting.map(row));
    if (!fitting.length) list.append(h("li.muted", {}, wanted.length ? "No recode has these words." : "No recode covers these answers. Group them, and save the grouping under a name."));
  }

  function row(item) {
    const known = now.breakpoints.length || !now.groups.length ? "its own bins" : item.known === item.total ? `covers all ${item.total} answers` : `covers ${item.known} of ${item.total} answers`;
    const facts = [known, `${item.groups.length} groups`, item.uses ? `used ${item.uses} time${item.uses > 1 ? "s" : ""}` : null, item.standard ? "standard" : item.by ? `by ${item.by}` : null].filter(Boolean).join(" · ");
    return h("li", { title: [item.groups.join(" · "), item.source, item.note].filter(Boolean).join("\n\n") },
      h("span.named-words", {}, h("strong", { dir: "auto" }, item.title), h("span.muted", {}, facts)),
      h("button.small", { type: "button", disabled: !item.known, onclick: () => use(item.name, false) }, "Use"),
      item.both ? h("button.small", { type: "button", title: "It covers every answer of the other side as well", onclick: () => use(item.name, true) }, "on both sides") : null,
      h("button.small", { type: "button", title: "See and edit its classes", onclick: () => actions.showRecode(item.name) }, "Edit"),
      item.standard ? null : h("button.small", { type: "button", title: "Remove it; harmonies that use it keep their groups", onclick: () => actions.removeRecode(item) }, "Remove"));
  }

  function drawOwn() {
    own.hidden = !current;
    form.hidden = Boolean(current) && !current.differs.length && !current.unknown.length;
    if (!current) { own.replaceChildren(); return; }
    const { differs, unknown, uses } = current;
    const decided = unknown.some(([, group]) => group !== "no group");
    own.replaceChildren(...[
      h("p", {}, "Follows ", h("strong", { dir: "auto" }, current.title), ".", current.note ? h("span.muted", { dir: "auto" }, ` ${current.note}`) : null),
      current.source ? h("details", {}, h("summary", {}, "Source"), h("p.muted", { dir: "auto" }, current.source)) : null,
      differs.length ? h("details", { open: true }, h("summary", {}, `${differs.length} answer${differs.length > 1 ? "s are" : " is"} grouped differently from the recode`),
        h("ul", {}, ...differs.map(([level, group, expected]) => h("li", { dir: "auto" }, `${level}: ${/^\d/.test(group) ? `group ${group}` : group}, the recode says ${expected}`)))) : null,
      unknown.length ? h("details", { open: unknown.some(([, group]) => group === "no group") }, h("summary", {}, `${unknown.length} answer${unknown.length > 1 ? "s" : ""} it does not cover, for you to decide`),
        h("ul", {}, ...unknown.map(([level, group]) => h("li", { dir: "auto" }, `${level}: ${/^\d/.test(group) ? `group ${group}` : group}`)))) : null,
      h("details", {}, h("summary", {}, uses.length ? `Used in ${uses.length} other place${uses.length > 1 ? "s" : ""}` : "Used nowhere else yet"),
        h("ul", {}, ...uses.map((item) => h("li", {}, h("button.link", { type: "button", onclick: () => actions.send({ kind: "open_row", pair: item.pair, key: item.key }) }, `${item.title}: ${item.key}`), h("span.muted", {}, `, ${item.side}${item.differs ? `, ${item.differs} differ` : ""}`))))),
      h("div.named-acts", {},
        differs.length || decided ? h("button", { type: "button", title: "Change the recode, and with it every harmony that uses it", onclick: () => actions.ask({ kind: "recode_preview", side, name: current.name, title: current.title }) }, "Change the recode to this …") : null,
        differs.length ? h("button", { type: "button", onclick: () => use(current.name, false) }, "Take the recode’s groups") : null,
        h("button", { type: "button", title: "See and edit its classes, with all harmonies that use it", onclick: () => actions.showRecode(current.name) }, "Edit the recode"),
        h("button", { type: "button", title: "Keep these groups, and no longer change with the recode", onclick: () => actions.edit({ kind: "recode_detach", side }) }, "Detach"))].filter(Boolean));
  }

  return {
    body: element,
    focus() { problem.hidden = true; ask(); (current ? own.querySelector("button:not(.link)") : search)?.focus(); },
    update(next) {
      now = next;
      const state = JSON.stringify([next.recode, next.groups, next.breakpoints]);
      if (asked !== state && element.isConnected) ask();
      asked = state;
      keep.disabled = title.disabled = !next.grouped;
    },
    reset() { search.value = ""; title.value = ""; choices = []; current = null; asked = null; list.replaceChildren(); drawOwn(); },
    answer(reply) {
      if (reply.kind !== "recodes") { problem.hidden = !reply.message; setText(problem, [reply.message, reply.hint].filter(Boolean).join(" ")); return; }
      choices = reply.choices;
      current = reply.current;
      draw();
      drawOwn();
    },
  };
}

/** What the chip of a side says: `[text, set, title]`. */
export function namedChip({ recode }) {
  if (!recode) return ["recode", false, "Group by a recode: a grouping with a name that other harmonies use too"];
  const more = recode.missing ? " · removed" : recode.differs ? ` · ${recode.differs} differ` : recode.unknown ? ` · ${recode.unknown} own` : "";
  return [`⟲ ${recode.title}${more}`, true, recode.missing ? "This recode was removed; the groups stay" : `Groups follow the recode “${recode.title}”${recode.differs ? `; ${recode.differs} answers are grouped otherwise` : ""}${recode.unknown ? `; it does not know ${recode.unknown}` : ""}`];
}

/** The dialogue before a recode is changed: `[title, body, word]`. */
export function recodeQuestion({ title, exists, changes }) {
  const places = changes.map((item) => h("details", { open: changes.length < 4 }, h("summary", {}, `${item.title}: `, h("span.mono", {}, item.key), item.undecided.length ? h("strong", {}, ` · ${item.undecided.length} to decide, kept as a draft`) : null),
    changesTable(item.changes), item.undecided.length ? h("p", { dir: "auto" }, `To decide: ${item.undecided.join("; ")}`) : null));
  const text = !exists ? "It can then be used by other harmonies, and changed in one place."
    : changes.length ? `${changes.length} saved harmon${changes.length > 1 ? "ies change" : "y changes"} with it:` : "No other harmony changes.";
  return [exists ? `Change the recode “${title}”?` : `Save the recode “${title}”?`, [h("p", {}, text), ...places], exists ? "Change it everywhere" : "Save it"];
}
