// Small helpers to build the page's elements. Survey text only ever enters through text nodes and
// attributes, never as markup.

const SVG = "http://www.w3.org/2000/svg";

/** Build an element: `h("button.primary", {title, onclick}, "text", child)`. */
export function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  return fill(element, attributes, children);
}

/** Build an SVG element. */
export function s(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") setStyle(element, value);
    else if (["value", "checked", "selected", "disabled", "hidden"].includes(name)) {
      element[name] = value;
    } else element.setAttribute(name, value === true ? "" : String(value));
  }
  const shown = children.flat().filter((child) => child !== null && child !== undefined && child !== false);
  element.append(...shown.flatMap((child) => (typeof child === "string" ? breakable(inReadingOrder(child)) : child)));
  return element;
}

const SEAM = /(?<=[^\s/_]{3}[/_])(?=[^\s/_]{3})/;

/** Text that may be broken behind the slash or underscore of a long word, rather than within its parts. */
function breakable(text) {
  const parts = text.split(SEAM);
  return parts.flatMap((part, at) => (at ? [document.createElement("wbr"), part] : [part]));
}

/** Text in which nothing turns round what follows it: marks that override the direction become visible. */
function inReadingOrder(text) {
  return text.replace(/[\u202a-\u202e\u2066-\u2069]/g, "▯");
}

function setStyle(element, styles) {
  for (const [name, value] of Object.entries(styles)) element.style.setProperty(name, value);
}

/** Set an element's text only when it differs, so that a selection in it survives. */
export function setText(element, text) {
  const shown = inReadingOrder(String(text ?? ""));
  if (element.textContent !== shown) element.replaceChildren(...breakable(shown));
}

const BIN = /^(?:\[(?<low>\S+) to (?<high>\S+)\)|(?<from>\S+) to under (?<to>\S+)|(?:Less than|under) (?<below>\S+)|(?<above>\S+) or more)$/;
const YEARS = { first: 1850, last: 2100 };
const isYear = (value) => YEARS.first <= value && value <= YEARS.last;

/** A bin in words, its numbers as people read them, such as “[75000 to 1e+05)”; any other label as it is. */
export function binWords(label) {
  const { low, high, from = low, to = high, below, above } = BIN.exec(label)?.groups ?? {};
  const edges = [from, to, below, above].filter((edge) => edge !== undefined).map(Number);
  if (!edges.length || !edges.every(Number.isFinite)) return label;
  const areYears = edges.every(isYear); // read without separators
  const [first, last] = edges.map((edge) => (areYears ? String(edge) : edge.toLocaleString("en-US", { maximumFractionDigits: 6 }).replace("-", "−")));
  if (below) return `under ${first}`;
  return above ? `${first} or more` : `${first} to under ${last}`;
}

/** A label on one line, with what cannot be seen made visible: line breaks, tabs, spaces at the ends. */
export function plainLabel(label) {
  if (label === "") return "(empty)";
  return binWords(label).replace(/\r\n|[\r\n\u2028\u2029]/g, "⏎").replace(/\t/g, "⇥").replace(/[\u0000-\u001f\u007f]/g, "▯")
    .replace(/^ +| +$|(?<= ) +/g, (spaces) => "␣".repeat(spaces.length));
}

/** A share as people read it. */
export function percent(share) {
  if (share === null || share === undefined) return "";
  const value = share * 100;
  if (value === 0) return "0 %";
  if (value < 0.05) return "<0.1 %";
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} %`;
}

/** A number as people read it, with the digits its size deserves. */
export function number(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  const digits = size >= 100 || Number.isInteger(value) ? 0 : size >= 1 ? 2 : 4;
  return value.toLocaleString("en-US", { maximumFractionDigits: digits }).replace("-", "−");
}

/** How the numbers of one scale are read: where all of them are years, whole and without separators. */
export function numberOf(...scale) {
  return scale.every(isYear) ? (value) => (isYear(value) ? String(Math.round(value)) : number(value)) : number;
}

/** A similarity, never rounded up over a limit; a formula's negative one means nothing but "not alike". */
export function likeness(value) {
  return (Math.floor(Math.max(0, value) * 100) / 100).toFixed(2);
}

/** A group's colour, or null for a level that is in no group. */
export function groupColour(palette, group) {
  if (typeof group !== "number") return null;
  return palette[(((Math.round(group) - 1) % palette.length) + palette.length) % palette.length];
}

/** Black or white, whichever is easier to read on a colour. */
function inkOn(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const channel = parseInt(colour.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.196 ? "#10151c" : "#ffffff";
}

/** What a group badge shows. */
function groupMark(group) {
  if (group === "drop") return "×";
  return typeof group === "number" ? String(group) : "?";
}

/** Paint a badge for a group. */
export function paintBadge(badge, palette, group) {
  const colour = groupColour(palette, group);
  badge.classList.toggle("none", group === null);
  badge.classList.toggle("dropped", group === "drop");
  badge.style.background = colour ?? "";
  badge.style.color = colour ? inkOn(colour) : "";
  badge.classList.remove("mixed", "suggested");
  setText(badge, groupMark(group));
  return badge;
}

/** A group in a comparison: its code, and below it the other survey's answers it meets. */
export function meets(code, labels) {
  return [code, labels ? h("span.muted", { dir: "auto" }, labels) : null];
}

/** Call `action` once things have been quiet for `delay` milliseconds. */
export function debounce(action, delay) {
  let timer = null;
  const call = (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...values), delay);
  };
  call.cancel = () => clearTimeout(timer);
  return call;
}

/** Lower case without accents, for searching. */
export function fold(text) {
  return text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");
}

/** Whether every word of a query occurs in (folded) text. */
export function matches(text, words) {
  return words.every((word) => text.includes(word));
}

/** The folded words of what a person typed into a search box. */
export function words(query) {
  return fold(query).split(/\s+/).filter(Boolean);
}

/** A time as people say it. */
export function when(stamp) {
  if (!stamp) return "";
  const time = new Date(stamp);
  if (Number.isNaN(time.getTime())) return stamp;
  const today = new Date().toDateString() === time.toDateString();
  const clock = time.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  if (today) return `today ${clock}`;
  return `${time.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" })}`;
}

export const TYPE_WORDS = { nominal: "category", ordered: "ordered", integer: "whole number", continuous: "number" };

/** Whether a key press is meant for a text field rather than for the page. */
export function isTyping(event) {
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement)) return false;
  if (target.tagName === "INPUT") return !["checkbox", "radio", "button"].includes(target.type);
  return ["TEXTAREA", "SELECT"].includes(target.tagName) || target.isContentEditable;
}
