// Break points of one side: typed as a list, or set on its distribution by clicking and dragging.
import { h, number, numberOf, percent, s, setText } from "./dom.js";

const WIDTH = 300;
const HEIGHT = 74;
const BASE = 58;

const MOST = 200;
const DECIMAL = /^[-−–+]?((0|[1-9]\d*)(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i;
const IN_THOUSANDS = /^[-−–]?\d{1,3}(,\d{3})+$/;
const KEY_STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };

/** Split a typed list at commas, semicolons and gaps; in "5,000, 7,500" and "5,000" commas part thousands. */
function parts(text) {
  const pieces = text.split(/[;\s]+|,(?=\s|$)/).filter(Boolean);
  const spaced = pieces.length > 1 || /,0\d\d\b/.test(text);
  return pieces.flatMap((piece) => (spaced && IN_THOUSANDS.test(piece) ? [piece] : piece.split(","))).filter(Boolean);
}

export function createBins(side, actions) {
  let breaks = [];
  let dragging = false;
  let drawn = "";
  let keyed = null;
  let scale = { low: 0, high: 1, shares: null, edges: null, whole: false };

  const apply = (values) => actions.edit({ kind: "breakpoints", side, values });
  const svg = s("svg", { class: "histogram", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group", "aria-label": `Distribution of ${side} with break points` });
  const readout = h("span.readout");
  const input = h("input.code-input", {
    type: "text", placeholder: "e.g. 18, 35, 65", "aria-label": `Break points of ${side}`, autocomplete: "off",
    onkeydown: (event) => {
      if (event.key === "Enter") { event.preventDefault(); commitText(); }
      if (event.key === "Escape") { event.stopPropagation(); input.value = breaks.join(", "); fail(""); }
    },
    onblur: () => commitText(),
  });
  const error = h("div.feedback", { role: "status", "aria-live": "polite" });
  const clear = h("button.small", { type: "button", onclick: () => send([]) }, "no bins");
  const numbered = h("button.small", { type: "button", title: "Give the bins the groups 1, 2, 3 … in order", onclick: () => actions.edit({ kind: "number_bins", side }) }, "1, 2, 3 …");
  const year = h("input.number-input", { type: "text", inputmode: "numeric", "aria-label": "Year the answers count back from" });
  const named = h("button.small.primary", { type: "button", title: "Cut at the limits of the ranges that are the other side’s answers, and group both sides alike", onclick: () => {
    const base = year.hidden ? null : Number(year.value);
    if (base !== null && !Number.isInteger(base)) { fail("Give the year the answers count back from, such as 2020."); return; }
    actions.edit({ kind: "label_bins", side, base_year: base });
  } });
  const back = h("label.inline", {}, "counting back from", year);
  const count = h("input.number-input", { type: "text", inputmode: "numeric", value: "5", "aria-label": "Number of bins" });
  const split = (by) => () => {
    const bins = Number(count.value);
    if (!Number.isInteger(bins) || bins < 2 || bins > 100) { fail("Type how many bins: 2 to 100."); return; }
    actions.edit({ kind: "split_bins", side, bins, by });
  };
  const splits = h("span.inline", {}, count, h("button.small", { type: "button", title: "Bins of equal width", onclick: split("width") }, "equal widths"),
    h("button.small", { type: "button", title: "Bins that hold equal shares of the rows", onclick: split("quantile") }, "equal shares"));
  const element = h("div.bins", {}, h("div.bins-picture", {}, svg, h("p.help", {}, "Click to add a break, drag to move it, drag it out to remove it; or Tab, arrow keys, Del. A bin holds its lower end. ", readout)),
    h("div.bins-controls", {}, h("div.bins-row", {}, input, numbered, clear), error, h("div.bins-row", {}, named, back), h("div.bins-row", {}, splits)));

  const toX = (value) => ((value - scale.low) / (scale.high - scale.low)) * WIDTH;
  const toValue = (x) => scale.low + (x / WIDTH) * (scale.high - scale.low);

  const neatStep = () => (scale.whole ? Math.max(1, 10 ** Math.floor(Math.log10((scale.high - scale.low) / 100))) : 10 ** Math.floor(Math.log10((scale.high - scale.low) / 200)));

  function neat(value) {
    const step = neatStep();
    const rounded = Math.round(value / step) * step;
    return Number(rounded.toFixed(Math.max(0, -Math.floor(Math.log10(step)))));
  }

  function fail(message) {
    error.classList.toggle("is-error", Boolean(message));
    input.setAttribute("aria-invalid", String(Boolean(message)));
    setText(error, message);
  }

  /** Read the list that was typed: what can be put right is, and said; what cannot is refused. */
  function commitText() {
    const read = parts(input.value);
    if (read.length > MOST) { fail(`${number(read.length)} break points are more than can be grouped by hand; at most ${MOST}.`); return; }
    const values = read.map((part) => Number(part.replaceAll(",", "").replace(/^[−–]/, "-")));
    const wrong = read.findIndex((part, index) => !DECIMAL.test(part.replaceAll(",", "")) || !Number.isFinite(values[index]));
    if (wrong >= 0) {
      const why = /^0\d/.test(read[wrong]) ? "has a leading zero: put a space between numbers that have thousands separators" : Math.abs(values[wrong]) === Infinity ? "is too large a number" : "is not a number";
      fail(`“${read[wrong].slice(0, 40)}” ${why}. Write break points like 18, 35, 65.`);
      return;
    }
    const repeated = values.find((value, index) => values.indexOf(value) !== index);
    const unsorted = values.some((value, index) => index > 0 && value < values[index - 1]);
    const outside = values.find((value) => value <= scale.low || value > scale.high);
    const notes = [];
    const long = read.find((part) => part.includes(","));
    if (long) notes.push(`${long} was read as one number.`);
    if (repeated !== undefined) notes.push(`${written(repeated)} was listed twice and is kept once.`);
    if (unsorted) notes.push("Sorted in ascending order.");
    if (outside !== undefined && scale.shares) notes.push(`${written(outside)} lies outside the answers (${written(scale.low)} to ${written(scale.high)}), so a bin stays empty.`);
    note(notes.join(" "));
    send(values);
  }

  function note(message) {
    fail("");
    setText(error, message);
  }

  function send(values) {
    const next = [...new Set(values)].sort((a, b) => a - b);
    if (next.length === breaks.length && next.every((value, index) => value === breaks[index])) { input.value = breaks.join(", "); return; }
    breaks = next;
    drawn = "";
    input.value = breaks.join(", ");
    draw();
    apply(next);
  }

  function written(value) { return numberOf(scale.low, scale.high)(value); }

  function draw(moving = null) {
    const parts = [];
    if (scale.shares) {
      const largest = Math.max(...scale.shares, 1e-9);
      scale.shares.forEach((share, index) => {
        const from = toX(scale.edges[index]);
        const to = toX(scale.edges[index + 1]);
        const size = (share / largest) * (BASE - 6);
        parts.push(s("rect", { class: "bar", x: from, width: Math.max(0.5, to - from - 0.6), y: BASE - size, height: size }, s("title", {}, `${written(scale.edges[index])} to ${written(scale.edges[index + 1])}: ${percent(share)}`)));
      });
    }
    parts.push(s("line", { class: "axis", x1: 0, x2: WIDTH, y1: BASE, y2: BASE }),
      s("text", { class: "tick", x: 0, y: HEIGHT - 4 }, written(scale.low)),
      s("text", { class: "tick", x: WIDTH, y: HEIGHT - 4, "text-anchor": "end" }, written(scale.high)));
    numbered.disabled = clear.disabled = breaks.length === 0;
    breaks.forEach((value, index) => {
      const x = toX(value);
      if (x < -1 || x > WIDTH + 1) return;
      parts.push(s("g", { class: `break ${moving === index ? "moving" : ""}`, transform: `translate(${x},0)` },
        s("rect", { class: "grip", x: -6, width: 12, y: 0, height: BASE }), s("line", { y1: 2, y2: BASE }), s("circle", { cy: 6, r: 4.5, tabindex: 0, role: "slider", "aria-label": `Break ${index + 1}`, "aria-valuenow": value, "aria-valuemin": scale.low, "aria-valuemax": scale.high })));
    });
    svg.replaceChildren(...parts);
    if (keyed !== null) svg.querySelectorAll(".break circle")[keyed]?.focus();
  }

  svg.addEventListener("keydown", (event) => {
    const at = [...svg.querySelectorAll(".break circle")].indexOf(event.target);
    const shown = breaks.map((value, index) => [value, index]).filter(([value]) => toX(value) >= -1 && toX(value) <= WIDTH + 1);
    if (at < 0 || !shown[at]) return;
    const index = shown[at][1];
    if (event.key === "Delete" || event.key === "Backspace") { event.preventDefault(); event.stopPropagation(); send(breaks.filter((_, position) => position !== index)); return; }
    if (!(event.key in KEY_STEPS)) return;
    event.preventDefault();
    event.stopPropagation();
    const step = scale.whole ? 1 : neatStep();
    const moved = neat(breaks[index] + KEY_STEPS[event.key] * Math.max(step, neatStep()));
    if (breaks.includes(moved)) return;
    keyed = at;
    send(breaks.map((value, position) => (position === index ? moved : value)));
  });
  svg.addEventListener("focusout", () => { if (svg.isConnected && !svg.contains(svg.getRootNode().activeElement)) keyed = null; });

  const pointerX = (event) => {
    const box = svg.getBoundingClientRect();
    return { x: ((event.clientX - box.left) / box.width) * WIDTH, outside: event.clientY < box.top - 24 || event.clientY > box.bottom + 24 };
  };

  svg.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    const { x } = pointerX(event);
    let index = breaks.findIndex((value) => Math.abs(toX(value) - x) < 7);
    const before = [...breaks];
    dragging = true;
    if (index < 0) { breaks = [...breaks, neat(toValue(x))]; index = breaks.length - 1; }
    const show = (now) => {
      const { x: at, outside } = pointerX(now);
      breaks[index] = neat(toValue(Math.min(WIDTH, Math.max(0, at))));
      setText(readout, outside ? "Let go to remove this break." : written(breaks[index]));
      draw(index);
      return outside;
    };
    show(event);
    const stop = (now) => {
      document.removeEventListener("pointermove", show);
      document.removeEventListener("pointerup", stop);
      dragging = false;
      drawn = "";
      const outside = show(now);
      setText(readout, "");
      const next = outside ? breaks.filter((_, position) => position !== index) : breaks;
      breaks = before;
      send([...next]);
      draw();
    };
    document.addEventListener("pointermove", show);
    document.addEventListener("pointerup", stop);
  });

  return {
    body: element,
    focus: () => input.focus(),
    update(now, { distribution, other }) {
      setText(named, `use the ranges in the answers of ${other}`);
      named.hidden = !now.label_ranges;
      back.hidden = year.hidden = !now.label_ranges || now.base_year === null;
      if (now.base_year !== null && !year.value) year.value = String(now.base_year);
      splits.hidden = !distribution.shares;
      // A drag in progress is not disturbed, and what is drawn already is not drawn again.
      const asked = JSON.stringify([now.breakpoints, distribution]);
      if (dragging || asked === drawn) return;
      drawn = asked;
      breaks = [...now.breakpoints];
      if (input.getRootNode().activeElement !== input) input.value = breaks.join(", ");
      scale = distribution;
      svg.classList.toggle("unknown", !distribution.shares);
      draw();
    },
    reset() { drawn = ""; year.value = ""; keyed = null; note(""); },
    answer(reply) { if (reply.message) fail([reply.message, reply.hint].filter(Boolean).join(" ")); else if (reply.note) note([error.classList.contains("is-error") ? "" : error.textContent, reply.note].filter(Boolean).join(" ")); },
  };
}
