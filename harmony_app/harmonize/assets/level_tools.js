// Above a level list: the filter, what to show, and what to select of it.
import { debounce, h, number, setText } from "./dom.js";

const FILTER_FROM = 13;
const SLOW_FROM = 2000;

export function createLevelTools(side, handlers) {
  let total = 0;
  const later = debounce(() => handlers.filter(box.value), 60);
  const box = h("input.search", {
    type: "search", placeholder: "Filter …", "aria-label": `Filter ${side} levels`,
    title: "Words in any order, typing slips are forgiven · ^mgr or “starts with mgr” · from 12 to 40 (codes, else positions) · from albania to denmark",
    oninput: () => (total > SLOW_FROM ? later() : handlers.filter(box.value)),
    onkeydown: (event) => {
      if (event.key === "Enter") { event.preventDefault(); later.cancel(); handlers.filter(box.value); handlers.selectShown(side); handlers.focusList(); }
      if (event.key === "ArrowDown") { event.preventDefault(); handlers.focusList(); }
      if (event.key === "Escape" && box.value) { event.stopPropagation(); box.value = ""; handlers.filter(""); }
    },
  });
  const show = h("select", { "aria-label": `Which ${side} levels are shown`, onchange: () => { handlers.show(show.value); handlers.focusList(); } });
  const all = h("button.small", { type: "button", title: "Select every level shown (Enter in the filter, Ctrl A in the list)", onclick: () => { handlers.selectShown(side); handlers.focusList(); } });
  const invert = h("button.small", { type: "button", title: "Select the shown levels that are not selected, and only those", "aria-label": "Invert the selection", onclick: () => { handlers.invert(side); handlers.focusList(); } }, "invert");
  const sections = h("button.small", { type: "button", title: "Put levels that start with the same code under a heading", onclick: () => { handlers.section(); handlers.focusList(); } }, "by prefix");
  const note = h("span.filter-note", { role: "status" });
  const element = h("div.level-tools", {}, h("div.tool-line", {}, box, show), h("div.tool-line", {}, all, invert, sections, note));
  let listed = "";

  function offer(state) {
    const codes = [...new Set(state.groups)].filter((code) => typeof code === "number").sort((a, b) => a - b);
    const options = [["all", "all levels"], ["open", `without a group (${number(state.open)})`]];
    if (state.suggested || state.show === "suggested") options.push(["suggested", "with a suggestion"]);
    if (state.lone || state.show === "here") options.push(["here", "group only on this side"]);
    if (state.groups.includes("drop") || state.show === "drop") options.push(["drop", "left out"]);
    for (const code of codes) options.push([String(code), `group ${code}`]);
    const text = JSON.stringify(options);
    if (text !== listed) show.replaceChildren(...options.map(([value, words]) => h("option", { value }, words)));
    listed = text;
    show.value = options.some(([value]) => value === state.show) ? state.show : "all";
  }

  return {
    element,
    clear() { later.cancel(); box.value = ""; },
    focus() { if (element.hidden) handlers.focusList(); else { box.focus(); box.select(); } },
    update(state) {
      total = state.total;
      element.hidden = total < FILTER_FROM;
      setText(all, state.filtered ? `select ${number(state.shown)} shown` : "select all");
      sections.hidden = !state.sections;
      sections.setAttribute("aria-pressed", String(state.sectioned));
      setText(note, state.note || (state.open ? `${number(state.open)} of ${number(total)} open` : `${number(total)} levels`));
      offer(state);
    },
  };
}
