// Every key of the page, for the dialogue that lists them.
import { h } from "./dom.js";

const KEYS = [
  ["Anywhere", [
    ["/", "search the donor variables"], ["f", "filter the levels of the open match"], ["Ctrl Z", "undo"], ["Ctrl Shift Z", "redo"],
    ["Ctrl S", "save for everybody"], ["Ctrl Enter", "save, and go on to the next undecided variable"], ["a", "take the whole suggestion"], ["?", "this list"]]],
  ["In a list", [
    ["Enter", "from the donor variables to what is open; with Shift, take what is suggested"],
    ["↑ ↓", "next variable or level"], ["Page ↑ ↓, Home, End", "a page on, first, last"], ["← →", "the other level list; on a heading: open, close"],
    ["Space", "select a level, or take it out of the selection"], ["Shift, Ctrl", "with a click: up to here, one more"],
    ["Ctrl A", "select all levels shown"], ["i", "invert the selection"], ["p", "select all levels with the same prefix"], ["Esc", "clear the selection"]]],
  ["With the selected levels", [
    ["0–9", "put them into that group; several digits make one number"], ["n", "put them into a new group"], ["g", "find a group by its name or number"],
    ["y", "accept what is suggested for them"], ["Enter", "link them with the level under the cursor"], ["Delete", "take them out of their group"], ["x", "leave their rows out"]]],
  ["On a group below the lists", [["F2", "rename it"], ["Alt ← →", "move it before or behind its neighbour"]]],
  ["Choosing a recipient", [["Enter", "open the match"], ["Shift Enter", "open it and take the suggestion"],
    ["m", "set the donor variable aside: nothing matches"], ["o", "set it aside: not a predictor"], ["u", "leave it undecided again"], ["r", "write why, or what the decision waits for"]]],
  ["Going through suggestions", [
    ["d", "keep as draft"], ["s", "save"], ["k", "skip"], ["v", "never suggest it again"], ["e", "end"]]],
];

/** The body of the dialogue: one list per place where keys work. */
export function keysBody() {
  return h("div.keys", {}, ...KEYS.map(([title, keys]) => h("section", {}, h("h3", {}, title),
    h("dl", {}, ...keys.flatMap(([key, text]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, text)])))));
}
