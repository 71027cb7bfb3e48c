// The rows of a level list: a level, or the heading of a section. They paint what they are told.
import { groupColour, h, paintBadge, percent, plainLabel, setText } from "./dom.js";
import { countGroups } from "./level_order.js";

const EXAMPLES = 3;

export function createRow(side, index, label, handlers) {
  const key = `l${index}`;
  const badge = h("span.badge-group");
  const share = h("span.share", { hidden: true });
  const bar = h("span.share-bar", { hidden: true });
  const input = h("input.code", { type: "text", inputmode: "decimal", "aria-label": `Group of ${label}`, hidden: true,
    onchange: () => handlers.typed(side, index, input.value), onkeydown: (event) => handlers.codeKey(side, key, event), onpaste: (event) => handlers.pasted(side, key, event) });
  const text = plainLabel(label);
  const element = h("div.level", { role: "option", id: `${side}-${key}`, "data-key": key, "data-index": index },
    h(`span.label${label.trim() ? "" : ".blank"}`, { dir: "auto", title: label || "a level without a label" }, text), share, badge, input, bar);
  return {
    element,
    focusCode() { input.focus(); input.select(); },
    update(entry, { groups, shares, largest, suggested, palette, lone, table, at, count, selected, cursor }) {
      const group = groups[index] ?? null;
      const hint = group === null && typeof suggested?.[index] === "number" ? suggested[index] : null;
      paintRow(element, { at, count, selected, cursor });
      paintBadge(badge, palette, hint ?? group);
      badge.classList.toggle("none", group === null);
      badge.classList.toggle("suggested", hint !== null);
      if (hint !== null) Object.assign(badge.style, { background: "", color: "", borderColor: groupColour(palette, hint) });
      else badge.style.borderColor = "";
      badge.title = hint === null ? "" : `Suggested: group ${hint}. Click to accept (y).`;
      element.style.setProperty("--group", groupColour(palette, group) ?? "var(--muted)");
      element.classList.toggle("lone", lone.has(group));
      element.setAttribute("aria-label", spoken(label, group, shares?.[index], hint));
      input.hidden = !table;
      const value = group === null ? "" : String(group);
      if (table && element.getRootNode().activeElement !== input && input.value !== value) input.value = value;
      paintShare(share, bar, shares?.[index] ?? null, largest);
    },
  };
}

export function createHeading(side, handlers) {
  let entry = null;
  const turn = h("button.turn", { type: "button", tabindex: -1, onclick: () => handlers.fold(side, entry) });
  const name = h("strong");
  const examples = h("span.muted");
  const badge = h("span.badge-group");
  const share = h("span.share", { hidden: true });
  const bar = h("span.share-bar", { hidden: true });
  const element = h("div.level.heading", { role: "option" }, turn, h("span.label", { dir: "auto" }, name, " ", examples), share, badge, bar);
  return {
    element,
    focusCode() {},
    update(next, { groups, shares, palette, lone, labels, at, count, selected, cursor }) {
      entry = next;
      element.id = `${side}-${entry.key}`;
      element.dataset.key = entry.key;
      paintRow(element, { at, count, selected, cursor });
      const [[most, times], ...others] = countGroups(entry.indices, groups);
      setText(turn, entry.folded ? "▸" : "▾");
      turn.setAttribute("aria-label", `${entry.folded ? "Open" : "Close"} section ${entry.name}`);
      setText(name, entry.name);
      const among = others.length ? ` in ${others.length + 1} groups` : "";
      setText(examples, `${entry.indices.length}${among} · ${entry.indices.slice(0, EXAMPLES).map((one) => plainLabel(labels[one]).replace(entry.name, "").replace(/^\W+/, "")).join(", ")}`);
      paintBadge(badge, palette, most);
      badge.classList.toggle("mixed", others.length > 0);
      if (others.length) setText(badge, `${badge.textContent}+`);
      const said = countGroups(entry.indices, groups).map(([group, number]) => `${number} ${groupWords(group)}`).join(", ");
      element.title = `${entry.name}: ${said}`;
      element.setAttribute("aria-label", `Section ${entry.name}, ${entry.indices.length} levels, ${said}`);
      element.style.setProperty("--group", groupColour(palette, times === entry.indices.length ? most : null) ?? "var(--muted)");
      element.classList.toggle("lone", lone.has(most));
      paintShare(share, bar, shares ? entry.indices.reduce((sum, one) => sum + (shares[one] ?? 0), 0) : null, null);
    },
  };
}

function paintRow(element, { at, count, selected, cursor }) {
  element.setAttribute("aria-selected", String(selected));
  element.setAttribute("aria-posinset", String(at + 1));
  element.setAttribute("aria-setsize", String(count));
  element.classList.toggle("cursor", cursor);
}

/** Show a share; the bar compares it with the largest of the list, where that is known. */
function paintShare(share, bar, value, largest) {
  share.hidden = value === null;
  bar.hidden = value === null || !largest;
  if (value === null) return;
  setText(share, percent(value));
  if (largest) bar.style.width = `${(100 * value) / largest}%`;
}

const groupWords = (group) => (group === null ? "without a group" : group === "drop" ? "left out" : `in group ${group}`);

function spoken(label, group, share, hint) {
  const parts = [label || "empty label", groupWords(group)];
  if (hint !== null) parts.push(`suggested group ${hint}`);
  if (share !== null && share !== undefined) parts.push(percent(share));
  return parts.join(", ");
}
