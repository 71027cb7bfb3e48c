// In place of a match: why there is none, and the ways on.
import { h, setText } from "./dom.js";

const OFFERED = 5;

export function createNothingOpen(actions) {
  const headline = h("h2");
  const advice = h("p");
  const where = h("p.where.mono");
  const recover = h("button.primary", { type: "button", onclick: () => actions.send({ kind: "recover", pair: damaged }) }, "Recover it from its history");
  const ways = h("div.ways", { role: "group", "aria-label": "Open a pair of surveys" });
  const onward = h("a.onward");
  const element = h("div.message-card", { role: "alert", hidden: true }, headline, advice, where, recover, onward, ways);
  let damaged = "";

  return {
    element,
    update({ message, recover: pair, pair: open, next }, pairs) {
      if (!message) return;
      [headline, advice, where].forEach((part, at) => { setText(part, message[at]); part.hidden = !message[at]; });
      damaged = pair;
      recover.hidden = !damaged;
      onward.hidden = !next;
      if (next) { setText(onward, next.text); onward.href = next.address; }
      const offered = open || !pairs ? [] : pairs.order.slice(0, OFFERED).map((both) => both.map((at) => pairs.surveys[at]));
      ways.hidden = !offered.length;
      ways.replaceChildren(h("p", {}, "Open instead:"), ...offered.map(([donor, recipient]) =>
        h("button", { type: "button", onclick: () => actions.choosePair(`${donor.id}__${recipient.id}`) }, `${donor.title} → ${recipient.title}`)));
    },
  };
}
