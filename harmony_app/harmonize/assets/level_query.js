// What a person types into a level filter: words, a beginning, or a range. Pure functions, no elements.
import { fold, words } from "./dom.js";

const MOSTLY = 0.6;

/** What a filter needs to know of a list, prepared once: folded labels, their words and codes. */
export function indexLabels(labels) {
  const folded = labels.map(fold);
  const leading = labels.map((label) => /^\s*(\d{1,9})\b/.exec(label)?.[1]);
  const coded = leading.filter(Boolean).length >= MOSTLY * labels.length && new Set(leading).size > labels.length / 2;
  let vocabulary = null;
  return {
    folded,
    codes: coded ? leading.map((code) => (code === undefined ? null : Number(code))) : null,
    /** Words of all labels with the positions they occur at; only needed once nothing matches exactly. */
    vocabulary() {
      if (vocabulary) return vocabulary;
      vocabulary = new Map();
      folded.forEach((text, index) => {
        for (const word of new Set(text.match(/[\p{L}\p{N}]+/gu) ?? [])) {
          if (!vocabulary.has(word)) vocabulary.set(word, []);
          vocabulary.get(word).push(index);
        }
      });
      return vocabulary;
    },
  };
}

/**
 * Read a filter: `{ test, note }` with a test of a level's position and words for how it was read,
 * or null where it asks for nothing.
 */
export function readFilter(text, list) {
  const query = fold(text).trim();
  if (!query) return null;
  const start = /^(?:\^|(?:starts|begins) with )\s*(.+)$/.exec(query)?.[1];
  if (start) return { test: (index) => list.folded[index].trimStart().startsWith(start), note: `starting with “${start}”` };
  return readRange(query, list) ?? readWords(query, list);
}

function readRange(query, list) {
  const ends = /^(?:from\s+(.+?)\s+to\s+(.+)|(.+?)\s*(?:\.\.+|…)\s*(.+)|(\d+)\s*[-–]\s*(\d+))$/.exec(query)?.slice(1).filter(Boolean);
  if (!ends) return null;
  const numbers = ends.map((end) => (/^\d+$/.test(end) ? Number(end) : null));
  if (list.codes && !numbers.includes(null)) {
    const [low, high] = [...numbers].sort((a, b) => a - b);
    return { test: (index) => list.codes[index] !== null && list.codes[index] >= low && list.codes[index] <= high, note: `codes ${low} to ${high}` };
  }
  const [low, high] = ends.map((end, at) => (numbers[at] === null ? place(end, list, at === 1) : numbers[at] - 1)).sort((a, b) => a - b);
  if (low < 0) return null;
  return { test: (index) => index >= low && index <= high, note: `levels ${low + 1} to ${Math.min(high + 1, list.folded.length)} of the list` };
}

/** Position of the first (or last) level that starts with a text, else holds it; −1 for none. */
function place(text, list, last) {
  const find = (test) => (last ? list.folded.findLastIndex(test) : list.folded.findIndex(test));
  const starting = find((label) => label.startsWith(text));
  return starting >= 0 ? starting : find((label) => label.includes(text));
}

/** Words in any order; where none has them all, words that differ by a slip. */
export function readWords(query, list) {
  const wanted = words(query);
  const exact = (index) => wanted.every((word) => list.folded[index].includes(word));
  if (list.folded.some((_, index) => exact(index))) return { test: exact, note: "" };
  const near = wanted.map((word) => nearPositions(word, list));
  const found = near[0].filter((index) => near.every((positions) => positions.includes(index)));
  const kept = new Set(found);
  return { test: (index) => kept.has(index), note: found.length ? "similar spelling" : "" };
}

function nearPositions(word, list) {
  const positions = new Set();
  list.folded.forEach((label, index) => { if (label.includes(word)) positions.add(index); });
  if (!positions.size && word.length > 3) {
    const limit = word.length > 7 ? 2 : 1;
    for (const [known, places] of list.vocabulary()) {
      if (isNear(word, known, limit)) for (const index of places) positions.add(index);
    }
  }
  return [...positions];
}

/** Whether a typed word differs from a known word, or from its beginning, by few slips. */
function isNear(word, known, limit) {
  if (known.length < word.length - limit) return false;
  for (let length = Math.max(1, word.length - limit); length <= Math.min(known.length, word.length + limit); length += 1) {
    if (slips(word, known.slice(0, length), limit) <= limit) return true;
  }
  return false;
}

/** Letters inserted, left out, replaced or swapped between two words (optimal string alignment). */
function slips(a, b, limit) {
  let before = [];
  let above = Array.from({ length: b.length + 1 }, (_, k) => k);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    let best = i;
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j], before[j - 2] + 1);
      best = Math.min(best, row[j]);
    }
    if (best > limit) return best;
    [before, above] = [above, row];
  }
  return above[b.length];
}
