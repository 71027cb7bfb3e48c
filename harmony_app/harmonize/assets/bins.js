// Break points of one side: typed as a list, or set on its distribution by clicking and dragging.
import { h, number, percent, s, setText } from "./dom.js";

const WIDTH = 300;
const HEIGHT = 74;
const BASE = 58;

export function createBins(label, apply, enumerate) {
  let breaks = [];
  let dragging = false;
  let drawn = "";
  let scale = { low: 0, high: 1, shares: null, edges: null, whole: false };

  const svg = s("svg", { class: "histogram", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `Distribution of ${label} with break points` });
  const readout = h("span.readout");
  const input = h("input.code-input", {
    type: "text", placeholder: "e.g. 18, 35, 65", "aria-label": `Break points of ${label}`, autocomplete: "off",
    onkeydown: (event) => {
      if (event.key === "Enter") { event.preventDefault(); commitText(); }
      if (event.key === "Escape") { event.stopPropagation(); input.value = breaks.join(", "); fail(""); }
    },
    onblur: () => commitText(),
  });
  const error = h("div.feedback", { role: "status", "aria-live": "polite" });
  const clear = h("button.small", { type: "button", onclick: () => send([]) }, "no bins");
  const numbered = h("button.small", { type: "button", title: "Give the bins the groups 1, 2, 3 … in order", onclick: () => enumerate() }, "1, 2, 3 …");
  const element = h("div.bins", {}, svg, h("div.bins-row", {}, input, numbered, clear), error,
    h("p.help", {}, "Click to add a break, drag to move it, drag it out to remove it. A bin holds its lower end. ", readout));

  const toX = (value) => ((value - scale.low) / (scale.high - scale.low)) * WIDTH;
  const toValue = (x) => scale.low + (x / WIDTH) * (scale.high - scale.low);

  function neat(value) {
    const step = scale.whole ? Math.max(1, 10 ** Math.floor(Math.log10((scale.high - scale.low) / 100))) : 10 ** Math.floor(Math.log10((scale.high - scale.low) / 200));
    const rounded = Math.round(value / step) * step;
    return Number(rounded.toFixed(Math.max(0, -Math.floor(Math.log10(step)))));
  }

  function fail(message) {
    error.classList.toggle("is-error", Boolean(message));
    input.setAttribute("aria-invalid", String(Boolean(message)));
    setText(error, message);
  }

  function commitText() {
    const parts = input.value.split(/[,;\s]+/).filter(Boolean);
    const values = parts.map(Number);
    const wrong = parts.find((part, index) => !Number.isFinite(values[index]));
    if (wrong !== undefined) { fail(`“${wrong}” is not a number. Write break points like 18, 35, 65.`); return; }
    fail("");
    send(values);
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

  function draw(moving = null) {
    const parts = [];
    if (scale.shares) {
      const largest = Math.max(...scale.shares, 1e-9);
      scale.shares.forEach((share, index) => {
        const from = toX(scale.edges[index]);
        const to = toX(scale.edges[index + 1]);
        const size = (share / largest) * (BASE - 6);
        parts.push(s("rect", { class: "bar", x: from, width: Math.max(0.5, to - from - 0.6), y: BASE - size, height: size }, s("title", {}, `${number(scale.edges[index])} to ${number(scale.edges[index + 1])}: ${percent(share)}`)));
      });
    }
    parts.push(s("line", { class: "axis", x1: 0, x2: WIDTH, y1: BASE, y2: BASE }),
      s("text", { class: "tick", x: 0, y: HEIGHT - 4 }, number(scale.low)),
      s("text", { class: "tick", x: WIDTH, y: HEIGHT - 4, "text-anchor": "end" }, number(scale.high)));
    numbered.disabled = clear.disabled = breaks.length === 0;
    breaks.forEach((value, index) => {
      const x = toX(value);
      if (x < -1 || x > WIDTH + 1) return;
      parts.push(s("g", { class: `break ${moving === index ? "moving" : ""}`, transform: `translate(${x},0)` },
        s("rect", { class: "grip", x: -6, width: 12, y: 0, height: BASE }), s("line", { y1: 2, y2: BASE }), s("circle", { cy: 6, r: 4.5 })));
    });
    svg.replaceChildren(...parts);
  }

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
      setText(readout, outside ? "Let go to remove this break." : number(breaks[index]));
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
    element, input,
    set(next, distribution) {
      // A drag in progress is not disturbed, and what is drawn already is not drawn again.
      const asked = JSON.stringify([next, distribution]);
      if (dragging || asked === drawn) return;
      drawn = asked;
      breaks = [...next];
      if (input.getRootNode().activeElement !== input) input.value = breaks.join(", ");
      scale = distribution;
      svg.classList.toggle("unknown", !distribution.shares);
      draw();
    },
    fail,
  };
}
