// Dollars of one year in dollars of another, with the consumer price index.
import { h, setText } from "./dom.js";

export function createDeflate(side, actions) {
  let now = null;
  let context = null;

  const own = h("select", { "aria-label": "Year of the dollars reported", onchange: () => actions.edit({ kind: "price_year", side, year: Number(own.value) }) });
  const ownText = h("span");
  const toOther = h("button", { type: "button", onclick: () => convert(now.other_year) });
  const year = h("select", { "aria-label": "Year of prices", onchange: () => convert(year.value ? Number(year.value) : null) });
  const factor = h("p.reading", { role: "status" });
  const problem = h("p.feedback.is-error", { role: "alert", hidden: true });
  const element = h("div", {}, h("div.editor-head", {}, h("strong", {}, "Dollars")),
    h("div.deflate-row", {}, ownText, own, h("span", {}, "→"), toOther, h("label", {}, "or of ", year)), factor, problem,
    h("p.help", {}, "Converted with the consumer price index (CPI-U, annual averages). Negative amounts stay negative, so bins put them into the lowest."));

  /** A price year nobody has stated yet is taken to be the survey's own, and said so. */
  function convert(target) {
    if (target !== null && context.price_year === null && now.own_year) actions.send({ kind: "price_year", side, year: now.own_year });
    actions.edit({ kind: "deflate", side, year: target });
  }

  return {
    body: element,
    focus: () => (toOther.hidden || toOther.disabled ? year : toOther).focus(),
    update(next, around) {
      now = next;
      context = around;
      const stated = around.price_year !== null && around.price_year !== undefined;
      setText(ownText, `${next.own_title} reports dollars of`);
      own.replaceChildren(...(stated ? [] : [h("option", { value: "" }, next.own_year ? `not stated (${next.own_year}?)` : "not stated")]), ...around.years.map((item) => h("option", { value: item }, item)));
      own.value = stated ? String(around.price_year) : "";
      toOther.hidden = !next.other_year;
      toOther.disabled = !stated && !next.own_year;
      toOther.setAttribute("aria-pressed", String(next.deflate_to_year === next.other_year && next.other_year !== null));
      setText(toOther, `prices of ${next.other_title} (${next.other_year})`);
      year.replaceChildren(h("option", { value: "" }, "no conversion"), ...around.years.map((item) => h("option", { value: item }, item)));
      year.value = next.deflate_to_year ?? "";
      factor.hidden = !next.factor;
      setText(factor, next.factor ? `= × ${next.factor}, CPI-U ${next.deflate_to_year} / ${around.price_year}` : "");
      problem.hidden = true;
    },
    reset() {},
    answer(reply) { problem.hidden = !reply.message; setText(problem, [reply.message, reply.hint].filter(Boolean).join(" ")); },
  };
}
