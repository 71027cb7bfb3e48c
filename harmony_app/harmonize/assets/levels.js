// The two level lists with everything that puts levels into groups: click-click, drag, keys, table.
import { h, isTyping, paintBadge, s, setText } from "./dom.js";
import { createLevelList } from "./level_list.js";
import { drawLinks } from "./links.js";

const OTHER = { donor: "recipient", recipient: "donor" };

export function createLevels(actions) {
  const selected = { donor: new Set(), recipient: new Set() };
  let cursor = { side: null, index: null };
  let anchor = null;
  let form = null;
  let names = {};
  let palette = [];
  let hovered = null;
  let frame = null;

  const handlers = { changed: scheduleLinks, selectShown, typed, pasted };
  const lists = { donor: createLevelList("donor", handlers), recipient: createLevelList("recipient", handlers) };
  const svg = s("svg", { class: "links", "aria-hidden": "true", preserveAspectRatio: "none" });
  const dragLine = s("path", { class: "drag-line" });
  const overlay = s("svg", { class: "drag-overlay", "aria-hidden": "true" }, dragLine);
  const hint = h("span.hint", {}, "Select levels and press 0–9, drag one onto another, or click both ends. ",
    h("kbd", {}, "n"), " new group  ", h("kbd", {}, "Del"), " no group  ", h("kbd", {}, "x"), " leave out  ", h("kbd", {}, "/"), " filter");
  const count = h("strong");
  const choices = h("div.choices", { role: "group", "aria-label": "Put the selected levels into a group" });
  const others = h("div.choices.fixed", {},
    h("button.small", { type: "button", title: "n", onclick: () => assign(nextCode()) }, "+ new group"),
    h("button.small", { type: "button", title: "Delete", onclick: () => assign(null) }, "no group"),
    h("button.small", { type: "button", title: "Rows with these levels leave the comparison (x)", onclick: () => assign("drop") }, "leave out"));
  const assignBar = h("div.assign-bar", { role: "toolbar", "aria-label": "Selected levels" }, hint, count, choices, others);

  for (const side of ["donor", "recipient"]) {
    const { list } = lists[side];
    list.addEventListener("pointerdown", (event) => startPress(event, side));
    list.addEventListener("keydown", (event) => onKey(event, side));
    list.addEventListener("pointerover", (event) => hover(rowAt(event.target, side)?.group ?? null));
    list.addEventListener("pointerleave", () => hover(null));
    list.addEventListener("focus", () => { if (cursor.side !== side) setCursor(side, lists[side].visible()[0]?.index ?? null); });
  }
  new ResizeObserver(scheduleLinks).observe(svg);
  for (const side of ["donor", "recipient"]) new ResizeObserver(scheduleLinks).observe(lists[side].list);

  function rowAt(target, side) {
    const element = target instanceof Element ? target.closest(".level") : null;
    return element && lists[side].list.contains(element) ? lists[side].byIndex(Number(element.dataset.index)) : null;
  }

  function hover(group) {
    const next = typeof group === "number" ? group : null;
    if (next !== hovered) { hovered = next; scheduleLinks(); }
  }

  function scheduleLinks() {
    if (frame) return;
    frame = requestAnimationFrame(() => {
      frame = null;
      const area = svg.getBoundingClientRect();
      if (!form || form.table || !area.height) { svg.replaceChildren(); return; }
      drawLinks(svg, lists.donor.ends(area.top), lists.recipient.ends(area.top), { width: area.width, height: area.height, palette, active: hovered, paired: form.sides.donor.grouped && form.sides.recipient.grouped });
    });
  }

  // Selecting -------------------------------------------------------------------------------

  function setCursor(side, index) {
    cursor = { side, index };
    refresh();
    if (index !== null) lists[side].reveal(index);
  }

  function clear() {
    selected.donor.clear();
    selected.recipient.clear();
    refresh();
  }

  function refresh() {
    for (const side of ["donor", "recipient"]) {
      lists[side].markSelected(selected[side], cursor.side === side ? cursor.index : null);
    }
    const total = selected.donor.size + selected.recipient.size;
    hint.hidden = total > 0;
    count.hidden = choices.hidden = others.hidden = total === 0;
    setText(count, `${total} selected`);
  }

  function selectShown(side) {
    for (const row of lists[side].visible()) selected[side].add(row.index);
    setCursor(side, lists[side].visible()[0]?.index ?? null);
  }

  function selectRange(side, from, to) {
    const order = lists[side].visible().map((row) => row.index);
    const [start, end] = [order.indexOf(from), order.indexOf(to)].sort((a, b) => a - b);
    if (start < 0) { selected[side].add(to); return; }
    for (const index of order.slice(start, end + 1)) selected[side].add(index);
  }

  function press(side, index, event) {
    const other = selected[OTHER[side]];
    if (event.shiftKey && anchor?.side === side) selectRange(side, anchor.index, index);
    else if (event.ctrlKey || event.metaKey) {
      if (!selected[side].delete(index)) selected[side].add(index);
      anchor = { side, index };
    } else if (other.size) {
      link(OTHER[side], [...other], side, index);
      return;
    } else {
      const alone = selected[side].size === 1 && selected[side].has(index);
      clear();
      if (!alone) selected[side].add(index);
      anchor = { side, index };
    }
    setCursor(side, index);
  }

  // Putting levels into groups --------------------------------------------------------------

  const groupOf = (side, index) => form.sides[side].groups[index] ?? null;

  function nextCode() {
    const used = codes();
    let code = 1;
    while (used.includes(code)) code += 1;
    return code;
  }

  const codes = () => [...new Set([...form.sides.donor.groups, ...form.sides.recipient.groups])].filter((code) => typeof code === "number").sort((a, b) => a - b);

  /** Levels of one side join a level: into its group, else bringing their own, else a new one. */
  function link(side, indices, targetSide, target) {
    let group = groupOf(targetSide, target);
    const changed = { donor: [], recipient: [] };
    if (group === null || group === "drop") {
      group = indices.map((index) => groupOf(side, index)).find((code) => typeof code === "number") ?? nextCode();
      changed[targetSide].push(target);
    }
    changed[side].push(...indices);
    clear();
    setCursor(targetSide, target);
    actions.assign(changed, group);
  }

  function assign(group) {
    const chosen = { donor: [...selected.donor], recipient: [...selected.recipient] };
    if (!chosen.donor.length && !chosen.recipient.length && cursor.index !== null) chosen[cursor.side].push(cursor.index);
    const total = chosen.donor.length + chosen.recipient.length;
    if (!total) return false;
    actions.assign(chosen, group);
    clear();
    if (total === 1) advance(chosen.donor.length ? "donor" : "recipient", chosen.donor[0] ?? chosen.recipient[0]);
    return true;
  }

  /** After one level was decided by key, the next one is ready for the next key. */
  function advance(side, index) {
    const order = lists[side].visible().map((row) => row.index);
    const next = order[order.indexOf(index) + 1];
    if (next === undefined) return;
    selected[side].add(next);
    anchor = { side, index: next };
    setCursor(side, next);
  }

  function typed(side, index, text) {
    const group = readCode(text);
    if (group === undefined) { lists[side].byIndex(index).input.value = groupOf(side, index) ?? ""; actions.problem("match", "A group is a number, “drop”, or empty."); return; }
    actions.assign({ donor: [], recipient: [], [side]: [index] }, group);
  }

  function pasted(side, index, event) {
    const lines = event.clipboardData.getData("text").trim().split(/\r?\n/).map((line) => readCode(line.split("\t").at(-1)));
    if (lines.length < 2) return;
    event.preventDefault();
    if (lines.includes(undefined)) { actions.problem("match", "The pasted column holds something else than group numbers."); return; }
    const order = lists[side].visible().map((row) => row.index);
    const start = order.indexOf(index);
    actions.assignEach(side, lines.slice(0, order.length - start).map((group, offset) => [order[start + offset], group]));
  }

  function readCode(text) {
    const clean = text.trim().toLowerCase();
    if (clean === "") return null;
    if (clean === "drop" || clean === "x") return "drop";
    const value = Number(clean.replace(",", "."));
    return Number.isFinite(value) ? value : undefined;
  }

  // Pressing and dragging -------------------------------------------------------------------

  function startPress(event, side) {
    if (event.button !== 0 || event.target.closest("input")) return;
    const row = rowAt(event.target, side);
    if (!row) return;
    const start = { x: event.clientX, y: event.clientY };
    let dragging = false;
    let target = null;
    const move = (now) => {
      if (!dragging && Math.hypot(now.clientX - start.x, now.clientY - start.y) < 6) return;
      dragging = true;
      target = showDrag(row, side, now, target);
    };
    const stop = (now) => {
      document.removeEventListener("pointermove", move);
      document.removeEventListener("pointerup", stop);
      document.removeEventListener("pointercancel", stop);
      dragLine.removeAttribute("d");
      target?.row.element.classList.remove("target");
      if (now.type === "pointercancel") return;
      if (!dragging) press(side, row.index, now);
      else if (target) {
        const moved = selected[side].has(row.index) ? [...selected[side]] : [row.index];
        link(side, moved, target.side, target.row.index);
      }
    };
    document.addEventListener("pointermove", move);
    document.addEventListener("pointerup", stop);
    document.addEventListener("pointercancel", stop);
    lists[side].list.focus({ preventScroll: true });
    event.preventDefault();
  }

  function showDrag(row, side, event, before) {
    const area = overlay.getBoundingClientRect();
    const box = row.element.getBoundingClientRect();
    const from = { x: (side === "donor" ? box.right : box.left) - area.left, y: box.top + box.height / 2 - area.top };
    const to = { x: event.clientX - area.left, y: event.clientY - area.top };
    dragLine.setAttribute("d", `M${from.x},${from.y}C${(from.x + to.x) / 2},${from.y} ${(from.x + to.x) / 2},${to.y} ${to.x},${to.y}`);
    const under = overlay.getRootNode().elementFromPoint(event.clientX, event.clientY);
    let target = null;
    for (const name of ["donor", "recipient"]) {
      const { list } = lists[name];
      const edge = list.getBoundingClientRect();
      if (event.clientX >= edge.left && event.clientX <= edge.right) {
        if (event.clientY < edge.top + 24) list.scrollTop -= 12;
        if (event.clientY > edge.bottom - 24) list.scrollTop += 12;
      }
      const found = under ? rowAt(under, name) : null;
      if (found && found !== row) target = { side: name, row: found };
    }
    if (before?.row !== target?.row) { before?.row.element.classList.remove("target"); target?.row.element.classList.add("target"); }
    return target;
  }

  // Keys ------------------------------------------------------------------------------------

  function onKey(event, side) {
    if (event.target !== lists[side].list) return;
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -1e9, End: 1e9 }[event.key];
    if (step !== undefined) { event.preventDefault(); moveCursor(side, step, event.shiftKey); return; }
    if (event.key === (side === "donor" ? "ArrowRight" : "ArrowLeft")) {
      event.preventDefault();
      const other = OTHER[side];
      lists[other].list.focus({ preventScroll: true });
      return;
    }
    if (cursor.index === null) return;
    if (event.key === " ") {
      event.preventDefault();
      if (!selected[side].delete(cursor.index)) selected[side].add(cursor.index);
      anchor = { side, index: cursor.index };
      refresh();
    } else if (event.key === "Enter") {
      event.preventDefault();
      press(side, cursor.index, { shiftKey: false, ctrlKey: false, metaKey: false });
    } else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "a") {
      event.preventDefault();
      selectShown(side);
    }
  }

  function moveCursor(side, step, extend) {
    const order = lists[side].visible().map((row) => row.index);
    if (!order.length) return;
    const at = cursor.side === side ? order.indexOf(cursor.index) : -1;
    const next = order[Math.min(order.length - 1, Math.max(0, at + step))];
    if (extend) { selected[side].add(cursor.index ?? next); selectRange(side, cursor.index ?? next, next); }
    else if (!selected[OTHER[side]].size) { selected[side].clear(); selected[side].add(next); anchor = { side, index: next }; }
    setCursor(side, next);
  }

  /** Keys that work wherever the focus is, as long as nobody is typing. */
  function pageKey(event) {
    if (!form || isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.key === "Escape" && selected.donor.size + selected.recipient.size) { clear(); return true; }
    const onList = event.composedPath().includes(lists.donor.list) || event.composedPath().includes(lists.recipient.list);
    if (!onList && selected.donor.size + selected.recipient.size === 0) return false;
    if (/^[0-9]$/.test(event.key)) return assign(Number(event.key));
    if (event.key === "Delete" || event.key === "Backspace") return assign(null);
    if (event.key === "n") return assign(nextCode());
    if (event.key === "x") return assign("drop");
    return false;
  }

  function showChoices() {
    const known = codes();
    const buttons = known.map((code) => {
      const badge = paintBadge(h("span.badge-group"), palette, code);
      return h("button.small", { type: "button", title: names[code] ?? `Group ${code}`, onclick: () => assign(code) }, badge, names[code] ? h("span.choice-name", { dir: "auto" }, names[code]) : null);
    });
    choices.replaceChildren(...buttons);
  }

  return {
    lists, svg, overlay, assignBar, pageKey, clear, redraw: scheduleLinks,
    newGroup: () => assign(nextCode()),
    /** Select all levels of a group, so that one key moves them into another. */
    selectGroup(code) {
      for (const side of ["donor", "recipient"]) {
        selected[side].clear();
        form.sides[side].groups.forEach((group, index) => { if (group === code) selected[side].add(index); });
      }
      refresh();
      for (const side of ["donor", "recipient"]) if (selected[side].size) lists[side].reveal(Math.min(...selected[side]));
    },
    focusFilter: () => lists[cursor.side ?? "recipient"].focusFilter(),
    hasSelection: () => selected.donor.size + selected.recipient.size > 0,
    update(next, rows, options) {
      form = { ...next, table: options.table };
      palette = options.palette;
      names = Object.fromEntries(next.names);
      const present = { donor: new Set(next.sides.donor.groups), recipient: new Set(next.sides.recipient.groups) };
      for (const side of ["donor", "recipient"]) {
        const both = next.sides.donor.grouped && next.sides.recipient.grouped;
        const lone = new Set(both ? [...present[side]].filter((code) => typeof code === "number" && !present[OTHER[side]].has(code)) : []);
        lists[side].setLabels(rows[side].labels, rows[side].shares);
        lists[side].setMode({ table: options.table, byGroup: options.byGroup });
        lists[side].setGroups(next.sides[side].groups, palette, lone);
        const limit = rows[side].labels.length;
        for (const index of selected[side]) if (index >= limit) selected[side].delete(index);
      }
      showChoices();
      refresh();
      scheduleLinks();
    },
  };
}
