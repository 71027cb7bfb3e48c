// Groups typed or pasted into the cells of the table view.
import { readCode } from "./group_codes.js";

/** Handlers of the cells; `refresh` shows again what is true where an entry was refused. */
export function createLevelTable(lists, actions, refresh) {
  function typed(side, index, text) {
    const group = readCode(text);
    if (group === undefined) { refresh(); actions.problem("match", "A group is a number, “drop”, or empty."); return; }
    actions.assign({ donor: [], recipient: [], [side]: [index] }, group);
  }

  function codeKey(side, key, event) {
    const step = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    event.stopPropagation();
    if (!step) return;
    event.preventDefault();
    const order = lists[side].entries().filter((entry) => entry.index !== null);
    const next = order[order.findIndex((entry) => entry.key === key) + step];
    event.target.dispatchEvent(new Event("change"));
    if (next) lists[side].focusCode(next.key); else event.target.blur();
  }

  function pasted(side, key, event) {
    const text = event.clipboardData.getData("text");
    const lines = text.trim().split(/\r?\n/);
    if (lines.length < 2) return;
    event.preventDefault();
    if (lines.some((line) => line.includes("\t"))) { actions.pasteTable(side, text); return; }
    const found = lines.map(readCode);
    if (found.includes(undefined)) { actions.problem("match", "The pasted column holds something other than group numbers."); return; }
    const order = lists[side].entries().filter((entry) => entry.index !== null);
    const start = order.findIndex((entry) => entry.key === key);
    actions.assignEach(side, found.slice(0, order.length - start).map((group, offset) => [order[start + offset].index, group]));
  }

  return { typed, codeKey, pasted };
}
