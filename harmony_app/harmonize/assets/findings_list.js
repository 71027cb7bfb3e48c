// The findings of all saved harmonies of a pair, the gravest first.
import { fold, h, matches, setText, words } from "./dom.js";
import { findingCard, isGivingReason } from "./finding_card.js";

const SEVERITIES = [["error", "errors"], ["warning", "warnings"], ["note", "hints"], ["accepted", "accepted"]];

export function createFindingsList(actions) {
  const shown = new Set(["error", "warning", "note"]);
  let content = null;
  let query = [];
  const search = h("input.search", { type: "search", placeholder: "Search findings", "aria-label": "Search findings", oninput: () => { query = words(search.value); draw(); } });
  const chips = Object.fromEntries(SEVERITIES.map(([key]) => [key, h("button.chip", { type: "button", onclick: () => { if (!shown.delete(key)) shown.add(key); draw(); } })]));
  const progress = h("span.muted", { role: "status", "aria-live": "polite" });
  const list = h("div.findings-all");
  const element = h("section.pane.findings-pane", { "aria-label": "Findings of all harmonies", hidden: true },
    h("div.overview-tools", {}, h("h2", {}, "Findings of all harmonies"), progress, h("span.space"), h("div.chips", { role: "group", "aria-label": "Filter by severity" }, ...Object.values(chips)), search), list);

  const kindOf = (item) => (item.accepted ? "accepted" : item.severity);

  function card(item) {
    const open = () => actions.send({ kind: "open", ...item.open });
    const about = { key: item.key, index: item.index };
    const head = h("div.finding-head", {}, h("button.link.mono", { type: "button", onclick: open, "aria-label": `Open ${item.key}` }, item.key),
      h("span.muted", {}, item.rule.replaceAll("-", " ")), item.draft ? h("span.tag", {}, "draft") : null);
    const acts = item.draft ? {} : {
      fix: () => actions.send({ kind: "finding_fix", ...about }),
      accept: (reason) => actions.send({ kind: "finding_accept", ...about, reason }),
      reopen: () => actions.send({ kind: "finding_reopen", ...about }),
    };
    return findingCard({ ...item, fix: item.fix ? `${item.fix} (as a draft)` : null }, acts, head);
  }

  function draw() {
    if (!content || isGivingReason(list)) return;
    const found = content.items.filter((item) => matches(fold(`${item.key} ${item.rule} ${item.headline}`), query));
    for (const [key, text] of SEVERITIES) {
      setText(chips[key], `${text} ${found.filter((item) => kindOf(item) === key).length}`);
      chips[key].setAttribute("aria-pressed", String(shown.has(key)));
    }
    setText(progress, content.unchecked ? `checking: ${content.total - content.unchecked} of ${content.total} done` : `${content.total} harmonies checked`);
    const visible = found.filter((item) => shown.has(kindOf(item)));
    const nothing = content.total === 0 ? "No harmony is saved yet." : content.items.length ? "No finding passes the search and the filters." : content.unchecked ? "Nothing found so far." : "No issues found.";
    list.replaceChildren(...(visible.length ? visible.map(card) : [h("p.muted", {}, nothing)]));
  }

  return { element, update(next) { content = next; draw(); } };
}
