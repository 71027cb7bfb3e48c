// One side's levels (or bins): a list that holds only the rows in view, filters and paints itself, but
// decides nothing.
import { h, setText } from "./dom.js";
import { arrange, countGroups } from "./level_order.js";
import { indexLabels, readFilter } from "./level_query.js";
import { createHeading, createRow } from "./level_rows.js";
import { createLevelTools } from "./level_tools.js";

/** Lists with more rows have rows of one line and hold only those in view. */
const DENSE_FROM = 60;
const ROW_HEIGHT = 31;
const SPARE_ROWS = 6;
/** Sections start closed where the list would not fit a few screens. */
const FOLD_FROM = 100;

export function createLevelList(side, handlers) {
  let labels = [];
  let index = indexLabels([]);
  let sections = null;
  let data = { groups: [], shares: null, largest: 1, suggested: null, palette: [], lone: new Set() };
  let entries = [];
  let places = new Map();
  let chosen = new Set();
  let cursor = null;
  let dense = false;
  const view = { filter: null, show: "all", sort: "survey", alike: null, sectioned: true, folded: null, table: false };
  const rows = new Map();

  const tools = createLevelTools(side, {
    ...handlers,
    filter(text) { view.filter = readFilter(text, index); refill({ top: true }); },
    show(value) { view.show = value; refill({ top: true }); },
    section() { view.sectioned = !view.sectioned; refill({}); },
    focusList: () => list.focus({ preventScroll: true }),
  });
  const sheet = h("div.level-sheet", { role: "presentation" });
  const nothing = h("p.list-note", { hidden: true });
  const list = h("div.levels", { role: "listbox", tabindex: 0, "aria-multiselectable": "true", "aria-label": `Levels of the ${side}`, onscroll: () => { fillWindow(); handlers.changed(); } }, sheet);
  const element = h(`section.side-levels.${side}`, {}, tools.element, list, nothing);
  new ResizeObserver(() => fillWindow()).observe(list);

  // Which rows there are ------------------------------------------------------------------------

  const isOpen = (at) => (data.groups[at] ?? null) === null;
  const SHOW = {
    all: () => true,
    open: isOpen,
    drop: (at) => data.groups[at] === "drop",
    here: (at) => data.lone.has(data.groups[at]),
    suggested: (at) => isOpen(at) && typeof data.suggested?.[at] === "number",
  };

  function keep(at) {
    if (view.filter && !view.filter.test(at)) return false;
    return SHOW[view.show]?.(at) ?? data.groups[at] === Number(view.show);
  }

  /** Arrange the entries anew; what was at the top of the list stays there. */
  function refill({ top = false }) {
    const anchor = top ? null : anchorEntry();
    const folded = view.filter || view.show !== "all" ? null : view.folded;
    entries = arrange({ count: labels.length, groups: data.groups, shares: data.shares, sections }, { ...view, keep, folded });
    places = new Map(entries.map((entry, at) => [entry.key, at]));
    dense = entries.length > DENSE_FROM;
    list.classList.toggle("dense", dense);
    list.classList.toggle("roomy", labels.length <= 8);
    nothing.hidden = entries.length > 0 || !labels.length;
    list.hidden = !nothing.hidden;
    setText(nothing, "No level matches. Clear the filter or show all levels.");
    updateTools();
    if (top) list.scrollTop = 0;
    else if (dense && anchor && places.has(anchor.key)) list.scrollTop = places.get(anchor.key) * ROW_HEIGHT - anchor.offset;
    fillWindow({ all: true });
    handlers.changed();
  }

  function anchorEntry() {
    const at = Math.floor(list.scrollTop / ROW_HEIGHT);
    return dense && entries[at] ? { key: entries[at].key, offset: at * ROW_HEIGHT - list.scrollTop } : null;
  }

  function updateTools() {
    const shown = entries.reduce((sum, entry) => sum + (entry.index !== null || entry.folded ? entry.indices.length : 0), 0);
    let open = 0;
    for (let at = 0; at < labels.length; at += 1) if (isOpen(at)) open += 1;
    tools.update({ total: labels.length, shown, open, filtered: Boolean(view.filter) || view.show !== "all", note: view.filter?.note ?? "", show: view.show,
      lone: labels.some((_, at) => SHOW.here(at)), suggested: labels.some((_, at) => SHOW.suggested(at)), groups: data.groups, sections: sections && view.sort === "survey", sectioned: view.sectioned });
  }

  // The rows in view ----------------------------------------------------------------------------

  function windowBounds() {
    if (!dense) return [0, entries.length];
    const first = Math.max(0, Math.floor(list.scrollTop / ROW_HEIGHT) - SPARE_ROWS);
    const height = list.clientHeight || 600;
    return [first, Math.min(entries.length, Math.ceil((list.scrollTop + height) / ROW_HEIGHT) + SPARE_ROWS)];
  }

  let shown = [0, 0];
  function fillWindow({ all = false } = {}) {
    const [first, last] = windowBounds();
    if (!all && first === shown[0] && last === shown[1]) return;
    shown = [first, last];
    const visible = entries.slice(first, last);
    const keys = new Set(visible.map((entry) => entry.key));
    for (const [key, row] of rows) {
      if (keys.has(key)) continue;
      if (row.element.contains(list.getRootNode().activeElement)) list.focus({ preventScroll: true });
      rows.delete(key);
    }
    const elements = visible.map((entry, at) => paint(rowOf(entry), entry, first + at).element);
    sheet.style.paddingTop = dense ? `${first * ROW_HEIGHT}px` : "";
    sheet.style.paddingBottom = dense ? `${(entries.length - last) * ROW_HEIGHT}px` : "";
    if (elements.length !== sheet.children.length || elements.some((child, at) => child !== sheet.children[at])) sheet.replaceChildren(...elements);
  }

  function rowOf(entry) {
    if (!rows.has(entry.key)) rows.set(entry.key, entry.index === null ? createHeading(side, handlers) : createRow(side, entry.index, labels[entry.index], handlers));
    return rows.get(entry.key);
  }

  function paint(row, entry, at) {
    row.update(entry, { ...data, labels, table: view.table, at, count: entries.length, selected: entry.indices.every((one) => chosen.has(one)), cursor: entry.key === cursor });
    return row;
  }

  function repaint() {
    for (const entry of entries.slice(...shown)) paint(rows.get(entry.key), entry, places.get(entry.key));
  }

  const entryAt = (element) => {
    const target = element instanceof Element ? element.closest(".level") : null;
    const at = target && list.contains(target) ? places.get(target.dataset.key) : undefined;
    return at === undefined ? null : entries[at];
  };

  /** Middle of a row, relative to the top of the list's content. */
  function middle(at) {
    if (dense) return (at + 0.5) * ROW_HEIGHT;
    const element = rows.get(entries[at].key)?.element;
    return element ? element.offsetTop + element.offsetHeight / 2 : 0;
  }

  return {
    element, list, entryAt,
    entries: () => entries,
    entry: (key) => entries[places.get(key)] ?? null,
    rowElement: (key) => rows.get(key)?.element ?? null,
    hasSections: () => sections !== null,
    sectionOf: (at) => sections?.[at] ?? "",
    focusFilter: () => tools.focus(),
    setLabels(next, nextSections) {
      if (labels === next || (labels.length === next.length && labels.every((label, at) => label === next[at]))) return;
      labels = next;
      index = indexLabels(labels);
      sections = nextSections ?? null;
      Object.assign(view, { filter: null, show: "all", alike: null, sectioned: true });
      view.folded = sections && labels.length > FOLD_FROM ? new Set(sections) : new Set();
      chosen = new Set();
      cursor = null;
      rows.clear();
      tools.clear();
      data = { ...data, groups: [], shares: null };
      refill({ top: true });
    },
    /** Show groups, shares and colours; the order changes only where it follows from what changed. */
    setData(next) {
      const before = data;
      data = { ...data, ...next };
      if (before.shares !== data.shares) data.largest = (data.shares ?? []).reduce((largest, share) => Math.max(largest, share), 1e-9);
      const sorted = view.sort === "group" || (view.sort === "share" && before.shares !== data.shares);
      if (sorted || view.show !== "all") refill({});
      else { updateTools(); repaint(); }
    },
    setMode({ table, sort, alike = view.alike }) {
      const moved = sort !== view.sort || (sort === "alike" && alike !== view.alike);
      const changed = moved || table !== view.table;
      Object.assign(view, { table, sort, alike });
      list.classList.toggle("table", table);
      if (moved) refill({ top: true });
      else if (changed) repaint();
    },
    fold(name, closed) {
      view.folded = new Set(view.folded ?? []);
      if (closed) view.folded.add(name); else view.folded.delete(name);
      refill({});
    },
    markSelected(selected, key) {
      chosen = new Set(selected);
      cursor = key;
      repaint();
      const row = key === null ? null : rows.get(key);
      if (row) list.setAttribute("aria-activedescendant", row.element.id);
      else list.removeAttribute("aria-activedescendant");
    },
    /** Scroll a row into view; a level of a closed section is reached by its heading. */
    reveal(key) {
      const at = places.get(key);
      if (at === undefined) return;
      if (!dense) { rows.get(key)?.element.scrollIntoView({ block: "nearest" }); return; }
      const [top, bottom] = [at * ROW_HEIGHT, (at + 1) * ROW_HEIGHT];
      if (top < list.scrollTop) list.scrollTop = top;
      else if (bottom > list.scrollTop + list.clientHeight) list.scrollTop = bottom - list.clientHeight;
      fillWindow();
    },
    entryOf: (at) => entries[places.get(`l${at}`)] ?? entries.find((entry) => entry.index === null && entry.indices.includes(at)) ?? null,
    focusCode(key) { this.reveal(key); rows.get(key)?.focusCode(); },
    /** Rows as link ends: their group, and where they are relative to `top`, held inside the list. */
    ends(top) {
      if (list.hidden || !entries.length) return [];
      const frame = list.getBoundingClientRect();
      const [low, high] = [frame.top - top + 4, frame.bottom - top - 4];
      const start = frame.top - top - list.scrollTop + list.clientTop;
      const found = [];
      const hidden = new Set();
      entries.forEach((entry, at) => {
        if (entry.index === null && !entry.folded) return;
        const y = start + middle(at);
        const inside = y >= low && y <= high;
        for (const [group] of countGroups(entry.indices, data.groups)) {
          if (typeof group !== "number") continue;
          const mark = `${group} ${y < low}`;
          if (!inside && hidden.has(mark)) continue;
          if (!inside) hidden.add(mark);
          found.push({ group, y: Math.min(high, Math.max(low, y)), shown: inside });
        }
      });
      return found;
    },
  };
}
