// The queue of suggestions: how many wait, and the strip that leads through them by keyboard.
import { h } from "./dom.js";

const suggestions = (count, kind) => `${count} ${kind}suggestion${count === 1 ? "" : "s"}`;

/** How many suggestions wait, and how many of them are less sure. */
function offered(sure, possible) {
  if (!possible) return suggestions(sure, "");
  return sure ? `${suggestions(sure, "")}, and ${possible} less sure` : suggestions(possible, "unsure ");
}

export function createQueue(actions) {
  let queue = null;
  const start = h("button.queue-start", { type: "button", title: "Go through everything that can be suggested, best first", hidden: true, onclick: () => actions.send({ kind: "queue_start" }) });
  const words = h("div.queue-words", { role: "status", "aria-live": "polite" });
  const step = (text, key, kind, title, style = "") => h(`button.small${style}`, { type: "button", title: `${title} (${key})`, onclick: () => actions.send({ kind }) }, `${text} `, h("kbd", {}, key));
  const strip = h("section.queue-strip", { "aria-label": "Suggestions one after the other", hidden: true }, words, h("div.queue-buttons", {},
    step("Keep as draft", "d", "queue_draft", "Take it as a draft and go to the next"),
    step("Save", "s", "queue_save", "Take and save it, and go to the next", ".primary"),
    step("Skip", "k", "queue_skip", "Skip it for now"),
    step("Never", "v", "queue_never", "Never suggest this match to me again"),
    step("End", "e", "queue_stop", "Stop going through suggestions")));
  const KEYS = { d: "queue_draft", s: "queue_save", k: "queue_skip", v: "queue_never", e: "queue_stop" };

  return {
    start, strip,
    update(next) {
      queue = next;
      const count = Object.keys(next?.items ?? {}).length;
      const lessSure = next?.less_sure.length ?? 0;
      const searching = Boolean(next) && next.progress < 1;
      start.hidden = !next || (!count && !searching);
      start.disabled = !count;
      start.replaceChildren(...(searching ? ["✦ Looking", h("span.word", {}, " for suggestions"), `: ${Math.round(100 * next.progress)} %`] : [`✦ Go through ${offered(count - lessSure, lessSure)}`]));
      strip.hidden = !next?.at;
      if (!next?.at) return;
      words.replaceChildren(h("strong", {}, next.at.left ? `${next.at.left} more after this` : "The last one"), ` · ${next.at.words} · `, h("span", { dir: "auto" }, next.at.reason));
    },
    /** Recipient suggested for a donor variable, or undefined. */
    suggested: (name) => queue?.items[name],
    isLessSure: (name) => Boolean(queue?.less_sure.includes(name)),
    key(event) {
      const kind = queue?.at ? KEYS[event.key] : null;
      if (!kind || event.ctrlKey || event.metaKey || event.altKey) return false;
      actions.send({ kind });
      return true;
    },
  };
}
