// The menu of what can be done with many levels or all groups at once, and the dialogue to paste a table.
import { h } from "./dom.js";

const WORDS = { donor: "donor", recipient: "recipient" };

export function createGroupMenu(actions, levels) {
  const items = h("div.menu-items", { role: "menu", hidden: true });
  const button = h("button", { type: "button", "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": "Groups", title: "Group many levels at once, renumber, paste a table", onclick: () => toggle(items.hidden) }, "Groups ▾");
  const element = h("div.menu", { onkeydown: onKey, onfocusout: (event) => { if (!element.contains(event.relatedTarget)) toggle(false); } }, button, items);

  function item(text, title, action) {
    return h("button.menu-item", { type: "button", role: "menuitem", title, onclick: () => { toggle(false); button.focus(); action(); } }, text);
  }

  function build() {
    const each = (side) => item(`Each ${chosen(side)} its own group`, "Numbered in the order of the list", () => actions.edit({ kind: "group_each", side, levels: levels.selection(side) }));
    const sections = (side) => (levels.lists[side].hasSections() ? item(`One group per prefix of ${chosen(side)}`, "Levels that start with the same code share a group", () => actions.edit({ kind: "group_sections", side, levels: levels.selection(side) })) : null);
    items.replaceChildren(...[
      item("Same name on both sides: one group", "Levels without a group whose names agree, apart from case and punctuation", () => actions.edit({ kind: "group_names" })),
      each("donor"), each("recipient"), sections("donor"), sections("recipient"),
      item("Number groups 1, 2, 3 …", "Without gaps, in their order", () => actions.edit({ kind: "renumber" })),
      item("Paste a table for the donor …", "Two columns from a spreadsheet: level and group", () => actions.askTable("donor")),
      item("Paste a table for the recipient …", "Two columns from a spreadsheet: level and group", () => actions.askTable("recipient")),
    ].filter(Boolean));
  }

  const chosen = (side) => { const count = levels.selection(side).length; return count ? `of ${count} selected ${WORDS[side]} levels` : `${WORDS[side]} level`; };

  function toggle(open) {
    if (open) build();
    items.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (open) items.firstChild.focus();
  }

  function onKey(event) {
    if (items.hidden) return;
    event.stopPropagation();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") { toggle(false); button.focus(); }
    if (!step) return;
    event.preventDefault();
    const all = [...items.children];
    const at = all.findIndex((one) => one.matches(":focus"));
    all[(at + step + all.length) % all.length].focus();
  }

  return { element };
}

/** What the dialogue to paste a table shows: `[title, body, read]`, where `read` returns the text. */
export function tableQuestion(side) {
  const text = h("textarea", { rows: 10, dir: "auto", spellcheck: "false", "aria-label": `Table of ${side} levels and groups`, placeholder: "Yes\t1\nNo\t2\nDon't know\tdrop" });
  const body = [h("p", {}, "Copy two columns from a spreadsheet and paste them here: the level, then its group. A group is a number, a name, “drop”, or empty; a third column may hold the group’s name."), text];
  return [`Paste groups of ${side} levels`, body, () => text.value];
}

/** What is shown after a table was pasted: `[title, body]` with the rows that did not match. */
export function tableReport({ summary, entries }) {
  const rows = entries.map((entry) => h("tr", {}, h("th", { scope: "row", dir: "auto" }, entry.key), h("td", {}, entry.message)));
  return ["Pasted table", [h("p", {}, summary), h("table.changes", {}, h("tbody", {}, ...rows))]];
}
