// What one side does before its levels are grouped: adjust, bin, deflate, collapse, universe.
import { createBins } from "./bins.js";
import { h, setText } from "./dom.js";
import { createExpressionField } from "./expression.js";

export function createSettings(side, actions) {
  let open = null;
  let state = null;
  let columns = [];

  const send = (change) => actions.edit({ side, ...change });
  const chips = h("div.setting-chips", { role: "group", "aria-label": `Settings of the ${side}` });
  const editor = h("div.setting-editor", { hidden: true });
  const element = h(`div.settings.${side}`, {}, chips, editor);

  const adjustment = createExpressionField({
    label: `Adjustment of the ${side}`, placeholder: "e.g. rntp * 12, or least(veh, 6)", names: () => columns,
    check: (text, sequence) => actions.check({ side, field: "adjustment", text, sequence }),
    apply: (text) => send({ kind: "adjustment", text }),
  });
  const universe = createExpressionField({
    label: `Universe of the ${side}`, placeholder: "e.g. agep >= 16", names: () => columns,
    check: (text, sequence) => actions.check({ side, field: "universe", text, sequence }),
    apply: (text) => send({ kind: "universe", text }),
  });
  const bins = createBins(side, (values) => send({ kind: "breakpoints", values }), () => send({ kind: "number_bins" }));
  const aggregator = h("select", { "aria-label": "How persons become a household", onchange: () => send({ kind: "aggregator", value: aggregator.value }) });
  const sentence = h("p.help");
  const outside = h("select", { "aria-label": "Group of rows outside the universe", onchange: () => send({ kind: "outside", group: readGroup(outside.value) }) });
  const missing = h("select", { "aria-label": "Group of rows without an answer", onchange: () => send({ kind: "missing", group: readGroup(missing.value) }) });
  const deflate = h("select", { "aria-label": "Year of prices", onchange: () => send({ kind: "deflate", year: deflate.value ? Number(deflate.value) : null }) });
  const deflateHelp = h("p.help");

  const EDITORS = {
    adjust: { body: h("div", {}, h("label", {}, "Replace the value by"), adjustment.element), focus: () => adjustment.input.focus() },
    bins: { body: bins.element, focus: () => bins.input.focus() },
    collapse: { body: h("div", {}, h("label", {}, "Several persons become one household value by"), aggregator, sentence), focus: () => aggregator.focus() },
    universe: {
      body: h("div", {}, h("label", {}, "Only rows where"), universe.element,
        h("div.pair-row", {}, h("label", {}, "Other rows", outside), h("label", {}, "No answer", missing))),
      focus: () => universe.input.focus(),
    },
    deflate: { body: h("div", {}, h("label", {}, "Convert dollars to the prices of"), deflate, deflateHelp), focus: () => deflate.focus() },
  };

  const readGroup = (value) => (value === "" ? null : value === "drop" ? "drop" : Number(value));

  function toggle(key) {
    open = open === key ? null : key;
    show();
    if (open) EDITORS[open].focus();
  }

  function show() {
    if (!state) return;
    const labels = chipLabels(state);
    if (open && !(open in labels)) open = null;
    const pressed = chips.contains(element.getRootNode().activeElement) ? element.getRootNode().activeElement.dataset.key : null;
    chips.replaceChildren(...Object.entries(labels).map(([key, [text, set, title]]) => h(`button.setting${set ? ".set" : ""}`, {
      type: "button", title, "data-key": key, "aria-expanded": String(open === key), onclick: () => toggle(key),
    }, text)));
    if (pressed) chips.querySelector(`[data-key="${pressed}"]`)?.focus();
    editor.hidden = !open;
    const body = open ? EDITORS[open].body : null;
    if (editor.firstChild !== body) editor.replaceChildren(...(body ? [body] : []));
  }

  function chipLabels(now) {
    const labels = { adjust: [now.adjustment ? `= ${now.adjustment}` : "adjust", Boolean(now.adjustment), "Replace the value by an expression"] };
    if (now.can_bin) labels.bins = binsLabel(now.breakpoints);
    if (now.can_collapse) labels.collapse = [now.aggregator_word, now.aggregator !== "automatic", now.aggregator_text];
    labels.universe = [now.universe ? `if ${now.universe}` : now.missing !== null ? "missing set" : "universe, missing", Boolean(now.universe) || now.missing !== null, "Who is asked, and what happens to rows without an answer"];
    if (now.can_deflate) labels.deflate = [now.deflate_to_year ? `${now.deflate_to_year} dollars` : "deflate", now.deflate_to_year !== null, "Convert dollars with the consumer price index"];
    return labels;
  }

  function binsLabel(breakpoints) {
    const list = breakpoints.join(" | ");
    if (!breakpoints.length) return ["bins", false, "Cut the number into bins"];
    return [list.length <= 18 ? `bins ${list}` : `${breakpoints.length + 1} bins`, true, `Bins at ${list}`];
  }

  function groupOptions(select, value, known, names, first) {
    const codes = [...new Set([...known, ...(typeof value === "number" ? [value] : [])])].sort((a, b) => a - b);
    const next = Math.max(0, ...codes) + 1;
    select.replaceChildren(h("option", { value: "" }, first), h("option", { value: "drop" }, "leave out"),
      ...codes.map((code) => h("option", { value: code }, names[code] ? `${code} ${names[code]}` : `group ${code}`)),
      h("option", { value: next }, `new group ${next}`));
    select.value = value === null ? "" : String(value);
  }

  return {
    element, chips, editor,
    close() { open = null; show(); },
    update(next, context) {
      state = next;
      columns = context.columns;
      adjustment.set(next.adjustment);
      universe.set(next.universe);
      bins.set(next.breakpoints, context.distribution);
      aggregator.replaceChildren(...context.aggregators.map(([value, text]) => h("option", { value }, text)));
      aggregator.value = next.aggregator;
      setText(sentence, next.aggregator_text);
      groupOptions(outside, next.outside, context.codes, context.names, "are an error");
      groupOptions(missing, next.missing, context.codes, context.names, "is an error");
      deflate.replaceChildren(h("option", { value: "" }, "as they are"), ...context.years.map((year) => h("option", { value: year }, year)));
      deflate.value = next.deflate_to_year ?? "";
      setText(deflateHelp, context.price_year ? `The survey reports dollars of ${context.price_year}; the consumer price index converts them.` : "The price year of this survey is not known, so dollars cannot be converted. Set it on the Surveys page.");
      show();
    },
    answer(reply) {
      if (reply.field === "breakpoints") bins.fail(reply.message ?? "");
      else if (reply.field === "adjustment" || reply.field === "universe") (reply.field === "adjustment" ? adjustment : universe).answer(reply);
      if (reply.message && !reply.sequence) {
        const key = { adjustment: "adjust", universe: "universe", breakpoints: "bins", deflate: "deflate", aggregator: "collapse" }[reply.field];
        if (key && open !== key) { open = key; show(); }
        if (reply.field === "deflate") setText(deflateHelp, reply.message);
        if (reply.field === "aggregator") setText(sentence, reply.message);
      }
    },
  };
}
