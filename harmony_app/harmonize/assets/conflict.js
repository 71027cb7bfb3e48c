// Two people changed the same harmony: what each did, and a choice where both did something else.
import { changesTable, subject } from "./changes.js";
import { h } from "./dom.js";
import { ago } from "./notices.js";

const WHOSE = [["mine", "Mine"], ["theirs", "Theirs"]];

export function createConflict(dialog, actions) {
  const act = (text, style, message) => h(`button${style}`, { type: "button", onclick: () => { dialog.close(); actions.send(message); } }, text);
  const later = () => h("button", { type: "button", onclick: () => dialog.close() }, "Decide later");

  function deleted(reply) {
    dialog.open("This harmony was deleted while you edited it",
      [h("p", {}, `Your version of ${reply.key} is kept as a draft. Saving it brings the harmony back.`)],
      [later(), act("Drop my version", "", { kind: "resolve", revision: 0, keep: "theirs" }),
        act("Save mine", ".primary", { kind: "resolve", revision: 0, keep: "mine", save: true })]);
  }

  /** One question: what it is about, and both answers side by side. */
  function question(item, index, choices, changed) {
    const name = `choice-${index}`;
    return h("fieldset.choice", {}, h("legend", {}, subject(item.what, item.levels), h("span.muted", {}, ` was ${item.base}`)),
      ...WHOSE.map(([key, word]) => h("label.choice-option", {},
        h("input", { type: "radio", name, value: key, checked: key === "mine", onchange: () => { choices[index] = key; changed(); } }),
        h("span.choice-whose", {}, word), h("span", { dir: "auto" }, item[key]))));
  }

  function merged(reply) {
    const choices = reply.items.map(() => "mine");
    const asked = h("div.questions");
    const all = WHOSE.map(([key, word]) => h("button.small", { type: "button", onclick: () => chooseAll(key) }, `All ${word.toLowerCase()}`));
    const showAll = () => all.forEach((button, index) => button.setAttribute("aria-pressed", String(choices.every((choice) => choice === WHOSE[index][0]))));
    function chooseAll(key) {
      choices.fill(key);
      asked.querySelectorAll("input").forEach((input) => { input.checked = input.value === key; });
      showAll();
    }
    asked.append(...reply.items.map((item, index) => question(item, index, choices, showAll)));
    showAll();
    const automatic = (title, rows) => (rows.length ? [h("details.automatic", { open: !reply.items.length }, h("summary", {}, title), changesTable(rows))] : []);
    const resolve = (rest) => ({ kind: "resolve", revision: reply.revision, ...rest });
    dialog.open(`${reply.who} saved revision ${reply.revision} while you worked`, [
      h("p", {}, `${reply.key} · ${ago(reply.time)}. ${words(reply)}`),
      ...(reply.items.length ? [h("div.question-head", {}, h("h3", {}, "Both of you changed"), h("span.space"), ...all), asked] : []),
      ...automatic(`Only ${reply.who.startsWith("You") ? "the other window" : reply.who} changed – kept`, reply.theirs),
      ...automatic("Only you changed here – kept", reply.mine)],
    [later(), act("Drop my draft", "", resolve({ keep: "theirs" })), act("Merge into my draft", "", resolve({ choices })),
      act("Merge and save", ".primary", resolve({ choices, save: true }))]);
  }

  return (reply) => (reply.deleted ? deleted(reply) : merged(reply));
}

function words(reply) {
  if (reply.items.length) return `Choose for ${reply.items.length === 1 ? "one thing" : `${reply.items.length} things`} below; nothing was overwritten.`;
  return reply.mine.length || reply.theirs.length ? "You changed different things, so both fit together." : "Both versions are identical.";
}
