// Right: what the harmony does to both surveys, what is wrong with it, and the resulting table.
import { findingCard, isGivingReason } from "./finding_card.js";
import { binWords, groupColour, h, likeness, numberOf, paintBadge, percent, s, setText } from "./dom.js";

const SHOWN_LEVELS = 5;
const SHORT_TABLE = 40;
const ALIKE = 0.5; // less than half in common is a low similarity indeed
const SLOW_MS = 150; // what comes sooner needs no announcement
const GAP_MS = 60; // between the answer to an edit and the start of what follows from it

export function createConsequence(actions) {
  const score = h("span.similarity");
  const heading = h("h2");
  const mark = h("span.computing-mark", { role: "status" });
  let isComputing = false;
  let timer = 0;
  const missing = h("p.missing", { hidden: true });
  const basis = h("p.basis");
  const shapes = h("p.shapes", { hidden: true });
  const chart = h("div.chart", { role: "group", tabindex: 0, "aria-label": "Distribution after harmonization" });
  const findings = h("div.findings");
  const findingsTitle = h("h2");
  const table = h("div.result", { role: "table", "aria-label": "Result: groups with their levels" });
  const resultCard = h("section.card", {}, h("h2", {}, "Result"), table);
  const findingsCard = h("section.card", { "aria-live": "polite" }, findingsTitle, findings);
  const element = h("aside.pane.consequence", { "aria-label": "Consequence" },
    h("section.card", {}, h("div.card-head", {}, heading, mark, score), missing, basis, chart, shapes), findingsCard, resultCard);
  let palette = [];
  let shownLevels = SHORT_TABLE;

  /** The similarity – of a harmony that is not finished, what it still lacks: a score of its few grouped rows would deceive. */
  function showScore(preview) {
    score.className = "similarity";
    missing.hidden = !preview.missing;
    shapes.hidden = true;
    setText(missing, preview.missing);
    if (preview.missing) {
      setText(score, "incomplete");
      score.title = "The similarity is shown once every level of both sides has a group or is left out";
      return;
    }
    if (preview.similarity === null) { score.textContent = ""; return; }
    score.classList.add(preview.similarity >= 0.9 ? "good" : preview.similarity >= 0.8 ? "fair" : "poor");
    score.replaceChildren(h("span.word", {}, "similarity "), likeness(preview.similarity));
    // Quantiles weigh the middle, where a rare count is mostly 0: how far the shapes overlap tells more of it.
    const { numeric } = preview;
    const overlap = numeric ? 1 - numeric.donor.reduce((sum, share, at) => sum + Math.abs(share - numeric.recipient[at]), 0) / 2 : null;
    shapes.hidden = overlap === null || overlap < ALIKE || overlap - preview.similarity < 0.1;
    setText(shapes, `The distributions overlap by ${percent(overlap)}. The similarity compares quantiles in proportion, most of all near the median: medians of 0 and 1 have nothing in common.`);
    score.title = "Similarity: 1 means the same distribution; predictors under 0.80 are left out when fusing";
  }

  function groupBars(preview) {
    const largest = Math.max(1e-9, ...preview.groups.flatMap((group) => [group.donor_share ?? 0, group.recipient_share ?? 0]));
    const line = (share, colour, kind) => h(`div.share-line.${kind}`, {}, h("span.track", {}, h("span", { style: { width: `${(100 * (share ?? 0)) / largest}%`, background: colour } })), h("span.value", {}, percent(share)));
    return preview.groups.map((group) => {
      const colour = groupColour(palette, group.code) ?? "var(--muted)";
      return h("div.group-bars", {}, h("div.group-name", { title: group.title }, paintBadge(h("span.badge-group"), palette, group.code), h("span", { dir: "auto" }, binWords(group.title))),
        h("div.lines", {}, line(group.donor_share, colour, "donor"), line(group.recipient_share, colour, "recipient")));
    });
  }

  function numericChart(numeric) {
    const [width, height] = [300, 110];
    const largest = Math.max(1e-9, ...numeric.donor, ...numeric.recipient);
    const low = numeric.edges[0];
    const high = numeric.edges.at(-1);
    const isWhole = numeric.edges.every((edge) => Math.abs(edge % 1) === 0.5); // each bar holds whole numbers, from half below to half above
    const margin = isWhole ? 0.5 : 0;
    const written = numberOf(low + margin, high - margin);
    const range = (from, to) => [...new Set([from + margin, to - margin])].map(written).join(" to ");
    const x = (value) => ((value - low) / (high - low || 1)) * width;
    const y = (share) => height - 18 - (share / largest) * (height - 24);
    const steps = numeric.recipient.map((share, index) => `${index ? "L" : "M"}${x(numeric.edges[index]).toFixed(1)},${y(share).toFixed(1)}H${x(numeric.edges[index + 1]).toFixed(1)}`).join("");
    const bars = numeric.donor.map((share, index) => s("rect", { class: "donor-bar", x: x(numeric.edges[index]), y: y(share), width: Math.max(0.5, x(numeric.edges[index + 1]) - x(numeric.edges[index]) - 0.5), height: Math.max(0, height - 18 - y(share)) },
      s("title", {}, `${range(numeric.edges[index], numeric.edges[index + 1])}: donor ${percent(share)}, recipient ${percent(numeric.recipient[index])}`)));
    const picture = s("svg", { class: "numeric-chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "Weighted distribution of both sides" }, ...bars,
      s("path", { class: "recipient-step", d: steps }), s("line", { class: "axis", x1: 0, x2: width, y1: height - 18, y2: height - 18 }),
      s("text", { class: "tick", x: 0, y: height - 4 }, written(low + margin)), s("text", { class: "tick", x: width, y: height - 4, "text-anchor": "end" }, written(high - margin)));
    const quantiles = h("table.quantiles", {}, h("thead", {}, h("tr", {}, ...["quantile", "donor", "recipient"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, ...numeric.quantiles.map(([level, donor, recipient]) => h("tr", {}, h("th", { scope: "row" }, `${Math.round(100 * level)} %`), h("td", {}, written(donor)), h("td", {}, written(recipient))))));
    return [picture, quantiles];
  }

  function legend(preview) {
    const entry = (side) => h("span.legend-entry", {}, h(`span.swatch.${side}`), preview[side]);
    return h("div.legend", {}, entry("donor"), entry("recipient"));
  }

  function showFindings(preview) {
    const list = preview.findings;
    const open = list.filter((finding) => !finding.accepted && finding.severity !== "progress").length; // what is still to do is no finding
    findingsTitle.textContent = open ? `Findings (${open})` : "Findings";
    if (isGivingReason(findings)) return;
    findings.replaceChildren(...(list.length ? list.map((finding) => finding.severity === "progress" ? toDo(finding) : findingCard(finding, actsOf(finding)))
      : [h("p.muted", {}, preview.complete ? "No issues found." : "Group the levels of both sides to see what this harmony does.")]));
  }

  const toDo = (finding) => findingCard(finding, { fix: actsOf(finding).fix }, h("span.muted", {}, "Still to do"));

  function actsOf({ index }) {
    if (index < 0) return {};
    return {
      fix: () => actions.edit({ kind: "fix", index }),
      accept: (reason) => actions.edit({ kind: "accept", index, reason }),
      reopen: () => actions.edit({ kind: "reopen", index }),
    };
  }

  function levelsCell(levels, total, code) {
    if (!levels.length) return h("div.cell.nothing", { role: "cell" }, "–");
    const cell = h("div.cell", { role: "cell" });
    const show = (count) => {
      cell.replaceChildren(...levels.slice(0, count).map((level) => h("div", { dir: "auto" }, binWords(level))));
      if (levels.length > count) cell.append(h("button.link", { type: "button", onclick: () => show(levels.length) }, `and ${total - count} more`));
      else if (total > count) cell.append(h("button.link", { type: "button", title: "Select them in the lists", onclick: () => actions.selectGroup(code) }, `and ${total - levels.length} more, in the list`));
    };
    show(shownLevels);
    return cell;
  }

  function nameCell(group) {
    const label = typeof group.code === "number" ? `Select the levels of group ${group.code}` : "Select these levels";
    const badge = paintBadge(h("button.badge-group", { type: "button", title: label, "aria-label": label, onclick: () => actions.selectGroup(group.code) }), palette, group.code);
    if (typeof group.code !== "number") return h("div.cell.code", { role: "cell" }, badge, h("span.muted", {}, group.code === "drop" ? "left out" : "no group"));
    const input = h("input.group-title", {
      type: "text", value: group.name, placeholder: "name", dir: "auto", "aria-label": `Name of group ${group.code}`, maxlength: 80,
      onchange: () => actions.edit({ kind: "rename", code: group.code, name: input.value.trim() }),
      onkeydown: (event) => { event.stopPropagation(); if (event.key === "Enter") input.blur(); if (event.key === "Escape") { input.value = group.name; input.blur(); } },
    });
    return h("div.cell.code", { role: "cell" }, badge, input);
  }

  function showTable(preview) {
    resultCard.hidden = !preview.table.length;
    const total = preview.table.reduce((sum, group) => sum + group.donor_count + group.recipient_count, 0);
    shownLevels = total > SHORT_TABLE ? SHOWN_LEVELS : SHORT_TABLE;
    const active = element.getRootNode().activeElement;
    if (active?.classList.contains("group-title") && table.contains(active)) return;
    table.replaceChildren(h("div.result-row.head", { role: "row" }, ...["Group", preview.donor, preview.recipient].map((text) => h("div.cell", { role: "columnheader", title: text }, text))),
      ...preview.table.map((group) => h(`div.result-row${typeof group.code === "number" ? "" : ".open"}`, { role: "row" }, nameCell(group), levelsCell(group.donor_levels, group.donor_count, group.code), levelsCell(group.recipient_levels, group.recipient_count, group.code))));
  }

  return {
    element,
    /** Say that what is shown is being computed again, once it takes long enough to wonder. */
    computing(on) {
      if (on === isComputing) return;
      isComputing = on;
      clearTimeout(timer);
      timer = setTimeout(() => {
        mark.textContent = on && !findingsCard.hidden ? "Computing …" : ""; // else the card says so itself
        element.classList.toggle("computing", on);
      }, on ? SLOW_MS : GAP_MS);
    },
    update(preview, colours) {
      palette = colours;
      heading.textContent = preview?.foreseen ? "If you take the suggestion" : "After harmonization";
      element.classList.toggle("foreseen", Boolean(preview?.foreseen));
      const known = preview && !preview.failed;
      findingsCard.hidden = !known;
      resultCard.hidden = !known;
      if (!known) { score.textContent = ""; shapes.hidden = true; missing.hidden = true; basis.textContent = preview?.failed ?? "Computing …"; chart.replaceChildren(); return; }
      showScore(preview);
      basis.textContent = preview.basis;
      chart.replaceChildren(...(preview.numeric ? [...numericChart(preview.numeric), legend(preview)] : preview.has_shares && preview.groups.length ? [...groupBars(preview), legend(preview)] : []));
      showFindings(preview);
      showTable(preview);
    },
  };
}
