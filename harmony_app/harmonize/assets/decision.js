// A donor variable that gets no harmony on purpose: said with one key, and why.
import { h, setText, when } from "./dom.js";

export const VERDICTS = [
  ["nothing matches", "m", "Nothing matches", "The recipient asks nothing that means the same"],
  ["not a predictor", "o", "Not a predictor", "An outcome to fuse, or nothing to predict with"],
];

export function createDecision(actions) {
  let subject = null;
  let awaited = null; // the variable that was opened; until it is shown, nothing is decided on the one before
  let worked = null; // where the hand was before it wrote a reason
  const said = h("span.decision-said", { dir: "auto" });
  const reason = h("input", { type: "text", maxlength: 500, placeholder: "Why, or what it waits for (r)", "aria-label": "Why the variable is set aside, or what it waits for", dir: "auto",
    onchange: () => actions.send({ kind: "decide", variables: [subject.donor.name], verdict: subject.decision?.verdict ?? "undecided", reason: reason.value }),
    onkeydown: (event) => {
      if (event.key === "Escape") reason.value = subject.decision?.reason ?? "";
      if (event.key === "Enter" || event.key === "Escape") { event.preventDefault(); event.stopPropagation(); reason.blur(); worked?.focus({ preventScroll: true }); }
    } });
  const choose = VERDICTS.map(([verdict, key, text, title]) => h("button.small", { type: "button", title: `${title} (${key})`, onclick: () => decide(verdict) }, `${text} `, h("kbd", {}, key)));
  const undo = h("button.small", { type: "button", title: "Decide later (u)", onclick: () => decide("undecided") }, "Undecided ", h("kbd", {}, "u"));
  const element = h("div.decision", { role: "group", "aria-label": "Without a harmony" }, said, reason, ...choose, undo);

  function decide(verdict) { actions.decide(subject.donor.name, verdict, reason.value.trim()); }

  const isOnItsWay = () => awaited !== null;
  const isOvertaken = (name) => isOnItsWay() && name !== awaited;
  const allow = () => { for (const field of [reason, undo, ...choose]) field.disabled = isOnItsWay(); };

  const stopWaiting = () => { awaited = null; allow(); };

  return {
    element, isOnItsWay, isOvertaken, stopWaiting,
    /** Decide nothing until this variable is shown. */
    await(name) { awaited = name; allow(); },
    update(next) {
      const moved = subject?.donor.name !== next.donor.name;
      subject = next;
      stopWaiting();
      const { decision } = next;
      const aside = VERDICTS.some(([verdict]) => decision?.verdict === verdict);
      element.hidden = next.harmonies.some((item) => item.status !== "draft");
      setText(said, decision ? `${aside ? `Set aside: ${decision.verdict}` : "Undecided"}, ${when(decision.time)} by ${decision.who}.` : "Or set it aside:");
      undo.hidden = !aside;
      if (moved || element.getRootNode().activeElement !== reason) reason.value = decision?.reason ?? "";
      choose.forEach((button, at) => { button.hidden = decision?.verdict === VERDICTS[at][0]; });
    },
    key(event) {
      if (element.hidden || isOnItsWay() || event.ctrlKey || event.metaKey || event.altKey) return false;
      if (event.key === "r") { worked = element.getRootNode().activeElement; reason.focus(); return true; }
      const verdict = event.key === "u" && !undo.hidden ? "undecided" : VERDICTS.find(([, key]) => key === event.key)?.[0];
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
