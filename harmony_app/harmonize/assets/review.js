// The review of a saved harmony: a button that says where it stands, and the thread of remarks.
import { h, setText, when } from "./dom.js";

const MARKS = { "to review": "○", reviewed: "✓", "needs work": "!" };
const WORDS = { "to review": "To review", reviewed: "Reviewed", "needs work": "Needs work" };

export function createReview(dialog, actions) {
  let review = null;
  const mark = h("span.review-mark", { "aria-hidden": "true" });
  const word = h("span.review-word");
  const button = h("button.review", { type: "button", hidden: true, onclick: open }, mark, word);

  function tell(verdict, text) {
    dialog.close();
    actions.send({ kind: "review", verdict, text: text.value.trim(), revision: review.revision });
  }

  function open() {
    const text = h("textarea", { rows: 2, maxlength: 2000, "aria-label": "Remark", placeholder: "A remark for your colleagues (optional with a verdict)", dir: "auto", oninput: () => { only.disabled = !text.value.trim(); } });
    const only = h("button", { type: "button", disabled: true, onclick: () => tell("remark", text) }, "Remark only");
    const thread = [...review.thread].reverse().map((remark) => h("li", {},
      h("div.history-head", {}, h("strong", {}, remark.verdict === "remark" ? "Remark" : WORDS[remark.verdict]), ` ${when(remark.time)} by ${remark.who} · revision ${remark.revision}`),
      remark.text ? h("p", { dir: "auto" }, remark.text) : null));
    dialog.open(`Review of revision ${review.revision}`, [h("p", {}, summary(review)), text, thread.length ? h("ol.history", {}, ...thread) : null].filter(Boolean),
      [h("button", { type: "button", onclick: () => dialog.close() }, "Cancel"), h("span.space"), only,
        h("button", { type: "button", onclick: () => tell("needs work", text) }, "! Needs work"),
        h("button.primary", { type: "button", onclick: () => tell("reviewed", text) }, "✓ Mark reviewed")]);
  }

  return {
    button,
    update(next) {
      review = next;
      button.hidden = !review;
      if (!review) return;
      button.className = `review is-${review.status.replace(" ", "-")}`;
      setText(mark, MARKS[review.status]);
      setText(word, ` ${WORDS[review.status]}`);
      button.title = `${WORDS[review.status]}. ${summary(review)}`;
      button.setAttribute("aria-label", `Review: ${WORDS[review.status]}`);
    },
  };
}

function summary(review) {
  const { last } = review;
  if (!last) return "Nobody has reviewed this harmony yet.";
  const verdict = last.verdict === "reviewed" ? `Reviewed by ${last.who}` : `${last.who} found that it needs work`;
  const said = `${verdict}, ${when(last.time)}, revision ${last.revision}.`;
  return review.outdated ? `${said} It has been saved since, so it needs another review.` : said;
}
