// What is suggested for the open match: its reasons, its parts, and one click to take it.
import { h, setText } from "./dom.js";

export function createSuggestion(actions) {
  let offered = null;
  const headline = h("strong");
  const reasons = h("span.suggestion-reasons", { dir: "auto" });
  const parts = h("div.suggestion-parts", { role: "group", "aria-label": "Take a part of the suggestion" });
  const all = h("button.small.primary", { type: "button", title: "Take everything suggested (a); undo brings it back", onclick: takeAll }, "Take all ", h("kbd", {}, "a"));
  const dismiss = h("button.small", { type: "button", title: "Never suggest anything for these two variables to me again, until I ask for it", onclick: () => actions.send({ kind: "dismiss_suggestion" }) }, "Dismiss");
  const element = h("section.suggestion-band", { "aria-label": "Suggestion", "aria-live": "polite", hidden: true },
    h("div.suggestion-words", {}, h("span.spark", { "aria-hidden": "true" }, "✦"), h("div", {}, headline, reasons, parts)), h("div.suggestion-buttons", {}, all, dismiss));

  function takeAll() {
    if (!canTake()) return false;
    actions.send({ kind: "take_suggestion" });
    return true;
  }

  const canTake = () => Boolean(offered && !offered.looking && offered.parts.length);

  return {
    element, takeAll, canTake,
    /** Show what the server suggests, or nothing. */
    update(next) {
      offered = next;
      element.hidden = !next;
      if (!next) return;
      element.classList.toggle("looking", next.looking);
      all.hidden = parts.hidden = !canTake();
      dismiss.hidden = next.looking;
      if (next.looking) {
        setText(headline, "Looking for a suggestion …");
        setText(reasons, "");
        return;
      }
      element.dataset.confidence = next.confidence;
      setText(headline, next.parts.length ? `Suggested – ${next.confidence_words}` : "The suggestion has nothing to add");
      setText(reasons, next.reasons.length ? next.reasons.join(" · ") : "");
      reasons.title = reasons.textContent;
      parts.replaceChildren(...next.parts.map((part) => h("button.small.part", { type: "button", title: "Take this part only", onclick: () => actions.send({ kind: "take_suggestion", parts: [part.name] }) }, `+ ${part.words}`)));
      parts.hidden = next.parts.length === 0;
    },
    /** Levels in the order of a side, each with the group it would get, or null. */
    groups: (side, key) => (offered && !offered.looking && offered.key === key ? offered.groups[side] : null),
  };
}
