// What a survey says of a variable: the question, whom it was put to, notes, and its answers.
import { h, number, numberOf, plainLabel } from "./dom.js";

const UNIVERSE = /\s*\b(?:edited\s+)?universe\s*[:=]\s*/i;
/** A condition in capitals behind the question, such as “AGE_R>=16 and SCHLEVEL = 1”. */
const CONDITION = /\s+(?=[A-Z][A-Z0-9_]{2,}\s*(?:[<>]=?|=)\s*[-\d])/;

/** The question, and whom it was put to where its description says so. */
export function readQuestion(description) {
  const text = description || "";
  const [question, ...universe] = UNIVERSE.test(text) ? text.split(UNIVERSE) : cut(text, text.search(CONDITION));
  return { question: question.trim() || description || "no description", universe: universe.join(" ").trim() };
}

const cut = (text, at) => (at > 0 ? [text.slice(0, at), text.slice(at)] : [text]);

/** All that is known of a variable, as a list of terms. */
export function aboutVariable(variable) {
  const { question, universe } = readQuestion(variable.description);
  const numbers = [["lowest", variable.minimum], ["median", variable.median], ["mean", variable.mean], ["highest", variable.maximum]].filter(([, value]) => value !== null && value !== undefined);
  const written = numberOf(...numbers.map(([, value]) => value));
  const terms = [["Question", question], ["Asked of", universe || `every ${variable.respondent}, as far as the dictionary says`], ["Note", variable.note], ["Unit", variable.unit],
    ["Values", numbers.map(([name, value]) => `${name} ${written(value)}`).join(" · ")]].filter(([, text]) => text);
  return h("dl.about", {}, ...terms.flatMap(([name, text]) => [h("dt", {}, name), h("dd", { dir: "auto" }, text)]));
}

/** The answers of a variable one below the other. */
export function answerList(variable) {
  const { answers = [], levels } = variable;
  if (!answers.length) return null;
  const more = levels - answers.length;
  return h("ol.answer-list", { "aria-label": `Answers of ${variable.name}` }, ...answers.map((answer) => h("li", { dir: "auto" }, plainLabel(answer))), more > 0 ? h("li.muted", {}, `and ${number(more)} more`) : null);
}
