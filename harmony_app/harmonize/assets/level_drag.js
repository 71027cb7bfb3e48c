// Pressing and dragging in the level lists: sweep to select, drag onto a level or a group to assign.
import { s } from "./dom.js";

const THRESHOLD = 6;
const EDGE = 24;
const SCROLL_STEP = 14;

/**
 * @param lists the two level lists
 * @param on {press, sweep, link, drop, hold}: what to do; `hold(side, entry)` tells which levels a drag
 *   of this row carries
 */
export function createDrag(lists, on) {
  const line = s("path", { class: "drag-line" });
  const overlay = s("svg", { class: "drag-overlay", "aria-hidden": "true" }, line);

  function begin(event, side) {
    if (event.button !== 0 || event.target.closest("input, button")) return;
    const list = lists[side];
    const entry = list.entryAt(event.target);
    if (!entry) return;
    const start = { x: event.clientX, y: event.clientY };
    let mode = null;
    let target = null;
    const move = (now) => {
      const [dx, dy] = [now.clientX - start.x, now.clientY - start.y];
      if (!mode) {
        if (Math.hypot(dx, dy) < THRESHOLD) return;
        // Along the list is a selection, across it a link; what is selected already is always carried.
        mode = Math.abs(dy) > Math.abs(dx) && !on.isSelected(side, entry) ? "sweep" : "carry";
      }
      scrollAtEdges(now);
      if (mode === "sweep" && isBeside(list.list, now)) mode = "carry";
      if (mode === "sweep") { const over = entryUnder(now, side); if (over) on.sweep(side, entry, over); return; }
      mark(target, false);
      target = targetUnder(now, entry);
      mark(target, true);
      draw(side, entry, now, start);
    };
    const stop = (now) => {
      for (const name of ["pointermove", "pointerup", "pointercancel"]) document.removeEventListener(name, name === "pointermove" ? move : stop);
      line.removeAttribute("d");
      mark(target, false);
      if (now.type === "pointercancel") return;
      if (!mode) on.press(side, entry, now);
      else if (mode === "carry" && target?.entry) on.link(side, on.hold(side, entry), target.side, target.entry);
      else if (mode === "carry" && target) on.drop(side, on.hold(side, entry), target.drop);
    };
    document.addEventListener("pointermove", move);
    document.addEventListener("pointerup", stop);
    document.addEventListener("pointercancel", stop);
    list.list.focus({ preventScroll: true });
    event.preventDefault();
  }

  const under = (event) => overlay.getRootNode().elementFromPoint(event.clientX, event.clientY);
  const entryUnder = (event, side) => lists[side].entryAt(under(event));

  function targetUnder(event, carried) {
    const element = under(event);
    for (const side of ["donor", "recipient"]) {
      const entry = lists[side].entryAt(element);
      if (entry && entry !== carried) return { side, entry, element: element.closest(".level") };
    }
    const place = element?.closest?.("[data-drop]");
    return place ? { drop: place.dataset.drop, element: place } : null;
  }

  function mark(target, on) { target?.element.classList.toggle("target", on); }

  function isBeside(list, { clientX }) {
    const edge = list.getBoundingClientRect();
    return clientX < edge.left || clientX > edge.right;
  }

  function scrollAtEdges({ clientX, clientY }) {
    for (const { list } of Object.values(lists)) {
      const edge = list.getBoundingClientRect();
      if (clientX < edge.left || clientX > edge.right || clientY > edge.bottom + EDGE) continue;
      if (clientY < edge.top + EDGE) list.scrollTop -= SCROLL_STEP;
      else if (clientY > edge.bottom - EDGE) list.scrollTop += SCROLL_STEP;
    }
  }

  function draw(side, entry, event, start) {
    const area = overlay.getBoundingClientRect();
    const box = lists[side].rowElement(entry.key)?.getBoundingClientRect();
    const from = { x: (box ? (side === "donor" ? box.right : box.left) : start.x) - area.left, y: (box ? box.top + box.height / 2 : start.y) - area.top };
    const to = { x: event.clientX - area.left, y: event.clientY - area.top };
    line.setAttribute("d", `M${from.x},${from.y}C${(from.x + to.x) / 2},${from.y} ${(from.x + to.x) / 2},${to.y} ${to.x},${to.y}`);
  }

  /** Drag a group's chip: onto another one to merge, to its left or right third to move it there. */
  function beginGroup(event, code, chip, { merge, move, after }) {
    if (event.button !== 0) return;
    const start = event.clientX;
    let moving = false;
    let target = null;
    const clear = () => target?.element.classList.remove("target", "before", "after");
    const track = (now) => {
      if (!moving && Math.abs(now.clientX - start) < THRESHOLD) return;
      moving = true;
      chip.classList.add("dragged");
      clear();
      const element = under(now)?.closest?.(".group-chip");
      target = null;
      if (!element || element === chip) return;
      const box = element.getBoundingClientRect();
      const part = (now.clientX - box.left) / box.width;
      const place = part < 0.3 ? "before" : part > 0.7 ? "after" : "target";
      element.classList.add(place);
      target = { element, place, code: Number(element.dataset.drop) };
    };
    const stop = (now) => {
      document.removeEventListener("pointermove", track);
      document.removeEventListener("pointerup", stop);
      document.removeEventListener("pointercancel", stop);
      clear();
      if (!moving) return;
      setTimeout(() => chip.classList.remove("dragged"), 0); // the click that ends a drag comes first
      if (now.type === "pointercancel" || !target) return;
      if (target.place === "target") merge(code, target.code);
      else move(code, target.place === "before" ? target.code : after(target.code));
    };
    document.addEventListener("pointermove", track);
    document.addEventListener("pointerup", stop);
    document.addEventListener("pointercancel", stop);
  }

  return { overlay, begin, beginGroup };
}
