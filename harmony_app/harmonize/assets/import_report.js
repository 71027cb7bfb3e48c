// What importing files would do, or did: a card per file with a row per harmony, filtered as one.
import { changesTable } from "./changes.js";
import { h, matches, fold, setText, words } from "./dom.js";

const STATUS_WORDS = { imported: "as it is", translated: "translated", flagged: "to finish", skipped: "skipped" };
const OUTCOME_WORDS = { added: "added", replaced: "replaced", kept: "left as it was", same: "already there", skipped: "skipped" };
const STANDING_WORDS = { new: "new", same: "already there", different: "differ", none: "" };

const isDifferent = (entry) => entry.standing === "different";
const FILTERS = [
  ["all", "All", () => true],
  ["new", "New", (entry) => entry.standing === "new"],
  ["different", "Differ from yours", isDifferent],
  ["same", "Already there", (entry) => entry.standing === "same"],
  ["flagged", "To finish", (entry) => entry.status === "flagged"],
  ["translated", "Translated", (entry) => entry.translations.length > 0],
  ["skipped", "Skipped", (entry) => entry.status === "skipped"],
];

/** How many harmonies would be saved with these choices. */
export function countSaved(files, choices) {
  return files.reduce((sum, file, place) => sum + file.entries.filter((entry) => choices[place] !== "skip"
    && (entry.standing === "new" || (isDifferent(entry) && choices[place] === "theirs"))).length, 0);
}

/** The report: `choices` holds what to do per file and is changed in place. */
export function createReport(files, choices, { done, onchange, openPair }) {
  const entries = files.flatMap((file) => file.entries);
  let chosen = "all";
  const search = h("input", { type: "search", placeholder: "Find a harmony or remark", "aria-label": "Find in the report", oninput: show });
  const chips = FILTERS.map(([name, text, test]) => [name, entries.filter(test).length, text])
    .filter(([name, count]) => count || name === "all")
    .map(([name, count, text]) => h("button.chip", { type: "button", "data-filter": name, onclick: () => { chosen = name; show(); } }, `${text} ${count}`));
  const cards = files.map((file, place) => createCard(file, place, choices, { done, onchange, openPair }))
    .sort((one, other) => Number(other.failed) - Number(one.failed));
  const nothing = h("p.muted", { hidden: true }, "Nothing in the report matches.");
  const element = h("div.import-report", {}, h("div.report-filter", {}, ...chips, search),
    h("div.report-files", { tabindex: 0, "aria-label": "Report" }, ...cards.map((card) => card.element), nothing));

  function show() {
    const test = FILTERS.find(([name]) => name === chosen)[2];
    const query = words(search.value);
    for (const chip of chips) chip.setAttribute("aria-pressed", String(chip.dataset.filter === chosen));
    const shown = cards.map((card) => card.show(test, query, chosen === "all" && !query.length));
    nothing.hidden = shown.some(Boolean);
  }

  show();
  return element;
}

function createCard(file, place, choices, { done, onchange, openPair }) {
  const rows = [...file.entries].sort((one, other) => rank(one) - rank(other)).map((entry) => createRow(entry, done));
  const differs = file.entries.filter(isDifferent).length;
  const title = h("div.report-title", {}, h("strong", { dir: "auto" }, file.name), file.title ? h("span.muted", {}, file.title) : null,
    done && file.pair && !file.error ? h("button.small", { type: "button", onclick: () => openPair(file.pair) }, "Show these harmonies") : null);
  const body = h("tbody", {}, ...rows.map((row) => row.element));
  const element = h(`section.report-file${file.error ? ".failed" : ""}`, { "aria-label": file.name }, title,
    file.error ? h("p.bad", {}, `Not imported. ${file.error}`) : h("p.report-counts", {}, summary(file, done)),
    ...file.remarks.map((remark) => h("p.muted", {}, `${remark}.`)),
    done || file.error ? null : choiceOf(place, differs, choices, onchange),
    rows.length ? h("table.report", {}, body) : null);
  return {
    element,
    failed: Boolean(file.error),
    show(test, query, everything) {
      let any = false;
      rows.forEach((row) => { const fits = row.fits(test, query); row.element.hidden = !fits; any ||= fits; });
      element.hidden = !any && !everything;
      return !element.hidden;
    },
  };
}

function summary(file, done) {
  const count = (field, value) => file.entries.filter((entry) => entry[field] === value).length;
  const parts = done
    ? Object.entries(OUTCOME_WORDS).map(([value, text]) => [count("outcome", value), text])
    : [...["new", "same", "different"].map((value) => [count("standing", value), STANDING_WORDS[value]]), [count("status", "skipped"), "skipped"], [count("status", "flagged"), "to finish by you"]];
  const said = parts.filter(([number]) => number).map(([number, text]) => `${number} ${text}`).join(" · ");
  return said || (done ? "Left out" : "The file holds no harmony");
}

/** What needs a person comes first, what changes nothing last. */
function rank(entry) {
  if (entry.status === "flagged") return 0;
  if (entry.status === "skipped") return 1;
  return { different: 2, new: 3, same: 4 }[entry.standing] ?? 3;
}

/** What to do with a file: import it or not, and who wins where both have a harmony. */
function choiceOf(place, differs, choices, onchange) {
  const options = differs
    ? [["mine", "Add what is new, leave mine"], ["theirs", `Take theirs for the ${differs} that differ${differs === 1 ? "s" : ""}`], ["skip", "Leave this file out"]]
    : [["mine", "Import"], ["skip", "Leave this file out"]];
  return h("fieldset.report-choice", {}, h("legend.sr-only", {}, "What to do with this file"), ...options.map(([value, text]) => h("label", {},
    h("input", { type: "radio", name: `import-${place}`, value, checked: choices[place] === value, onchange: () => { choices[place] = value; onchange(); } }), text)));
}

function createRow(entry, done) {
  const same = entry.standing === "same" && entry.status !== "flagged";
  const state = done && entry.outcome ? OUTCOME_WORDS[entry.outcome] : same ? STANDING_WORDS.same : STATUS_WORDS[entry.status];
  const tone = same ? "muted" : { flagged: "warn", skipped: "bad", translated: "good", imported: "good" }[entry.status];
  const said = [
    ...entry.todo.map((text) => h("p.todo", {}, text)),
    ...entry.remarks.map((text) => h("p", {}, text)),
    ...entry.translations.map(([before, after]) => h("p", {}, h("code", { dir: "auto" }, before), " → ", h("code", { dir: "auto" }, after))),
    entry.changes.length ? differences(entry.changes) : null,
  ].filter(Boolean);
  const text = fold([entry.key, ...entry.todo, ...entry.remarks, ...entry.translations.flat()].join(" "));
  const element = h("tr", {}, h("td.mono", { dir: "auto" }, entry.key || "(no name)"),
    h(`td.${tone}`, {}, state, entry.standing === "different" && !done ? h("span.muted", {}, ", differs") : null),
    h("td", {}, ...said));
  return { element, fits: (test, query) => test(entry) && matches(text, query) };
}

function differences(changes) {
  const text = `${changes.length === 1 ? "1 difference" : `${changes.length} differences`} (yours → theirs)`;
  return h("details", {}, h("summary", {}, text), changesTable(changes));
}

/** A bar with words beneath it, for work whose length is known. */
export function createProgress(text) {
  const bar = h("progress", { max: 1, "aria-label": text });
  const said = h("p.muted", { role: "status", "aria-live": "polite", dir: "auto" }, text);
  return { element: h("div.exchange-progress", {}, bar, said), update(share, doing) { bar.value = share; setText(said, doing); } };
}
