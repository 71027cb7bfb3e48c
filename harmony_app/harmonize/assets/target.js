// One recipient variable, all surveys: a row per answer, a column per donor variable, changed in place.
import { h, paintBadge, plainLabel, setText } from "./dom.js";

const NO_GROUP = { null: "no group yet", drop: "left out" };

export function createTarget(actions) {
  let content = null;
  let palette = [];
  let chosen = null; // the cell that is open: { column, row }, by what names them
  const unfolded = new Set();

  const back = h("button", { type: "button", onclick: () => actions.back() }, "← All harmonies");
  const variable = h("select", { "aria-label": "Recipient variable", onchange: () => start(variable.value) });
  const status = h("span.muted.target-status", { role: "status", "aria-live": "polite", dir: "auto" });
  const head = h("div.overview-tools", {}, back, h("h2", {}, "One variable, all surveys"), variable, status);
  const table = h("div.matrix-scroll", { tabindex: 0, "aria-label": "Answers by survey" });
  const detail = h("div.matrix-detail", { hidden: true, onkeydown: (event) => { if (event.key === "Escape") { event.stopPropagation(); close(); } } });
  const element = h("div.compare.target", { hidden: true }, head, h("div.matrix-body", {}, table, detail));

  function start(name) {
    content = null;
    chosen = null;
    detail.hidden = true;
    unfolded.clear();
    table.replaceChildren(...Array.from({ length: 8 }, () => h("div.placeholder-row")));
    setText(status, "Reading …");
    actions.send({ kind: "target", variable: name ?? "" });
  }

  function receive(reply) {
    content = reply;
    variable.replaceChildren(...reply.variables.map(([name, count]) => h("option", { value: name }, `${name} (${count})`)));
    variable.value = reply.variable;
    const places = reply.columns.reduce((sum, column) => sum + column.places.length, 0);
    const numbers = reply.numbers.length ? ` · ${reply.numbers.length} more use it as a number` : "";
    setText(status, reply.columns.length ? `${reply.description} · ${places} harmonies, ${reply.columns.length} columns${numbers}` : "");
    draw();
  }

  const columnId = (column) => column.places.map((place) => `${place.pair}/${place.key}`).join(" ");
  const groupOf = (column, code) => column.groups.find((group) => group.code === code);
  const meets = (column, cell) => { const group = groupOf(column, cell); return group ? group.answers.length ? group.answers.map(plainLabel).join("; ") : group.name || "no answer of the donor" : NO_GROUP[String(cell)]; };

  /** Whether columns of the same donor variable disagree about a row. */
  function disagrees(column, key) {
    return content.columns.some((other) => other !== column && other.donor === column.donor && other.variable === column.variable
      && key in column.cells && key in other.cells && meets(column, column.cells[key]) !== meets(other, other.cells[key]));
  }

  function years(column) {
    const names = [...new Set(column.places.map((place) => place.recipient))];
    return names.length > 2 ? `${names[0]} … ${names.at(-1).split(" ").at(-1)} (${names.length})` : names.join(", ");
  }

  function draw() {
    if (!content) return;
    if (!content.columns.length) { table.replaceChildren(h("p.empty", {}, "No saved harmony groups the answers of a recipient variable yet.")); return; }
    const heads = content.columns.map((column) => h("th", { scope: "col", title: [`${column.donor} ${column.variable}`, ...column.places.map((place) => place.recipient)].join("\n") },
      h("span", {}, column.donor), h("span.mono", {}, column.variable), h("span.muted", {}, years(column)),
      column.recode ? h("button.chip", { type: "button", title: "Edit this recode", onclick: () => actions.showRecode(column.recode) }, `⟲ ${column.recode}`) : null, column.open.length ? h("span.is-warning", {}, `${column.open.length} of the donor open`) : null));
    const bodies = content.rows.flatMap((row) => {
      const isOpen = unfolded.has(row.keys[0]) && row.labels.length > 1;
      const lead = line(row, row.keys, label(row, isOpen));
      return isOpen ? [lead, ...row.keys.map((key, at) => line(row, [key], h("span.target-one", { dir: "auto" }, plainLabel(row.labels[at]))))] : [lead];
    });
    table.replaceChildren(h("table.matrix", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, content.variable), ...heads)), h("tbody", {}, ...bodies)));
    if (!chosen) return;
    showDetail();
    table.querySelector('[aria-pressed="true"]')?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  function label(row, isOpen) {
    const [first] = row.labels;
    if (row.labels.length === 1) return h("span", { dir: "auto" }, plainLabel(first));
    const text = `${plainLabel(first)} … ${plainLabel(row.labels.at(-1))}`;
    return h("button.link.target-fold", { type: "button", dir: "auto", "aria-expanded": String(isOpen), title: row.labels.join("\n"),
      onclick: () => { if (!unfolded.delete(row.keys[0])) unfolded.add(row.keys[0]); draw(); } }, `${isOpen ? "▾" : "▸"} ${text} `, h("span.muted", {}, `${row.labels.length} answers, alike everywhere`));
  }

  function line(row, keys, head) {
    return h("tr", {}, h("th", { scope: "row" }, head), ...content.columns.map((column) => cell(row, keys, column)));
  }

  function cell(row, keys, column) {
    const here = keys.filter((key) => key in column.cells);
    if (!here.length) return h("td.absent", { title: "No vintage of this column has this answer" }, "–");
    const code = column.cells[here[0]];
    const differs = disagrees(column, here[0]);
    const badge = paintBadge(h("span.badge-group"), palette, code);
    const isChosen = chosen && chosen.column === columnId(column) && chosen.keys[0] === keys[0] && chosen.keys.length === keys.length;
    return h("td", {}, h("button", { type: "button", class: `target-cell${differs ? " differs" : ""}${code === null ? " open" : ""}`, "aria-pressed": String(Boolean(isChosen)), title: `${meets(column, code)}${differs ? "\nOther years of this donor are grouped differently" : ""}`,
      onclick: () => { chosen = { column: columnId(column), keys, labels: row.labels.filter((_, at) => keys.includes(row.keys[at])) }; draw(); focusChoice(); } }, badge, h("span.target-answers", { dir: "auto" }, meets(column, code)), differs ? h("span.mark.is-different", { "aria-label": "differs" }, "≠") : null));
  }

  function set(column, side, answers, group) {
    setText(status, "Saving …");
    actions.send({ kind: "target_set", side, answers, group, places: column.places.map(({ pair, key, revision }) => ({ pair, key, revision })) });
  }

  const focusChoice = () => (detail.querySelector("input:checked") ?? detail.querySelector("input"))?.focus();

  function close() {
    chosen = null;
    detail.hidden = true;
    const opened = table.querySelector('[aria-pressed="true"]');
    opened?.setAttribute("aria-pressed", "false");
    (opened ?? table).focus(); // rows grouped alike by now may have become one
  }

  /** Arrows only move along the groups, as every choice is saved at once; Enter or Space chooses. */
  function onChoiceKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const inputs = [...event.currentTarget.querySelectorAll("input")];
    if (step) inputs[(inputs.indexOf(event.target) + step + inputs.length) % inputs.length].focus();
    else if (event.key === "Enter") event.target.click();
    else return;
    event.preventDefault();
  }

  function showDetail() {
    const worked = detail.contains(detail.getRootNode().activeElement);
    const column = content.columns.find((item) => columnId(item) === chosen.column);
    const here = column && chosen.keys.filter((key) => key in column.cells);
    if (!here?.length) { detail.hidden = true; chosen = null; return; }
    const code = column.cells[here[0]];
    const next = Math.max(0, ...column.groups.map((group) => group.code)) + 1;
    const choices = [...column.groups.map((group) => [group.code, [group.name, group.answers.map(plainLabel).join("; ")].filter(Boolean).join(": ") || `group ${group.code}`]), [next, "a new group"], [null, NO_GROUP.null], ["drop", NO_GROUP.drop]];
    const options = choices.map(([value, text]) => h("label.target-choice", {}, h("input", { type: "radio", name: "target-group", checked: value === code, onchange: () => set(column, "recipient", chosen.labels, value) }), paintBadge(h("span.badge-group"), palette, value), h("span", { dir: "auto" }, text)));
    const group = groupOf(column, code);
    const listed = [...(group?.answers ?? []), ...column.open];
    const donors = listed.map((answer) => {
      const own = column.open.includes(answer) ? null : code;
      const select = h("select", { "aria-label": `Group of ${answer}`, onchange: () => set(column, "donor", [answer], choices[Number(select.value)][0]) },
        ...choices.map(([value, text], at) => h("option", { value: at, selected: value === own }, typeof value === "number" ? `${value} ${text}`.slice(0, 70) : text)));
      return h("div.target-donor", {}, h("span", { dir: "auto" }, plainLabel(answer)), select);
    });
    const many = column.places.length > 1 ? ` A change goes to all ${column.places.length} years of this column.` : "";
    detail.hidden = false;
    detail.replaceChildren(...[
      h("div.card-head", {}, h("h3", {}, `${column.donor} `, h("span.mono", {}, column.variable)), h("button.icon", { type: "button", "aria-label": "Close", onclick: close }, "×")),
      h("p", { dir: "auto" }, h("strong", {}, chosen.labels.length > 3 ? `${chosen.labels.slice(0, 2).map(plainLabel).join("; ")} … (${chosen.labels.length} answers)` : chosen.labels.map(plainLabel).join("; ")), ` of ${content.variable} correspond${chosen.labels.length > 1 ? "" : "s"} to:`),
      h("div.target-choices", { role: "radiogroup", onkeydown: onChoiceKey }, ...options),
      donors.length ? h("h4", {}, group?.answers.length ? "The donor’s answers in that group" : "The donor’s answers without a group") : null, ...donors,
      h("p.help", {}, `Saved at once, with an entry in the history of each harmony.${many}`),
      h("div.target-places", {}, ...column.places.map((place) => h("button.small", { type: "button", title: `Open ${place.key} of ${place.title}`, onclick: () => actions.send({ kind: "open_row", pair: place.pair, key: place.key }) }, place.recipient)))].filter(Boolean));
    if (worked) focusChoice();
  }

  return { element, start, palette(next) { palette = next; }, answers: { target: receive } };
}
