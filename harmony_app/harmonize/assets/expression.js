// A field for an expression: completes names, is checked by the server while typed, shows the result.
import { debounce, h, setText } from "./dom.js";

const WORD = /[A-Za-z_][A-Za-z0-9_]*$/;

export function createExpressionField({ label, placeholder, names, check, apply }) {
  let applied = "";
  let sequence = 0;
  let options = [];
  let highlighted = -1;
  let bad = false;
  let held = null;

  const input = h("input.code-input", {
    type: "text", placeholder, "aria-label": label, autocomplete: "off", spellcheck: "false", role: "combobox", "aria-expanded": "false", "aria-autocomplete": "list",
    oninput: () => { suggest(); askServer(); },
    onkeydown: onKey,
    onblur: () => setTimeout(() => { close(); commit(); }, 120),
  });
  const menu = h("div.suggestions", { role: "listbox", "aria-label": "Columns and functions", hidden: true });
  const feedback = h("div.feedback", { role: "status", "aria-live": "polite" });
  const element = h("div.expression", {}, h("div.expression-field", {}, input, menu), feedback);

  const ask = debounce(() => { sequence += 1; check(input.value, sequence); }, 200);

  function askServer() {
    bad = false;
    held = null;
    if (input.value.trim()) ask();
    else { ask.cancel(); feedback.replaceChildren(); }
  }

  function suggest() {
    const before = input.value.slice(0, input.selectionStart);
    const word = before.match(WORD)?.[0] ?? "";
    const quoted = (before.match(/'/g) ?? []).length % 2 === 1;
    const wanted = word.toLowerCase();
    options = word && !quoted ? names().filter((item) => item.name.toLowerCase().startsWith(wanted) && item.name.toLowerCase() !== wanted).slice(0, 8) : [];
    highlighted = options.length ? 0 : -1;
    show();
  }

  function show() {
    menu.hidden = options.length === 0;
    input.setAttribute("aria-expanded", String(options.length > 0));
    menu.replaceChildren(...options.map((item, index) => h("div.suggestion", {
      role: "option", "aria-selected": String(index === highlighted),
      onpointerdown: (event) => { event.preventDefault(); accept(index); },
    }, h("span.mono", {}, item.name), h("span.muted", {}, item.description))));
  }

  function close() { options = []; highlighted = -1; show(); showAnswer(); }

  function showAnswer() {
    if (!held) return;
    const reply = held;
    held = null;
    input.setAttribute("aria-invalid", String(bad));
    feedback.className = bad ? "feedback is-error" : "feedback";
    if (!bad) { setText(feedback, reply.result ?? ""); return; }
    const text = reply.text ?? input.value;
    const at = reply.position;
    const parts = [h("span", {}, reply.message)];
    if (Number.isInteger(at) && at <= text.length) {
      parts.push(h("span.excerpt.mono", {}, text.slice(Math.max(0, at - 28), at), h("mark", {}, text.slice(at, at + 1) || " "), text.slice(at + 1, at + 28)));
    }
    if (reply.hint) parts.push(reply.hint.length < 90 ? h("span.hint-line", {}, reply.hint) : h("details", {}, h("summary", {}, "What is allowed?"), reply.hint));
    feedback.replaceChildren(...parts);
  }

  function accept(index) {
    const item = options[index];
    const end = input.selectionStart;
    const start = end - input.value.slice(0, end).match(WORD)[0].length;
    const text = item.call ? `${item.name}(` : item.name;
    input.setRangeText(text, start, end, "end");
    close();
    askServer();
    input.focus();
  }

  function onKey(event) {
    if (options.length && ["ArrowDown", "ArrowUp"].includes(event.key)) {
      event.preventDefault();
      highlighted = (highlighted + (event.key === "ArrowDown" ? 1 : options.length - 1)) % options.length;
      show();
    } else if (options.length && event.key === "Tab") { event.preventDefault(); accept(highlighted); }
    else if (event.key === "Enter") { event.preventDefault(); close(); commit(); }
    else if (event.key === "Escape") {
      event.stopPropagation();
      if (options.length) close();
      else { input.value = applied; bad = false; feedback.replaceChildren(); }
    }
  }

  function commit() {
    const text = input.value.trim();
    if (text === applied || bad) return;
    apply(text);
  }

  return {
    element, input,
    set(text) {
      if (text === applied && element.contains(input.getRootNode().activeElement)) return;
      const changed = text !== applied;
      applied = text;
      if (changed || !input.value) { input.value = text; if (text) ask(); else feedback.replaceChildren(); }
    },
    /** Show what the server found: an error at its position, or the type and range of the result. */
    answer(reply) {
      if (reply.sequence !== undefined && reply.sequence !== sequence) return;
      bad = Boolean(reply.message);
      if (!bad && reply.result === undefined) { input.setAttribute("aria-invalid", "false"); return; }
      held = reply;
      if (!bad || !options.length) showAnswer();
    },
  };
}
