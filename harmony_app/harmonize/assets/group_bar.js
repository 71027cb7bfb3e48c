// Below the level lists: all groups, to drop levels on, click, find by typing, rename, order and merge.
import { fold, h, matches, paintBadge, percent, plainLabel, setText, words } from "./dom.js";

const OFFERED = 8;
const CHIPS_SHOWN = 400;

export function createGroupBar(actions) {
  let groups = [];
  let palette = [];
  let highlighted = 0;
  let offered = [];
  const chips = new Map();

  const list = h("div.group-list", { role: "listbox", id: "group-options", "aria-label": "Groups", hidden: true });
  const input = h("input.search.group-find", {
    type: "text", role: "combobox", autocomplete: "off", "aria-expanded": "false", "aria-controls": "group-options", "aria-label": "Put the selected levels into the group named", placeholder: "Group … (g)", maxlength: 80, dir: "auto",
    oninput: () => { highlighted = 0; offer(); }, onfocus: () => { highlighted = 0; offer(); }, onblur: () => close(), onkeydown: onKey,
  });
  const strip = h("div.group-chips", { role: "group", "aria-label": "Groups in use" });
  const element = h("div.group-bar", {}, h("div.group-picker", {}, input, list), strip);

  // Find a group by typing ----------------------------------------------------------------------

  function close() { list.hidden = true; input.setAttribute("aria-expanded", "false"); }

  function offer() {
    const query = input.value.trim();
    const wanted = words(query);
    const found = groups.filter((group) => (/^\d+$/.test(query) ? String(group.code).startsWith(query) : matches(fold(`${group.title} ${group.code}`), wanted)));
    offered = found.slice(0, OFFERED).map((group) => ({ code: group.code, group }));
    const exact = found.some((group) => fold(group.title) === fold(query) || String(group.code) === query);
    if (query && !exact) offered.push(/^\d+$/.test(query) ? { code: Number(query) } : { code: actions.nextCode(), name: query });
    highlighted = Math.min(highlighted, Math.max(0, offered.length - 1));
    list.replaceChildren(...offered.map((item, at) => h("div.suggestion", { role: "option", id: `group-option-${at}`, "aria-selected": String(at === highlighted), onpointerdown: (event) => { event.preventDefault(); choose(item); } },
      paintBadge(h("span.badge-group"), palette, item.code),
      h("span", { dir: "auto" }, item.group ? plainLabel(item.group.title) : item.name ? `new group “${item.name}”` : "new group"),
      item.group ? h("span.muted", {}, `${item.group.donor} ⇄ ${item.group.recipient} levels`) : null)));
    list.hidden = !offered.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    if (offered.length) input.setAttribute("aria-activedescendant", `group-option-${highlighted}`);
    else input.removeAttribute("aria-activedescendant");
  }

  function onKey(event) {
    event.stopPropagation();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { event.preventDefault(); highlighted = Math.max(0, Math.min(offered.length - 1, highlighted + step)); offer(); }
    else if (event.key === "Enter" && offered[highlighted]) { event.preventDefault(); choose(offered[highlighted]); }
    else if (event.key === "Escape") { event.preventDefault(); input.value = ""; actions.backToList(); }
  }

  function choose(item) {
    input.value = "";
    close();
    actions.chooseGroup(item.code, item.name ?? null);
    actions.backToList();
  }

  // The groups in use ---------------------------------------------------------------------------

  function createChip(code) {
    const badge = h("span.badge-group");
    const title = h("span.choice-name", { dir: "auto" });
    const counts = h("span.muted");
    const chip = h("button.small.group-chip", {
      type: "button", "data-drop": code, onclick: () => { if (!chip.classList.contains("dragged")) actions.chooseGroup(code, null); }, ondblclick: () => rename(code), onpointerdown: (event) => actions.dragGroup(event, code, chip),
      onkeydown: (event) => {
        if (event.key === "F2") { event.preventDefault(); rename(code); }
        if (event.altKey && (event.key === "ArrowLeft" || event.key === "ArrowRight")) { event.preventDefault(); nudge(code, event.key === "ArrowLeft" ? -1 : 1); }
      },
    }, badge, title, counts);
    return {
      chip, title,
      update(group) {
        paintBadge(badge, palette, code);
        setText(title, group.named ? group.title : plainLabel(group.title));
        title.classList.toggle("muted", !group.named);
        setText(counts, `${group.donor}⇄${group.recipient}`);
        counts.title = `${group.donor} donor and ${group.recipient} recipient level${group.recipient === 1 ? "" : "s"}`;
        const alone = !group.donor || !group.recipient;
        chip.classList.toggle("lone", alone && actions.bothGrouped());
        const shares = ["donor", "recipient"].map((side) => `${group[side]} ${side} level${group[side] === 1 ? "" : "s"}${group.shares[side] === null ? "" : ` (${percent(group.shares[side])})`}`).join(", ");
        chip.title = `Group ${code}${group.named ? ` “${group.title}”` : ""}: ${shares}.\nClick: put the selected levels here, or select its levels. Double click or F2: rename. Drag onto another: merge; between two: reorder (Alt ←/→).`;
        chip.setAttribute("aria-label", `Group ${code} ${group.title}, ${shares}`);
      },
    };
  }

  function rename(code) {
    const group = groups.find((item) => item.code === code);
    const { chip } = chips.get(code);
    const field = h("input.group-rename", { type: "text", maxlength: 80, dir: "auto", value: group.named ? group.title : "", placeholder: plainLabel(group.title), "aria-label": `New name of group ${code}`,
      onkeydown: (event) => { event.stopPropagation(); if (event.key === "Enter") done(true); if (event.key === "Escape") done(false); }, onblur: () => done(true) });
    let open = true;
    const done = (keep) => {
      if (!open) return;
      open = false;
      const focused = field.matches(":focus");
      field.replaceWith(chip);
      if (focused) chip.focus();
      if (keep && field.value.trim() !== (group.named ? group.title : "")) actions.rename(code, field.value.trim());
    };
    chip.replaceWith(field);
    field.focus();
    field.select();
  }

  function nudge(code, step) {
    const codes = groups.map((group) => group.code);
    const at = codes.indexOf(code) + step;
    if (at < 0 || at >= codes.length) return;
    actions.moveGroup(code, step < 0 ? codes[at] : (codes[at + 1] ?? null));
    chips.get(codes[at])?.chip.focus(); // the group takes this code, so the focus goes with it
  }

  return {
    element, strip,
    focus() { input.focus(); },
    /** The group after one, or null at the end: where a group dropped behind it goes. */
    after(code) { return groups[groups.findIndex((group) => group.code === code) + 1]?.code ?? null; },
    update(next, colours) {
      groups = next;
      palette = colours;
      const known = new Set(groups.map((group) => group.code));
      for (const code of [...chips.keys()]) if (!known.has(code)) chips.delete(code);
      const wanted = groups.slice(0, CHIPS_SHOWN).map((group) => {
        if (!chips.has(group.code)) chips.set(group.code, createChip(group.code));
        chips.get(group.code).update(group);
        return chips.get(group.code).chip;
      });
      if (strip.querySelector(".group-rename")) return; // the next change shows it
      if (wanted.length !== strip.children.length || wanted.some((chip, at) => chip !== strip.children[at])) strip.replaceChildren(...wanted);
    },
  };
}
