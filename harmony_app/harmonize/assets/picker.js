// A field to search a list and pick from it; the list hangs below it, above everything else.
import { fold, h, matches, words } from "./dom.js";

const SHOWN = 60;

/** `options()` lists {value, title, note, text}; `onpick(value, query)` hears the choice. */
export function createPicker({ label, placeholder, options, onpick, keepOpen = false }) {
  let all = [];
  let found = [];
  let highlighted = 0;
  let shown = "";
  let hasty = null;

  const input = h("input.picker-input", {
    type: "text", placeholder, "aria-label": label, autocomplete: "off", spellcheck: "false", role: "combobox", "aria-expanded": "false", "aria-autocomplete": "list",
    onfocus: () => input.select(),
    onclick: () => { if (menu.hidden) open(""); },
    oninput: () => open(input.value),
    onkeydown: onKey,
    onblur: () => close(),
  });
  const menu = h("div.picker-menu", { role: "listbox", "aria-label": label, hidden: true });
  const element = h("span.picker", {}, input, menu);

  function open(query) {
    const wanted = words(query);
    all = options();
    found = all.filter((item) => matches(item.text ?? fold(`${item.title} ${item.note ?? ""}`), wanted));
    const start = fold(query);
    if (start) found.sort((a, b) => Number(fold(b.title).startsWith(start)) - Number(fold(a.title).startsWith(start)));
    highlighted = 0;
    show();
    place();
  }

  function show() {
    menu.hidden = false;
    input.setAttribute("aria-expanded", "true");
    menu.replaceChildren(...found.slice(0, SHOWN).map((item, index) => h("div.suggestion", {
      role: "option", "aria-selected": String(index === highlighted), title: item.note || item.title,
      onpointerdown: (event) => { event.preventDefault(); pick(index); },
    }, h("span", { class: item.mono ? "mono" : "", dir: "auto" }, item.title), item.note ? h("span.muted", { dir: "auto" }, item.note) : null)));
    if (found.length > SHOWN) menu.append(h("div.list-note", {}, `${found.length - SHOWN} more – type to narrow them`));
    if (!found.length) menu.append(h("div.list-note", {}, all.length ? "Nothing matches." : "One moment …"));
  }

  /** Below the field where there is room, otherwise above it. */
  function place() {
    const box = input.getBoundingClientRect();
    const below = window.innerHeight - box.bottom - 12;
    const above = box.top - 12;
    const up = below < 160 && above > below;
    const width = Math.max(box.width, Math.min(380, window.innerWidth - 24));
    Object.assign(menu.style, {
      left: `${Math.max(8, Math.min(box.left, window.innerWidth - width - 12))}px`, width: `${width}px`, maxHeight: `${Math.min(280, up ? above : below)}px`,
      top: up ? "auto" : `${box.bottom + 2}px`, bottom: up ? `${window.innerHeight - box.top + 2}px` : "auto",
    });
  }

  function close() {
    menu.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.value = shown;
  }

  function pick(index) {
    const item = found[index];
    if (!item) return;
    if (keepOpen) { input.value = ""; onpick(item.value); open(""); return; }
    const query = input.value;
    menu.hidden = true;
    onpick(item.value, query);
  }

  function onKey(event) {
    if (event.key === "Escape" && !menu.hidden) { event.preventDefault(); event.stopPropagation(); close(); return; }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (menu.hidden) { open(""); return; }
      const count = Math.min(found.length, SHOWN);
      highlighted = count ? (highlighted + (event.key === "ArrowDown" ? 1 : count - 1)) % count : 0;
      show();
      menu.children[highlighted]?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && !menu.hidden) { event.preventDefault(); hasty = options().length ? null : input.value; pick(highlighted); }
  }

  return {
    element, input,
    set(text, title = text) { shown = text; if (input.getRootNode().activeElement !== input || menu.hidden) input.value = text; input.title = title; },
    focus() { input.focus(); open(""); },
    /** The options have arrived: show them to who waits, and pick for who was faster. */
    refresh() {
      const waits = !menu.hidden;
      if (!waits && hasty === null) return;
      const query = hasty;
      hasty = null;
      open(query ?? input.value);
      if (query !== null) pick(0);
      if (!waits) close();
    },
    /** Go on picking from what was found; typing starts another search. */
    resume(query) { input.focus(); input.value = query; input.select(); open(query); },
  };
}

/** Read a number a person typed; undefined where it is none. */
function readNumber(text) {
  const clean = text.trim().replace(/^[−–]/, "-").replace(/(\d),(?=\d{3}\b)/g, "$1");
  const value = clean === "" ? NaN : Number(clean);
  return Number.isFinite(value) ? value : undefined;
}

/** A field for one number; `onchange(number)` hears finite ones only. */
export function createNumberField({ label, value, onchange, placeholder = "" }) {
  const commit = () => {
    const next = readNumber(input.value);
    input.setAttribute("aria-invalid", String(input.value.trim() !== "" && next === undefined));
    input.title = input.getAttribute("aria-invalid") === "true" ? `“${input.value}” is not a number that can be used.` : "";
    if (next !== undefined && next !== value) { value = next; onchange(next); }
  };
  const input = h("input.number-input", {
    type: "text", inputmode: "decimal", "aria-label": label, autocomplete: "off", placeholder, value: value === undefined || value === null ? "" : String(value),
    onchange: commit, onkeydown: (event) => { if (event.key === "Enter") { event.preventDefault(); commit(); } },
  });
  return input;
}
