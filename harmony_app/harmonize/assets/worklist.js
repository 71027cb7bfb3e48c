// Left: the donor variables, what is done, and what is left to do.
import { TYPE_WORDS, h, setText } from "./dom.js";
import { indexLabels, readWords } from "./level_query.js";

const STATUSES = [
  ["all", "all"],
  ["attention", "attention"],
  ["draft", "draft"],
  ["saved", "saved"],
  ["aside", "set aside"],
  ["none", "undecided"],
  ["suggested", "suggested"],
];
const STATUS_WORDS = { ...Object.fromEntries(STATUSES), attention: "needs attention", aside: "set aside: nothing matches, or not a predictor", suggested: "undecided, with a suggestion" };

/** The table of all harmonies and the views that open from it, as the server names them. */
export const OVERVIEWS = ["all", "transfer", "compare", "coverage", "target", "recode"];

export function createWorklist(actions, queue) {
  const filter = { status: "all", respondent: "", type: "", theme: "", review: "", find: null };
  let index = indexLabels([]);
  let rows = [];
  let selected = null;
  let statuses = {};

  const pairName = h("div", { "aria-hidden": "true" });
  const pair = h("select", { "aria-label": "Donor and recipient survey", onchange: () => actions.choosePair(pair.value) });
  const views = h("div.segments", { role: "tablist", "aria-label": "View" });
  const coverage = h("button.link.coverage-text", { type: "button", title: "Progress by theme and vintage", onclick: () => actions.showCoverage() });
  const bar = h("div.coverage-bar", { role: "progressbar", "aria-label": "Variables decided", "aria-valuemin": 0 }, h("span"), h("span.aside"));
  const many = h("button.link.set-aside-many", { type: "button", hidden: true, title: "Decide on all undecided variables in this list at once", onclick: () => actions.decideMany(undecided()) });
  const search = h("input.search", {
    type: "search", placeholder: "Search variables", "aria-label": "Search donor variables", title: "Searches names, descriptions and answers; words in any order, typing slips are forgiven",
    oninput: () => { find(); applyFilter(); },
    onkeydown: (event) => {
      if (event.key === "ArrowDown" || event.key === "Enter") { event.preventDefault(); list.focus(); move(0); }
      if (event.key === "Escape" && search.value) { event.stopPropagation(); search.value = ""; find(); applyFilter(); }
    },
  });
  const chips = h("div.chips", { role: "group", "aria-label": "Filter by status" });
  const chipFor = Object.fromEntries(STATUSES.map(([key]) => [key, h("button.chip", {
    type: "button", onclick: () => { filter.status = key; applyFilter(); },
  })]));
  chips.append(...Object.values(chipFor));
  const respondent = h("select", { "aria-label": "Filter by respondent", onchange: () => { filter.respondent = respondent.value; applyFilter(); } },
    h("option", { value: "" }, "who"), h("option", { value: "household" }, "household"), h("option", { value: "person" }, "person"));
  const type = h("select", { "aria-label": "Filter by type", onchange: () => { filter.type = type.value; applyFilter(); } },
    h("option", { value: "" }, "type"), ...Object.entries(TYPE_WORDS).map(([value, text]) => h("option", { value }, text)));
  const theme = h("select", { "aria-label": "Filter by theme", onchange: () => { filter.theme = theme.value; applyFilter(); } });
  const review = h("select", { "aria-label": "Filter by review", onchange: () => { filter.review = review.value; applyFilter(); } },
    h("option", { value: "" }, "review"), ...["to review", "reviewed", "needs work"].map((value) => h("option", { value }, value)));
  const list = h("div.variables", { role: "listbox", tabindex: 0, "aria-label": "Donor variables", onkeydown: onKey });
  const nearly = h("p.nearly.muted", { role: "status", hidden: true });
  const empty = h("p.empty", { hidden: true }, "No variable matches. Clear the search or the filters.");
  const element = h("aside.pane.worklist", { "aria-label": "Worklist" },
    h("div.worklist-head", {}, h("div.pair-box", {}, pairName, pair), views, h("div.coverage", {}, coverage, bar), queue.start, search, nearly, chips,
      h("div.filter-row", {}, respondent, type, theme, review), many),
    empty, list);

  function find() { filter.find = search.value.trim() ? readWords(search.value, index) : null; }

  const undecided = () => rows.filter((row) => !row.element.hidden && statusOf(row.name) === "none").map((row) => row.name);

  function onKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -1e9, End: 1e9 }[event.key];
    const enters = event.key === "Enter" && !event.ctrlKey && !event.metaKey;
    if (step === undefined && !enters) return;
    event.preventDefault();
    if (enters) actions.goToWork(event.shiftKey);
    else move(step);
  }

  function move(step) {
    const shown = rows.filter((row) => !row.element.hidden);
    if (!shown.length) return;
    const at = shown.findIndex((row) => row.name === selected);
    const next = shown[Math.min(shown.length - 1, Math.max(0, at + (at < 0 && step === 0 ? 1 : step)))];
    if (next && next.name !== selected) actions.openVariable(next.name);
  }

  function applyFilter() {
    const counts = { all: 0, attention: 0, draft: 0, saved: 0, aside: 0, none: 0, suggested: 0 };
    let shown = 0;
    setText(nearly, filter.find?.note ?? "");
    nearly.hidden = !filter.find?.note;
    for (const row of rows) {
      const status = statusOf(row.name);
      const passes = (!filter.find || filter.find.test(row.at))
        && (!filter.respondent || row.respondent === filter.respondent)
        && (!filter.type || row.type === filter.type)
        && (!filter.theme || row.theme === filter.theme)
        && (!filter.review || statuses.reviews?.[row.name] === filter.review);
      const hinted = status === "none" && Boolean(queue.suggested(row.name));
      if (passes) { counts.all += 1; counts[status] += 1; counts.suggested += hinted ? 1 : 0; }
      const visible = passes && (filter.status === "all" || filter.status === status || (filter.status === "suggested" && hinted));
      row.element.hidden = !visible;
      shown += visible ? 1 : 0;
    }
    for (const [key, text] of STATUSES) {
      setText(chipFor[key], `${text} ${counts[key]}`);
      chipFor[key].title = `Variables: ${STATUS_WORDS[key]}`;
      chipFor[key].setAttribute("aria-pressed", String(filter.status === key));
    }
    empty.hidden = shown > 0;
    const filtered = filter.find || filter.respondent || filter.type || filter.theme;
    const open = filtered ? undecided().length : 0;
    many.hidden = open < 2;
    setText(many, `Set ${open} undecided aside …`);
  }

  const statusOf = (name) => statuses.variables?.[name]?.status ?? (statuses.aside?.[name] ? "aside" : "none");

  function showStatus(row) {
    const status = statusOf(row.name);
    const partners = statuses.variables?.[row.name]?.partners ?? [];
    row.dot.className = `dot ${status}`;
    const reasons = statuses.variables?.[row.name]?.reasons ?? [];
    const aside = statuses.aside?.[row.name];
    const waiting = statuses.waiting?.[row.name];
    const word = aside ? [aside.verdict, aside.reason].filter(Boolean).join(": ") : waiting ? `undecided: ${waiting}` : STATUS_WORDS[status];
    row.dot.title = [word, ...reasons].join("\n");
    const hint = partners.length || aside ? undefined : queue.suggested(row.name);
    setText(row.partner, aside ? aside.verdict : hint ? `${hint}?` : partners.length ? partners.join(", ") : waiting ? "waits" : "");
    const lessSure = hint && queue.isLessSure(row.name);
    row.partner.className = hint ? (lessSure ? "hinted less-sure" : "hinted") : aside || waiting ? "aside" : "";
    row.partner.title = hint ? `${lessSure ? "Perhaps" : "Suggested"}: ${hint}` : partners.length ? "" : waiting ?? "";
    const reviewed = statuses.reviews?.[row.name] ?? "";
    setText(row.sign, { reviewed: "✓", "needs work": "!" }[reviewed] ?? "");
    row.sign.className = `review-sign is-${reviewed.replace(" ", "-")}`;
    row.sign.title = reviewed;
    row.element.setAttribute("aria-label", `${row.name}, ${row.description}. ${word}${partners.length ? `, with ${partners.join(", ")}` : ""}`);
  }

  return {
    element,
    focusSearch: () => { search.focus(); search.select(); },
    step: move,
    /** Open the first undecided variable below this one, else the first above; none when all are decided. */
    openNext() {
      const shown = rows.filter((row) => !row.element.hidden || row.name === selected);
      const at = shown.findIndex((row) => row.name === selected);
      const next = [...shown.slice(at + 1), ...shown.slice(0, Math.max(at, 0))].find((row) => statusOf(row.name) === "none");
      if (next) actions.openVariable(next.name);
      return Boolean(next);
    },
    updateChecks(checks) {
      const open = Object.values(checks).reduce((sum, found) => sum + found.errors + found.warnings, 0);
      const tab = views.querySelector("[data-view=findings]");
      if (tab) { setText(tab, open ? `Findings (${open})` : "Findings"); tab.title = "Errors and warnings of all saved harmonies nobody has decided on"; }
    },
    updatePairs({ surveys, order }) {
      const chosen = pair.value;
      pair.replaceChildren(...order.map(([donor, recipient]) =>
        h("option", { value: `${surveys[donor].id}__${surveys[recipient].id}` }, `${surveys[donor].title} → ${surveys[recipient].title}`)));
      pair.value = chosen;
    },
    updatePlace(place) {
      pair.value = place.pair;
      element.classList.toggle("without-pair", !place.pair);
      const title = pair.selectedOptions[0]?.textContent ?? (pair.options.length ? "Choose surveys" : "No pair of surveys");
      pairName.replaceChildren(...title.split(" → ").flatMap((part, index) => [index ? " → " : "", h("span", {}, part)]));
      views.replaceChildren(...[["match", "Match"], ["all", `All (${place.harmonies})`], ["findings", "Findings"]].map(([key, text]) =>
        h("button", { type: "button", role: "tab", "data-view": key, "aria-selected": String(key === "all" ? OVERVIEWS.includes(place.view) : place.view === key), onclick: () => actions.chooseView(key) }, text)));
    },
    updateVariables(variables) {
      index = indexLabels(variables.map((variable) => `${variable.name} ${variable.description} ${variable.text}`));
      find();
      rows = variables.map((variable, at) => {
        const dot = h("span.dot");
        const partner = h("span");
        const sign = h("span.review-sign");
        const row = { ...variable, dot, partner, sign, at };
        row.element = h("div.variable", { role: "option", id: `variable-${at}`, "data-name": variable.name, title: variable.description, onclick: () => { list.focus({ preventScroll: true }); actions.openVariable(variable.name); } },
          dot, h("span.name", {}, variable.name), h("span.partner", {}, partner, sign), h("span.description", { dir: "auto" }, variable.description || "no description"));
        showStatus(row);
        return row;
      });
      list.replaceChildren(...rows.map((row) => row.element));
      const themes = [...new Set(rows.map((row) => row.theme))].sort();
      theme.replaceChildren(h("option", { value: "" }, "theme"), ...themes.map((name) => h("option", { value: name }, name)));
      if (!themes.includes(filter.theme)) filter.theme = "";
      theme.value = filter.theme;
      applyFilter();
    },
    /** Show the variables of one theme only; of all with an empty one. */
    showTheme(name) { filter.theme = name; theme.value = name; applyFilter(); },
    updateQueue() { rows.forEach(showStatus); applyFilter(); },
    updateStatuses(next) {
      statuses = next;
      // Until somebody has reviewed something, there is nothing to filter by.
      review.hidden = !Object.values(next.reviews ?? {}).some((status) => status !== "to review");
      if (review.hidden) filter.review = "";
      rows.forEach(showStatus);
      const aside = Object.keys(next.aside ?? {}).length;
      const left = next.total - next.done - aside;
      setText(coverage, `${next.done} harmonized${aside ? ` · ${aside} set aside` : ""} · ${left ? `${left} of ${next.total} to decide` : `all ${next.total} decided`}`);
      bar.setAttribute("aria-valuenow", next.done + aside);
      bar.setAttribute("aria-valuemax", next.total);
      [next.done, aside].forEach((count, at) => { bar.children[at].style.width = `${next.total ? (100 * count) / next.total : 0}%`; });
      applyFilter();
    },
    /** Show which variable is open; `place` says where in the list it should come to stand. */
    select(name, place = "nearest") {
      selected = name;
      for (const row of rows) {
        const chosen = row.name === name;
        row.element.setAttribute("aria-selected", String(chosen));
        if (chosen) {
          list.setAttribute("aria-activedescendant", row.element.id);
          row.element.scrollIntoView({ block: place });
        }
      }
    },
  };
}
