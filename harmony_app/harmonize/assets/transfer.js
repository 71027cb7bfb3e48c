// Review what harmonies of another vintage become: take them, refuse single changes, or leave them.
import { h, meets, paintBadge, setText } from "./dom.js";

const SECTIONS = [
  ["ready", "Apply unchanged", "Nothing about these needs a second look."],
  ["look", "Need a look", "Something differs; look before you take them."],
  ["exists", "Exist already and differ", "Taking one replaces what is saved. Undo brings it back."],
  ["same", "Exist already, the same", "Nothing to do."],
  ["impossible", "Cannot be transferred", ""],
];
const FEW = 12;
const SIDE_WORDS = { donor: "donor", recipient: "recipient" };

export function createTransfer(actions) {
  let content = null;
  let palette = [];
  let keys = [];
  let direction = "from";
  let current = null;
  let waiting = null;
  const taken = new Set();
  const refused = new Map();
  const chosen = new Map();

  const back = h("button", { type: "button", onclick: () => actions.back() }, "← All harmonies");
  const title = h("h2", {});
  const ways = h("select", { "aria-label": "Direction", onchange: () => start(ways.value, ways.value === "from" ? [] : keys) },
    h("option", { value: "from" }, "bring here from"), h("option", { value: "to" }, "take from here to"));
  const others = h("select", { "aria-label": "Other vintage", onchange: () => ask(others.value) });
  const status = h("span.muted", { role: "status", "aria-live": "polite" });
  const head = h("div.overview-tools", {}, back, title, ways, others, status);
  const list = h("div.transfer-list", { role: "group", tabindex: 0, "aria-label": "Transferred harmonies", onkeydown: onKey });
  const detail = h("div.transfer-detail", { "aria-live": "polite" });
  const note = h("span.muted");
  const cancel = h("button", { type: "button", onclick: () => actions.back() }, "Cancel");
  const draft = h("button", { type: "button", title: "Open them one by one before they are saved", onclick: () => take("draft") }, "Keep as drafts");
  const save = h("button.primary", { type: "button", onclick: () => take("save") });
  const element = h("div.transfer", { hidden: true }, head, h("div.transfer-body", {}, list, detail), h("div.selection-bar", {}, note, h("span.space"), cancel, draft, save));

  function start(way, only, other = "") {
    direction = way;
    keys = only;
    ask(other);
  }

  function ask(pair) {
    waiting = pair;
    ways.value = direction;
    content = null;
    list.setAttribute("role", "group");
    list.replaceChildren(...Array.from({ length: 8 }, () => h("div.placeholder-row")));
    detail.replaceChildren();
    setText(title, keys.length ? `Transfer ${keys.length} harmon${keys.length > 1 ? "ies" : "y"}` : "Transfer harmonies");
    setText(status, "Comparing the vintages …");
    bar();
    actions.send({ kind: "transfer", direction, pair, keys });
  }

  function receive(reply) {
    if (reply.direction !== direction) return;
    waiting = null;
    content = { ...reply, items: reply.items ?? [] };
    offer(reply.pairs, reply.pair);
    taken.clear(); refused.clear(); chosen.clear();
    for (const item of content.items) if (item.section === "ready") taken.add(item.key);
    current = null;
    setText(status, "");
    drawList();
    select(["look", "exists", "ready", "same", "impossible"].map((id) => content.items.find((item) => item.section === id)).find(Boolean) ?? null);
    bar();
    list.focus();
  }

  function offer(pairs, at) {
    others.replaceChildren(...pairs.map((pair) => h("option", { value: pair.id }, `${pair.title} (${pair.harmonies || "no"} harmonies)`)));
    others.value = at;
    others.disabled = !pairs.length;
  }

  function fail({ message, pairs }) {
    waiting = null;
    if (pairs) offer(pairs, "");
    setText(status, "");
    list.replaceChildren(h("p.empty", {}, message));
  }

  // The list ----------------------------------------------------------------------------------

  function drawList() {
    list.setAttribute("role", content.items.length ? "grid" : "group");
    if (!content.items.length) {
      list.replaceChildren(h("p.empty", {}, content.pairs.length
        ? content.pair ? "That pair has no harmony to transfer." : "No other vintage of these surveys has harmonies yet."
        : "The workspace has no other vintage of these two surveys. Add one on the Surveys page."));
      return;
    }
    list.replaceChildren(...SECTIONS.flatMap(([id, text, hint]) => {
      const items = content.items.filter((item) => item.section === id);
      if (!items.length) return [];
      const can = id !== "impossible" && id !== "same";
      const all = can ? h("button.link", { type: "button", onclick: () => tickAll(items) }) : null;
      const section = { items, all };
      for (const item of items) item.sectionOf = section;
      label(section);
      return [h("div.transfer-section", { role: "row", title: hint }, h("strong", { role: "gridcell" }, `${text} (${items.length})`), all && h("span", { role: "gridcell" }, all)), ...items.map((item) => build(item, can))];
    }));
  }

  function build(item, can) {
    item.tick = can ? h("input", { type: "checkbox", tabindex: -1, checked: taken.has(item.key), "aria-label": `Take ${item.new_key}`, onclick: (event) => { event.stopPropagation(); toggle(item, item.tick.checked); } }) : null;
    item.row = h("div.transfer-row", { role: "row", id: `transfer-${item.key}`, onclick: () => select(item) }, h("span", { role: "gridcell" }, item.tick),
      h("div", { role: "gridcell" }, h("div.mono", {}, item.new_key && item.new_key !== item.key ? `${item.key} → ${item.new_key}` : item.key), h("div.muted", {}, summary(item))));
    return item.row;
  }

  function summary(item) {
    if (item.section === "impossible") return item.reason;
    if (item.exists) return item.exists.text;
    if (item.draft) return "you have a draft of your own";
    const open = item.changes.filter((change, at) => change.kind === "added" && group(item, at) === null).length;
    const parts = [];
    const count = (kinds, one, many) => { const n = item.changes.filter((change) => kinds.includes(change.kind)).length; if (n) parts.push(n === 1 ? one : `${n} ${many}`); };
    count(["variable"], "renamed variable", "renamed variables");
    count(["renamed"], "1 level renamed", "levels renamed");
    count(["added"], "1 level new", "levels new");
    count(["removed"], "1 level gone", "levels gone");
    count(["prices"], "prices adapted", "prices adapted");
    count(["form"], "bins adapted", "bins adapted");
    if (item.doubts.length) parts.push("doubtful");
    if (open) parts.push(`${open} without group`);
    return parts.join(", ") || "identical";
  }

  function toggle(item, on) {
    if (on) taken.add(item.key); else taken.delete(item.key);
    if (item.tick) item.tick.checked = on;
    label(item.sectionOf);
    bar();
  }

  function label(section) {
    if (section.all) setText(section.all, section.items.every((item) => taken.has(item.key)) ? "take none" : "take all");
  }

  function tickAll(items) {
    const on = !items.every((item) => taken.has(item.key));
    for (const item of items) toggle(item, on);
  }

  function select(item) {
    if (current?.row) current.row.setAttribute("aria-selected", "false");
    current = item;
    if (!item) { detail.replaceChildren(); return; }
    item.row.setAttribute("aria-selected", "true");
    list.setAttribute("aria-activedescendant", item.row.id);
    item.row.scrollIntoView({ block: "nearest" });
    drawDetail(item);
  }

  function onKey(event) {
    if (!content) return;
    const shown = SECTIONS.flatMap(([id]) => content.items.filter((item) => item.section === id));
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -1e9, End: 1e9 }[event.key];
    if (step !== undefined && shown.length) select(shown[Math.min(shown.length - 1, Math.max(0, shown.indexOf(current) + step))]);
    else if (event.key === " " && current?.tick) toggle(current, !taken.has(current.key));
    else return;
    event.preventDefault();
  }

  // One harmony -------------------------------------------------------------------------------

  const isRefused = (item, at) => refused.get(item.key)?.has(at) ?? false;

  function group(item, at) {
    const picked = chosen.get(item.key)?.get(at);
    if (picked !== undefined) return picked;
    return isRefused(item, at) ? null : item.changes[at].group;
  }

  function drawDetail(item) {
    const parts = [h("h3.mono", {}, item.new_key || item.key)];
    if (item.section === "impossible") parts.push(h("p", {}, item.reason));
    else if (!item.changes.length) parts.push(h("p", {}, item.section === "ready" ? "The same variables, levels and settings exist in both vintages." : "Nothing has to change."));
    for (const doubt of item.doubts) parts.push(h("div.finding.is-warning", {}, doubt));
    if (item.draft) parts.push(h("div.finding.is-warning", {}, "You have an unsaved draft of this harmony. Saving leaves the draft alone; keeping as drafts leaves this one out."));
    if (item.section === "exists" && item.exists) parts.push(...existing(item.exists));
    const numbered = item.changes.map((change, at) => ({ change, at }));
    const block = (heading, kinds) => {
      const found = numbered.filter(({ change }) => kinds.includes(change.kind));
      if (!found.length) return;
      parts.push(h("h4", {}, `${heading} (${found.length})`));
      const unsure = found.filter(({ change }) => !change.sure);
      const sure = found.filter(({ change }) => change.sure);
      parts.push(...unsure.map((entry) => changeRow(item, entry)));
      if (sure.length <= FEW) parts.push(...sure.map((entry) => changeRow(item, entry)));
      else parts.push(folded(`${sure.length} that need no look`, () => sure.map((entry) => changeRow(item, entry))));
    };
    block("Variables", ["variable"]);
    block("Settings", ["form", "prices"]);
    block("New levels", ["added"]);
    block("Renamed levels", ["renamed"]);
    block("Levels that no longer exist", ["removed"]);
    detail.replaceChildren(...parts);
    detail.scrollTop = 0;
  }

  function folded(text, rows) {
    const details = h("details", { ontoggle: () => { if (details.open && details.childElementCount === 1) details.append(...rows()); } }, h("summary", {}, text));
    return details;
  }

  function changeRow(item, { change, at }) {
    const words = h("span.change-text", { dir: "auto" }, change.text);
    const flag = change.sure ? null : h("span.tag.unsure", { title: "This is a guess; look at it" }, "look");
    const tick = h("input", { type: "checkbox", checked: !isRefused(item, at), disabled: !change.refusable, "aria-label": `Accept: ${change.text}`, onchange: () => refuse(!tick.checked) });
    const badge = change.kind === "added" || change.kind === "renamed" ? h("span.badge-group") : null;
    const picker = badge ? h("select", { "aria-label": `Group of ${change.level}`, onchange: () => pick(picker.value) }) : null;
    const row = h("label.change-row", {}, tick, h("span.kind", {}, SIDE_WORDS[change.side]), words, flag, badge);
    const whole = h("div.change-line", {}, row, picker);
    paint();
    return whole;

    function refuse(off) {
      const set = refused.get(item.key) ?? new Set();
      if (off) set.add(at); else set.delete(at);
      refused.set(item.key, set);
      chosen.get(item.key)?.delete(at);
      changed();
    }
    function pick(value) {
      const picked = chosen.get(item.key) ?? new Map();
      picked.set(at, value === "" ? null : value === "drop" ? "drop" : Number(value));
      chosen.set(item.key, picked);
      refused.get(item.key)?.delete(at);
      tick.checked = true;
      changed();
    }
    function changed() {
      paint();
      setText(item.row.querySelector(".muted"), summary(item));
      if (item.tick && !taken.has(item.key)) toggle(item, true); else bar();
    }
    function paint() {
      whole.classList.toggle("refused", isRefused(item, at));
      if (!badge) return;
      const now = group(item, at);
      paintBadge(badge, palette, now);
      if (!picker.options.length) fillOnDemand();
      else picker.value = now === null ? "" : String(now);
      whole.classList.toggle("open-level", now === null);
    }
    function fillOnDemand() {
      // A long list has hundreds of pickers; each gets its options when somebody reaches for it.
      const now = group(item, at);
      picker.append(option(now));
      const fill = () => {
        picker.removeEventListener("pointerdown", fill); picker.removeEventListener("focus", fill);
        const held = group(item, at);
        picker.replaceChildren(option(null), ...item.groups.map(([code]) => option(code)), option("drop"));
        picker.value = held === null ? "" : String(held);
      };
      picker.addEventListener("pointerdown", fill);
      picker.addEventListener("focus", fill);
    }
    function option(code) {
      if (code === null) return h("option", { value: "" }, "no group yet");
      if (code === "drop") return h("option", { value: "drop" }, "leave out");
      const named = item.groups.find(([other]) => other === code);
      return h("option", { value: String(code) }, `${code} ${named ? named[1] : ""}`.trim());
    }
  }

  function existing(exists) {
    const settings = exists.settings.map(([what, here, there]) => h("tr", {}, h("th", { scope: "row" }, what), h("td", { dir: "auto" }, here), h("td", { dir: "auto" }, there)));
    const rows = exists.rows.map((row) => h("tr", { class: row.differs ? "differs" : "" }, h("th", { scope: "row", dir: "auto" }, `${row.side}: ${row.level}`), h("td", {}, ...meets(row.here, row.here_meets)), h("td", {}, ...meets(row.there, row.there_meets))));
    return [h("h4", {}, "What is saved already differs"), h("p.muted", {}, exists.text),
      h("table.changes", {}, h("thead", {}, h("tr", {}, h("td"), h("th", {}, "transferred"), h("th", {}, "saved"))), h("tbody", {}, ...settings, ...rows))];
  }

  // Taking over -------------------------------------------------------------------------------

  function bar() {
    const count = taken.size;
    const items = content?.items.filter((item) => taken.has(item.key)) ?? [];
    const open = items.filter((item) => item.changes.some((change, at) => (change.kind === "added" || change.kind === "renamed") && group(item, at) === null)).length;
    const replaced = items.filter((item) => item.section === "exists" && item.exists).length;
    save.disabled = draft.disabled = !content || count === 0;
    setText(save, content?.target_title ? `Save ${count} for ${content.target_title}` : "Save");
    const parts = [];
    if (replaced) parts.push(`${replaced} replace${replaced === 1 ? "s" : ""} what is saved`);
    if (open) parts.push(`${open} with open levels ${open === 1 ? "becomes a draft" : "become drafts"}`);
    setText(note, parts.join(" · "));
  }

  function take(mode) {
    const choices = Object.fromEntries(content.items.filter((item) => taken.has(item.key)).map((item) => [item.key, {
      refused: [...(refused.get(item.key) ?? [])],
      groups: [...(chosen.get(item.key) ?? new Map())].map(([at, code]) => [item.changes[at].side, item.changes[at].level, code]),
    }]));
    save.disabled = draft.disabled = true;
    setText(note, "Saving …");
    actions.send({ kind: "transfer_take", mode, target: content.target, choices });
  }

  return {
    element,
    start,
    answers: (colours) => ({
      transfer: (reply) => { palette = colours(); receive(reply); },
      transfer_failed: fail,
      transferred: () => actions.back(),
    }),
  };
}
