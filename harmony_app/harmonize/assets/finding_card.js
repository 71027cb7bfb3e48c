// One finding of the checker: what it says, its fix, and "leave it as it is" with a reason.
import { h } from "./dom.js";

/**
 * Build the card of a finding.
 * `acts` may hold fix(), accept(reason) and reopen(); what is missing is not offered.
 */
export function findingCard(finding, acts, ...head) {
  const buttons = h("div.finding-buttons");
  const element = h(`div.finding.is-${finding.severity}${finding.accepted ? ".accepted" : ""}`, { title: finding.rule ?? null },
    ...head, h("strong", {}, finding.headline), finding.accepted ? h("p.reason", { dir: "auto" }, `Accepted: ${finding.accepted}`) : null,
    finding.fix && acts.fix && !finding.accepted && finding.effect?.length ? h("ul.effect", { "aria-label": `What '${finding.fix}' does` }, ...finding.effect.map((text) => h("li", { dir: "auto" }, text))) : null, buttons);

  function showButtons() {
    buttons.replaceChildren(...[
      finding.fix && acts.fix && !finding.accepted ? h("button.small", { type: "button", onclick: acts.fix }, finding.fix) : null,
      acts.accept && !finding.accepted ? h("button.link", { type: "button", onclick: askReason }, "Accept as is …") : null,
      acts.reopen && finding.accepted ? h("button.link", { type: "button", onclick: acts.reopen }, "Open again") : null,
    ].filter(Boolean));
  }

  function askReason() {
    const accept = h("button.small", { type: "submit", disabled: true }, "Accept");
    const input = h("input", { type: "text", maxlength: 300, placeholder: "why it is right", "aria-label": "Reason to accept this finding", dir: "auto",
      oninput: () => { accept.disabled = !input.value.trim(); },
      onkeydown: (event) => { event.stopPropagation(); if (event.key === "Escape") showButtons(); } });
    buttons.replaceChildren(h("form.accept-form", { onsubmit: (event) => { event.preventDefault(); const reason = input.value.trim(); if (reason) { showButtons(); acts.accept(reason); } } },
      input, accept, h("button.link", { type: "button", onclick: showButtons }, "Cancel")));
    input.focus();
  }

  showButtons();
  return element;
}

/** Whether a reason is being typed in one of the cards, which must not be redrawn meanwhile. */
export const isGivingReason = (element) => {
  const active = element.getRootNode().activeElement;
  return Boolean(active?.closest?.(".accept-form")) && element.contains(active);
};
