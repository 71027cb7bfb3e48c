// Which rows a level list shows, in which order: pure functions from what is known to a list of entries.

/**
 * One row: a level, or the heading of a section with all its levels.
 *
 * `{ key, index, indices }` for a level; `{ key, index: null, indices, name, folded }` for a heading.
 */
function levelEntry(index) {
  return { key: `l${index}`, index, indices: [index] };
}

/**
 * The entries to show.
 *
 * @param list {count, groups, shares, sections}; sections and shares may be null
 * @param view {keep, sort, alike, sectioned, folded}: `keep` tests a position; `alike` maps positions to
 *   their rank; `folded` holds the names of closed sections, or is null where all are open
 */
export function arrange(list, view) {
  const kept = [];
  for (let index = 0; index < list.count; index += 1) if (view.keep(index)) kept.push(index);
  if (view.sectioned && list.sections && view.sort === "survey") return inSections(kept, list.sections, view.folded);
  const order = ORDERS[view.sort]?.(list, view);
  if (order) kept.sort((a, b) => order(a) - order(b) || a - b);
  return kept.map(levelEntry);
}

const ORDERS = {
  group: (list) => (index) => groupRank(list.groups[index] ?? null),
  share: (list) => (index) => -(list.shares?.[index] ?? 0),
  alike: (_, view) => (index) => view.alike?.get(index) ?? Infinity,
};

/** Groups come in order, then what is left out, then what is open. */
function groupRank(group) {
  return group === null ? 1e300 : group === "drop" ? 1e299 : group;
}

function inSections(kept, sections, folded) {
  const members = new Map();
  for (const index of kept) {
    const name = sections[index];
    if (!members.has(name)) members.set(name, []);
    members.get(name).push(index);
  }
  return [...members].flatMap(([name, indices]) => {
    if (!name || indices.length === 1) return indices.map(levelEntry);
    const closed = folded?.has(name) ?? false;
    return [{ key: `s${name}`, index: null, indices, name, folded: closed }, ...(closed ? [] : indices.map(levelEntry))];
  });
}

/** How often each group occurs among levels, most frequent first: `[[group, count], …]`. */
export function countGroups(indices, groups) {
  const counts = new Map();
  for (const index of indices) counts.set(groups[index] ?? null, (counts.get(groups[index] ?? null) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

/** Every group in use with what it holds: `{code, donor, recipient, shares, title, named}`, by code. */
export function groupsInUse(sides, names, labels, shares) {
  const found = new Map();
  for (const side of ["donor", "recipient"]) {
    sides[side].groups.forEach((code, index) => {
      if (typeof code !== "number") return;
      if (!found.has(code)) found.set(code, { code, donor: 0, recipient: 0, shares: { donor: null, recipient: null }, named: Boolean(names[code]), title: names[code] ?? labels[side]?.[index] ?? "" });
      const group = found.get(code);
      group[side] += 1;
      if (shares[side]) group.shares[side] = (group.shares[side] ?? 0) + (shares[side][index] ?? 0);
    });
  }
  return [...found.values()].sort((a, b) => a.code - b.code);
}
