// The curves between the two level lists: pure geometry, then one SVG path per level.
import { groupColour, s } from "./dom.js";

/**
 * Draw the links of the rows in view.
 *
 * Each side is a list of {group, y, shown} with y the middle of the row relative to the SVG. Where
 * one side of a group has a single level, lines run straight to it; otherwise all lines of the group
 * meet halfway, which keeps n + m lines where n × m would be unreadable. Where both sides are `paired`
 * by groups, a group on one side only gets a stub.
 */
export function drawLinks(svg, donor, recipient, { width, height, palette, active, paired }) {
  svg.setAttribute("viewBox", `0 0 ${Math.max(1, width)} ${Math.max(1, height)}`);
  const paths = [];
  for (const [group, ends] of groupEnds(donor, recipient)) {
    const colour = groupColour(palette, group);
    const emphasis = active === null ? "" : group === active ? "active" : "faded";
    for (const { path, away } of groupCurves(ends, width)) {
      paths.push(s("path", { d: path, class: `link ${emphasis}${away ? " away" : ""}`, stroke: colour }));
    }
    if (paired && (!ends.donor.length || !ends.recipient.length)) {
      const atLeft = ends.donor.length > 0;
      for (const { y } of atLeft ? ends.donor : ends.recipient) {
        const [from, to] = atLeft ? [0, 14] : [width, width - 14];
        paths.push(s("path", { d: `M${from},${y}H${to}`, class: `link lone ${emphasis}`, stroke: colour }));
      }
    }
  }
  svg.replaceChildren(...paths);
}

function groupEnds(donor, recipient) {
  const groups = new Map();
  for (const [side, rows] of [["donor", donor], ["recipient", recipient]]) {
    for (const row of rows) {
      if (typeof row.group !== "number") continue;
      if (!groups.has(row.group)) groups.set(row.group, { donor: [], recipient: [], shown: false });
      const ends = groups.get(row.group);
      if (!ends[side].some((end) => end.y === row.y)) ends[side].push(row);
      ends.shown ||= row.shown;
    }
  }
  return [...groups].filter(([, ends]) => ends.shown);
}

/** SVG path data of one group's links, and whether they lead to a level that is scrolled away. */
function groupCurves(ends, width) {
  const { donor: left, recipient: right } = ends;
  if (!left.length || !right.length) return [];
  if (left.length === 1 || right.length === 1) {
    return left.flatMap((from) => right.map((to) => ({ path: curve(0, from.y, width, to.y), away: !from.shown || !to.shown })));
  }
  const middle = [...left, ...right].reduce((sum, end) => sum + end.y, 0) / (left.length + right.length);
  return [
    ...left.map((from) => ({ path: curve(0, from.y, width / 2, middle), away: !from.shown })),
    ...right.map((to) => ({ path: curve(width / 2, middle, width, to.y), away: !to.shown })),
  ];
}

function curve(x1, y1, x2, y2) {
  const bend = (x2 - x1) / 2;
  return `M${x1},${y1.toFixed(1)}C${x1 + bend},${y1.toFixed(1)} ${x2 - bend},${y2.toFixed(1)} ${x2},${y2.toFixed(1)}`;
}
