// A donor variable that gets no harmony on purpose: said with one key, and why.
import { h, setText, when } from "./dom.js";

export const VERDICTS = [
  ["nothing matches", "m", "Nothing matches", "The recipient asks nothing that means the same"],
  ["not a predictor", "o", "Not a predictor", "An outcome to fuse, or nothing to predict with"],
];

export function createDecision(actions) {
  let subject = null;
  const said = h("span.decision-said", { dir: "auto" });
  const reason = h("input", { type: "text", maxlength: 500, placeholder: "Why (optional)", "aria-label": "Why the variable is set aside", dir: "auto",
    onchange: () => actions.send({ kind: "decide", variables: [subject.donor.name], verdict: subject.decision.verdict, reason: reason.value }),
    onkeydown: (event) => { if (event.key === "Enter") { event.preventDefault(); reason.blur(); } } });
  const choose = VERDICTS.map(([verdict, key, text, title]) => h("button.small", { type: "button", title: `${title} (${key})`, onclick: () => decide(verdict) }, `${text} `, h("kbd", {}, key)));
  const undo = h("button.small", { type: "button", title: "Decide later (u)", onclick: () => decide("undecided") }, "Undecided ", h("kbd", {}, "u"));
  const element = h("div.decision", { role: "group", "aria-label": "Without a harmony" }, said, reason, ...choose, undo);

  function decide(verdict) { actions.decide(subject.donor.name, verdict); }

  return {
    element,
    update(next) {
      subject = next;
      const { decision } = next;
      element.hidden = next.harmonies.some((item) => item.status !== "draft");
      setText(said, decision ? `Set aside: ${decision.verdict}, ${when(decision.time)} by ${decision.who}.` : "Or set it aside:");
      reason.hidden = undo.hidden = !decision;
      if (document.activeElement !== reason) reason.value = decision?.reason ?? "";
      choose.forEach((button, at) => { button.hidden = decision?.verdict === VERDICTS[at][0]; });
    },
    key(event) {
      if (element.hidden || event.ctrlKey || event.metaKey || event.altKey) return false;
      const verdict = event.key === "u" && subject.decision ? "undecided" : VERDICTS.find(([, key]) => key === event.key)?.[0];
      if (!verdict) return false;
      decide(verdict);
      return true;
    },
  };
}

/** The dialogue that decides on many variables: its title, body, and what was chosen. */
export function decisionQuestion(count) {
  const choices = VERDICTS.map(([verdict, , text, title], at) => h("label.verdict", {}, h("input", { type: "radio", name: "verdict", value: verdict, checked: at === 0 }), h("span", {}, `${text}. `, h("span.muted", {}, `${title}.`))));
  const reason = h("input", { type: "text", maxlength: 500, placeholder: "Why (optional)", "aria-label": "Why the variables are set aside", dir: "auto" });
  return [`Set ${count} variables aside?`, [...choices, reason],
    () => ({ verdict: choices.map((label) => label.querySelector("input")).find((input) => input.checked).value, reason: reason.value })];
}
