// One side's levels (or bins): a list that filters, sorts and paints itself, but decides nothing.
import { fold, groupColour, h, matches, number, paintBadge, percent, setText, words } from "./dom.js";

/** More rows than this are only reached by searching: nobody scrolls through 34,000 levels. */
const ROW_LIMIT = 1500;
const FILTER_FROM = 13;

export function createLevelList(side, handlers) {
  let rows = [];
  let labels = [];
  let shares = null;
  let groups = [];
  let palette = [];
  let table = false;
  let byGroup = false;
  let filter = [];
  let onlyOpen = false;
  let chosen = new Set();
  let cursorRow = null;

  const box = h("input.search", {
    type: "search", placeholder: "Filter …", "aria-label": `Filter ${side} levels`,
    oninput: () => { filter = words(box.value); applyFilter(); handlers.changed(); },
    onkeydown: (event) => {
      if (event.key === "Enter") { event.preventDefault(); handlers.selectShown(side); list.focus(); }
      if (event.key === "ArrowDown") { event.preventDefault(); list.focus(); }
      if (event.key === "Escape" && box.value) { event.stopPropagation(); box.value = ""; filter = []; applyFilter(); handlers.changed(); }
    },
  });
  const all = h("button.small", { type: "button", onclick: () => { handlers.selectShown(side); list.focus({ preventScroll: true }); } });
  const open = h("button.small", { type: "button", onclick: () => { onlyOpen = !onlyOpen; applyFilter(); handlers.changed(); } });
  const tools = h("div.level-tools", {}, box, all, open);
  const list = h("div.levels", { role: "listbox", tabindex: 0, "aria-multiselectable": "true", "aria-label": `Levels of the ${side}`, onscroll: handlers.changed });
  const note = h("p.list-note", { hidden: true });
  const element = h(`section.side-levels.${side}`, {}, tools, list, note);

  function build(next) {
    labels = next;
    rows = labels.length > ROW_LIMIT ? [] : labels.map(makeRow);
  }

  function makeRow(label, index) {
    const badge = h("span.badge-group");
    const share = h("span.share", { hidden: true });
    const bar = h("span.share-bar", { hidden: true });
    const input = h("input.code", { type: "text", inputmode: "decimal", "aria-label": `Group of ${label}`, hidden: true, onchange: () => handlers.typed(side, index, input.value), onkeydown: (event) => codeKey(event, index), onpaste: (event) => handlers.pasted(side, index, event) });
    const element = h("div.level", { role: "option", id: `${side}-${index}`, "data-index": index, "aria-selected": String(chosen.has(index)) },
      h("span.label", { dir: "auto" }, label),
      share, badge, input, bar);
    return { index, label, share, bar, haystack: fold(label), element, badge, input, group: undefined, visible: true };
  }

  function showShares() {
    const largest = Math.max(1e-9, ...(shares ?? [0]));
    for (const row of rows) {
      const share = shares?.[row.index] ?? null;
      row.share.hidden = row.bar.hidden = share === null;
      if (share === null) continue;
      setText(row.share, percent(share));
      row.bar.style.width = `${(100 * share) / largest}%`;
    }
  }

  function codeKey(event, index) {
    const step = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    event.stopPropagation();
    if (!step) return;
    event.preventDefault();
    const shown = visible();
    const next = shown[shown.findIndex((row) => row.index === index) + step];
    if (next) { next.input.focus(); next.input.select(); } else rows[index].input.blur();
  }

  function arrange() {
    const rank = (group) => (group === null ? 1e12 : group === "drop" ? 1e11 : group);
    const order = byGroup ? [...rows].sort((a, b) => rank(groups[a.index] ?? null) - rank(groups[b.index] ?? null) || a.index - b.index) : rows;
    list.replaceChildren(...order.map((row) => row.element));
  }

  function applyFilter() {
    let without = 0;
    if (labels.length > ROW_LIMIT) rebuildFromSearch();
    for (const row of rows) {
      const group = groups[row.index] ?? null;
      if (group === null) without += 1;
      row.visible = matches(row.haystack, filter) && (!onlyOpen || group === null);
      if (row.element.hidden === row.visible) row.element.hidden = !row.visible;
    }
    const shown = visible().length;
    setText(all, filter.length || onlyOpen ? `select ${shown} shown` : "select all");
    all.title = "Select every level shown (Enter in the filter)";
    setText(open, `${without} open`);
    open.title = "Show only levels that are in no group yet";
    open.disabled = without === 0 && !onlyOpen;
    open.setAttribute("aria-pressed", String(onlyOpen));
    tools.hidden = labels.length < FILTER_FROM;
  }

  function rebuildFromSearch() {
    rows = [];
    for (let index = 0; index < labels.length && rows.length < 300; index += 1) {
      if (matches(fold(labels[index]), filter)) rows.push(makeRow(labels[index], index));
    }
    paint();
    arrange();
    showShares();
    note.hidden = false;
    setText(note, `${number(labels.length)} levels; the first ${rows.length} that match are shown. Type in the filter to narrow them.`);
  }

  function paint() {
    for (const row of rows) {
      const group = groups[row.index] ?? null;
      if (row.group === group && row.painted === palette) continue;
      row.group = group;
      row.painted = palette;
      paintBadge(row.badge, palette, group);
      row.element.style.setProperty("--group", groupColour(palette, group) ?? "var(--muted)");
      row.input.value = group === null ? "" : group === "drop" ? "drop" : String(group);
    }
  }

  /** The rows shown, in the order shown. */
  const visible = () => [...list.children].map((child) => byIndex(Number(child.dataset.index))).filter((row) => row?.visible);
  const byIndex = (index) => (rows[index]?.index === index ? rows[index] : rows.find((row) => row.index === index));

  return {
    element, list, visible, byIndex,
    rows: () => rows,
    focusFilter: () => (tools.hidden ? list : box).focus(),
    setLabels(nextLabels, nextShares) {
      if (labels.length !== nextLabels.length || labels.some((label, index) => label !== nextLabels[index])) {
        filter = []; box.value = ""; onlyOpen = false; note.hidden = true;
        chosen = new Set(); cursorRow = null;
        build(nextLabels);
        list.classList.toggle("roomy", labels.length <= 8);
        arrange();
      }
      if (shares === nextShares && rows[0]?.share.textContent) return;
      shares = nextShares;
      showShares();
    },
    setGroups(next, colours, lone) {
      const changed = palette !== colours || rows.some((row) => row.group !== (next[row.index] ?? null));
      groups = next;
      palette = colours;
      if (changed) paint();
      for (const row of rows) {
        const alone = lone.has(row.group);
        if (row.alone !== alone) { row.alone = alone; row.element.classList.toggle("lone", alone); }
      }
      if (!changed) return;
      if (byGroup) arrange();
      applyFilter();
    },
    setMode(next) {
      if (table !== next.table) { table = next.table; list.classList.toggle("table", table); }
      if (byGroup !== next.byGroup) { byGroup = next.byGroup; arrange(); applyFilter(); }
      if (rows.length && rows[0].input.hidden === table) for (const row of rows) row.input.hidden = !table;
    },
    markSelected(selected, cursor) {
      for (const index of chosen) if (!selected.has(index)) byIndex(index)?.element.setAttribute("aria-selected", "false");
      for (const index of selected) if (!chosen.has(index)) byIndex(index)?.element.setAttribute("aria-selected", "true");
      chosen = new Set(selected);
      const row = cursor === null ? null : byIndex(cursor) ?? null;
      if (row === cursorRow) return;
      cursorRow?.element.classList.remove("cursor");
      row?.element.classList.add("cursor");
      cursorRow = row;
      if (row) list.setAttribute("aria-activedescendant", row.element.id);
      else list.removeAttribute("aria-activedescendant");
    },
    reveal(index) { byIndex(index)?.element.scrollIntoView({ block: "nearest" }); },
    /** Rows as link ends: their group, and where they are relative to `top`, held inside the list. */
    ends(top) {
      const frame = list.getBoundingClientRect();
      const low = frame.top - top + 4;
      const high = frame.bottom - top - 4;
      const scroll = frame.top - top - list.scrollTop + list.clientTop;
      return rows.filter((row) => row.visible && typeof row.group === "number").map((row) => {
        const y = scroll + row.element.offsetTop + row.element.offsetHeight / 2;
        return { group: row.group, y: Math.min(high, Math.max(low, y)), shown: y >= low && y <= high };
      });
    },
  };
}
