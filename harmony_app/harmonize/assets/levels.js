// The two level lists with everything that puts levels into groups: click-click, drag, keys, table.
import { createGroupBar } from "./group_bar.js";
import { createGroupCodes } from "./group_codes.js";
import { h, isTyping, number, s, setText } from "./dom.js";
import { createDrag } from "./level_drag.js";
import { createLevelList } from "./level_list.js";
import { countGroups, groupsInUse } from "./level_order.js";
import { createLevelTable } from "./level_table.js";
import { drawLinks } from "./links.js";

const OTHER = { donor: "recipient", recipient: "donor" };
const SIDES = ["donor", "recipient"];
const PAGE = 10;

export function createLevels(actions) {
  const selected = { donor: new Set(), recipient: new Set() };
  let cursor = { side: null, key: null };
  let anchor = null;
  let form = null;
  let options = { table: false, sort: "survey", palette: [] };
  let groups = [];
  let alike = { donor: null, recipient: null };
  let compared = "";
  let hovered = null;
  let awaited = null;
  let frame = null;

  const handlers = { changed: scheduleLinks, selectShown, invert, fold: (side, entry) => { lists[side].fold(entry.name, !entry.folded); setCursor(side, entry.key); } };
  const lists = {};
  Object.assign(handlers, createLevelTable(lists, actions, () => refresh()));
  Object.assign(lists, { donor: createLevelList("donor", handlers), recipient: createLevelList("recipient", handlers) });
  const svg = s("svg", { class: "links", "aria-hidden": "true", preserveAspectRatio: "none" });
  const drag = createDrag(lists, {
    press, sweep, isSelected: (side, entry) => isSelected(side, entry),
    hold: (side, entry) => (isSelected(side, entry) ? [...selected[side]] : entry.indices),
    link: (side, indices, targetSide, entry) => link(side, indices, targetSide, entry),
    drop: (side, indices, place) => give({ donor: [], recipient: [], [side]: indices }, { new: nextCode(), none: null, out: "drop" }[place] ?? (place === "new" || place === "none" ? null : Number(place))),
  });
  const codesTyped = createGroupCodes({ candidates: () => [...codes(), nextCode()], take: (code) => assign(code), show: (text) => { setText(pending, text ? `group ${text}_` : ""); } });
  const bar = createGroupBar({
    nextCode, bothGrouped: () => Boolean(form?.sides.donor.grouped && form.sides.recipient.grouped),
    chooseGroup(code, name) { if (!hasSelection() && name === null) selectGroup(code); else assign(code, name); },
    backToList: () => lists[cursor.side ?? "recipient"].list.focus({ preventScroll: true }),
    rename: (code, name) => actions.edit({ kind: "rename", code, name }),
    moveGroup: (code, before) => actions.edit({ kind: "move_group", code, before }),
    dragGroup: (event, code, chip) => drag.beginGroup(event, code, chip, {
      merge: (from, into) => actions.edit({ kind: "merge", code: from, into }), move: (from, before) => actions.edit({ kind: "move_group", code: from, before }), after: bar.after }),
  });

  const hint = h("span.hint", {}, "Select levels, then type a group’s number, drag them, or click both ends.", h("span.hint-keys", {}, " ",
    h("kbd", {}, "n"), " new  ", h("kbd", {}, "g"), " find  ", h("kbd", {}, "Del"), " none  ", h("kbd", {}, "?"), " all keys"));
  const count = h("strong", { role: "status" });
  const pending = h("span.pending", { role: "status" });
  const spread = h("button.small", { type: "button", title: "Select all levels that start with the same code (p)", onclick: selectSection }, "same prefix");
  const others = h("div.choices", {},
    h("button.small", { type: "button", title: "n", "data-drop": "new", onclick: () => assign(nextCode()) }, "+ new group"),
    h("button.small", { type: "button", title: "Delete", "data-drop": "none", onclick: () => assign(null) }, "no group"),
    h("button.small", { type: "button", title: "Rows with these levels are left out (x)", "data-drop": "out", onclick: () => assign("drop") }, "leave out"), spread);
  const assignBar = h("div.assign-bar", {}, h("div.assign-line", { role: "toolbar", "aria-label": "Selected levels" }, hint, count, pending, others), bar.element);

  for (const side of SIDES) {
    const { list } = lists[side];
    list.addEventListener("pointerdown", (event) => { if (!acceptClicked(event, side)) drag.begin(event, side); });
    list.addEventListener("dblclick", (event) => { const entry = lists[side].entryAt(event.target); if (entry?.index === null) handlers.fold(side, entry); });
    list.addEventListener("keydown", (event) => onKey(event, side));
    list.addEventListener("pointerover", (event) => { const entry = lists[side].entryAt(event.target); hover(entry ? mainGroup(side, entry) : null); });
    list.addEventListener("pointerleave", () => hover(null));
    list.addEventListener("focus", () => { if (cursor.side !== side || !lists[side].entry(cursor.key)) setCursor(side, lists[side].entries()[0]?.key ?? null); });
  }
  for (const element of [svg, lists.donor.list, lists.recipient.list]) new ResizeObserver(scheduleLinks).observe(element);

  function hover(group) {
    const next = typeof group === "number" ? group : null;
    if (next !== hovered) { hovered = next; scheduleLinks(); }
  }

  function scheduleLinks() {
    if (frame) return;
    frame = requestAnimationFrame(() => {
      frame = null;
      const area = svg.getBoundingClientRect();
      if (!form || options.table || !area.height) { svg.replaceChildren(); return; }
      drawLinks(svg, lists.donor.ends(area.top), lists.recipient.ends(area.top), { width: area.width, height: area.height, palette: options.palette, active: hovered, paired: form.sides.donor.grouped && form.sides.recipient.grouped });
    });
  }

  // Selecting -------------------------------------------------------------------------------

  const hasSelection = () => selected.donor.size + selected.recipient.size > 0;
  const isSelected = (side, entry) => entry.indices.every((index) => selected[side].has(index));

  function setCursor(side, key) {
    cursor = { side, key };
    if (key !== null) lists[side].reveal(key);
    refresh();
  }

  function clear() {
    selected.donor.clear();
    selected.recipient.clear();
    codesTyped.cancel();
    refresh();
  }

  function refresh() {
    // A level that went out of the list, into a closed section, leaves the cursor on its heading.
    if (cursor.key?.startsWith("l") && !lists[cursor.side].entry(cursor.key)) cursor.key = lists[cursor.side].entryOf(Number(cursor.key.slice(1)))?.key ?? null;
    for (const side of SIDES) lists[side].markSelected(selected[side], cursor.side === side ? cursor.key : null);
    const total = selected.donor.size + selected.recipient.size;
    hint.hidden = total > 0;
    count.hidden = others.hidden = total === 0;
    setText(count, total === 1 ? "1 selected" : `${number(total)} selected`);
    spread.hidden = !SIDES.some((side) => [...selected[side]].some((index) => lists[side].sectionOf(index)));
    compare();
  }

  /** Where the other side is ordered by likeness, ask what is like the selected levels. */
  function compare() {
    if (options.sort !== "alike") return;
    const { chosen } = meant();
    const sides = SIDES.filter((side) => chosen[side].length);
    if (sides.length !== 1) return;
    const [side] = sides;
    const question = JSON.stringify([side, chosen[side]]);
    if (question !== compared) { compared = question; actions.send({ kind: "alike", side, levels: chosen[side] }); }
  }

  const shownIndices = (side) => lists[side].entries().flatMap((entry) => entry.indices);

  function selectShown(side) {
    codesTyped.finish();
    for (const index of shownIndices(side)) selected[side].add(index);
    setCursor(side, lists[side].entries()[0]?.key ?? null);
  }

  function invert(side) {
    codesTyped.finish();
    const shown = new Set(shownIndices(side));
    selected[side] = new Set([...shown].filter((index) => !selected[side].has(index)));
    refresh();
  }

  function selectRange(side, from, to) {
    const order = lists[side].entries();
    const [start, end] = [from, to].map((key) => order.findIndex((entry) => entry.key === key)).sort((a, b) => a - b);
    for (const entry of start < 0 ? order.filter((item) => item.key === to) : order.slice(start, end + 1)) for (const index of entry.indices) selected[side].add(index);
  }

  function sweep(side, from, to) {
    codesTyped.finish();
    selected[side].clear();
    selected[OTHER[side]].clear();
    selectRange(side, from.key, to.key);
    anchor = { side, key: from.key };
    cursor = { side, key: to.key };
    refresh();
  }

  function selectSection() {
    codesTyped.finish();
    const { chosen } = meant();
    for (const side of SIDES) {
      const names = new Set(chosen[side].map((index) => lists[side].sectionOf(index)).filter(Boolean));
      form.sides[side].groups.forEach((_, index) => { if (names.has(lists[side].sectionOf(index))) selected[side].add(index); });
    }
    refresh();
  }

  function toggle(side, entry) {
    const off = isSelected(side, entry);
    for (const index of entry.indices) if (off) selected[side].delete(index); else selected[side].add(index);
    anchor = { side, key: entry.key };
  }

  function press(side, entry, event) {
    codesTyped.finish(); // a number still waiting is meant for what was selected before
    if (event.shiftKey && anchor?.side === side) selectRange(side, anchor.key, entry.key);
    else if (event.ctrlKey || event.metaKey) toggle(side, entry);
    else if (selected[OTHER[side]].size) {
      link(OTHER[side], [...selected[OTHER[side]]], side, entry);
      return;
    } else {
      const alone = selected[side].size === entry.indices.length && isSelected(side, entry);
      clear();
      if (!alone) toggle(side, entry);
      anchor = { side, key: entry.key };
    }
    setCursor(side, entry.key);
  }

  /** Select all levels of a group, so that one key moves them into another. */
  function selectGroup(code) {
    for (const side of SIDES) {
      selected[side].clear();
      form.sides[side].groups.forEach((group, index) => { if (group === code) selected[side].add(index); });
    }
    refresh();
    for (const side of SIDES) {
      const first = selected[side].size ? lists[side].entryOf(Math.min(...selected[side])) : null;
      if (first) lists[side].reveal(first.key);
    }
  }

  // Putting levels into groups --------------------------------------------------------------

  const groupOf = (side, index) => form.sides[side].groups[index] ?? null;
  const mainGroup = (side, entry) => countGroups(entry.indices, form.sides[side].groups)[0][0];
  const codes = () => groups.map((group) => group.code);

  function nextCode() {
    const used = new Set(codes());
    let code = 1;
    while (used.has(code)) code += 1;
    return code;
  }

  function give(chosen, group, name = null) {
    if (name !== null) actions.newGroup(chosen, group, name);
    else actions.assign(chosen, group);
    clear();
  }

  /** Levels of one side join a row: into its group, else bringing their own, else a new one. */
  function link(side, indices, targetSide, entry) {
    let group = mainGroup(targetSide, entry);
    const changed = { donor: [], recipient: [] };
    if (typeof group !== "number") {
      group = indices.map((index) => groupOf(side, index)).find((code) => typeof code === "number") ?? nextCode();
      changed[targetSide].push(...entry.indices.filter((index) => typeof groupOf(targetSide, index) !== "number"));
    }
    changed[side].push(...indices);
    give(changed, group);
    setCursor(targetSide, entry.key);
  }

  /** What a key is meant for: the levels selected, else the row pointed at; and the row after a single one. */
  function meant() {
    const at = cursor.side && lists[cursor.side].entry(cursor.key);
    const chosen = { donor: [...selected.donor], recipient: [...selected.recipient] };
    if (!at) return { chosen, next: null };
    if (!hasSelection()) chosen[cursor.side] = [...at.indices];
    const alone = chosen[cursor.side].length === at.indices.length && !chosen[OTHER[cursor.side]].length && at.indices.every((index) => chosen[cursor.side].includes(index));
    return { chosen, next: alone ? following(cursor.side, at) : null };
  }

  function assign(group, name = null) {
    const { chosen, next } = meant();
    if (!chosen.donor.length && !chosen.recipient.length) return false;
    give(chosen, group, name);
    if (next) advance(...next);
    return true;
  }

  /** The row after one; after the donor's last row the recipient's first that is still open. */
  function following(side, entry) {
    const order = lists[side].entries();
    const next = order[order.indexOf(entry) + 1];
    if (next) return [side, next];
    const first = side === "donor" ? lists.recipient.entries().find((one) => mainGroup("recipient", one) === null) : null;
    return first ? ["recipient", first] : null;
  }

  /**
   * After one row was decided by key, the next one is pointed at, ready for the next key.
   *
   * It is not selected: what a person then clicks, or finds by the filter, must not take it along.
   */
  function advance(side, entry) {
    const here = lists[side].entry(entry.key);
    if (!here) return;
    anchor = { side, key: here.key };
    setCursor(side, here.key);
    lists[side].list.focus({ preventScroll: true });
  }

  /** Put levels into the groups suggested for them, and go on to the next row. */
  function acceptMeant() {
    const { chosen, next } = meant();
    if (!SIDES.map((side) => acceptSuggested(side, chosen[side])).includes(true)) return false;
    clear();
    if (next) advance(...next);
    return true;
  }

  /** Put the selected levels into the groups suggested for them. */
  function acceptSuggested(side, indices) {
    const offered = options.suggested?.[side] ?? [];
    const pairs = indices.filter((index) => groupOf(side, index) === null && typeof offered[index] === "number").map((index) => [index, offered[index]]);
    if (pairs.length) actions.assignEach(side, pairs);
    return pairs.length > 0;
  }

  function acceptClicked(event, side) {
    const entry = event.button === 0 && event.target.closest(".badge-group.suggested") ? lists[side].entryAt(event.target) : null;
    if (entry) event.preventDefault();
    return Boolean(entry) && acceptSuggested(side, entry.indices);
  }

  // Keys ------------------------------------------------------------------------------------

  function onKey(event, side) {
    if (event.target !== lists[side].list) return;
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE, PageUp: -PAGE, Home: -Infinity, End: Infinity }[event.key];
    if (step !== undefined) { event.preventDefault(); moveCursor(side, step, event.shiftKey); return; }
    const entry = cursor.side === side ? lists[side].entry(cursor.key) : null;
    const [across, along] = side === "donor" ? ["ArrowRight", "ArrowLeft"] : ["ArrowLeft", "ArrowRight"];
    if (event.key === across) { event.preventDefault(); lists[OTHER[side]].list.focus({ preventScroll: true }); return; }
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "a") { event.preventDefault(); selectShown(side); return; }
    if (!entry) return;
    if (event.key === along && entry.index === null) { event.preventDefault(); handlers.fold(side, entry); }
    else if (event.key === " ") { event.preventDefault(); toggle(side, entry); refresh(); }
    else if (event.key === "Enter") { event.preventDefault(); if (codesTyped.pending()) codesTyped.finish(); else press(side, entry, {}); }
  }

  function moveCursor(side, step, extend) {
    const order = lists[side].entries();
    if (!order.length) return;
    codesTyped.finish();
    const at = cursor.side === side ? order.findIndex((entry) => entry.key === cursor.key) : -1;
    const next = order[Math.min(order.length - 1, Math.max(0, at + step))];
    if (extend) {
      if (anchor?.side !== side) anchor = { side, key: order[Math.max(0, at)].key };
      selected[side].clear();
      selectRange(side, anchor.key, next.key);
    } else if (!selected[OTHER[side]].size) {
      selected[side] = new Set(next.indices);
      anchor = { side, key: next.key };
    }
    setCursor(side, next.key);
  }

  const KEYS = {
    Delete: () => assign(null), n: () => assign(nextCode()), x: () => assign("drop"), i: () => { invert(cursor.side ?? "recipient"); return true; },
    p: () => { selectSection(); return true; }, g: () => { bar.focus(); return true; },
    y: acceptMeant,
  };

  /** Keys that work wherever the focus is, as long as nobody is typing. */
  function pageKey(event) {
    if (!form || isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.key === "Escape" && (hasSelection() || codesTyped.pending())) { clear(); return true; }
    const onList = SIDES.some((side) => event.composedPath().includes(lists[side].list));
    if (!onList && !hasSelection()) return false;
    if (/^[0-9]$/.test(event.key)) { codesTyped.digit(event.key); return true; }
    if (event.key === "Backspace") { if (codesTyped.pending()) codesTyped.back(); else assign(null); return true; }
    return KEYS[event.key]?.() ?? false;
  }

  return {
    lists, svg, overlay: drag.overlay, assignBar, pageKey, clear, redraw: scheduleLinks, selectGroup, hasSelection,
    /** Once the levels of a harmony are shown, the keys are meant for them. */
    focusWhenShown(donor, recipient) { awaited = { donor, recipient }; },
    focus: () => lists[form?.sides.donor.grouped ? "donor" : "recipient"].list.focus({ preventScroll: true }),
    /** A group number still waiting for a further digit is taken as it is. */
    finishNumber: codesTyped.finish,
    selection: (side) => [...selected[side]],
    focusFilter: () => lists[cursor.side ?? "recipient"].focusFilter(),
    /** The server's answer to what is alike: the levels of `side`'s other side, best first. */
    showAlike({ key, side, scores }) {
      if (key !== form?.key) return;
      alike = { ...alike, [OTHER[side]]: new Map(scores.map(([index], rank) => [index, rank])) };
      lists[OTHER[side]].setMode({ ...options, alike: alike[OTHER[side]] });
    },
    update(next, labels, rows, view) {
      if (next.key !== form?.key) { alike = { donor: null, recipient: null }; compared = ""; }
      form = next;
      options = { ...view, suggested: { donor: rows.donor.suggested, recipient: rows.recipient.suggested } };
      const names = Object.fromEntries(next.names);
      const both = next.sides.donor.grouped && next.sides.recipient.grouped;
      groups = groupsInUse(next.sides, names, { donor: labels.donor.labels, recipient: labels.recipient.labels }, { donor: rows.donor.shares, recipient: rows.recipient.shares });
      for (const side of SIDES) {
        const lone = new Set(both ? groups.filter((group) => !group[OTHER[side]]).map((group) => group.code) : []);
        lists[side].setLabels(labels[side].labels, labels[side].sections);
        lists[side].setMode({ table: view.table, sort: view.sort, alike: alike[side] });
        lists[side].setData({ groups: next.sides[side].groups, shares: rows[side].shares, suggested: rows[side].suggested ?? null, palette: view.palette, lone });
        const limit = labels[side].labels.length;
        for (const index of selected[side]) if (index >= limit) selected[side].delete(index);
      }
      bar.update(groups, view.palette);
      if (awaited?.donor === next.sides.donor.variable && awaited.recipient === next.sides.recipient.variable) { awaited = null; lists[next.sides.donor.grouped ? "donor" : "recipient"].list.focus({ preventScroll: true }); }
      refresh();
      scheduleLinks();
    },
  };
}
