// Whether a mouse button is held down: what it lies on must not be built anew until it is released.

const LONGEST = 4000; // milliseconds; nobody means a click that takes longer, and news must arrive

/**
 * A click is a press and a release on the same element. An answer of the server that arrives between
 * the two and replaces that element would swallow the click without a trace, so it waits.
 */
export function createHand(area) {
  let waiting = [];
  let timer = null;

  const release = () => {
    clearTimeout(timer);
    timer = null;
    // The click itself follows the release at once, before any timer.
    setTimeout(() => { if (timer === null) flush(); }, 0);
  };
  const press = () => {
    clearTimeout(timer);
    timer = setTimeout(() => { timer = null; flush(); }, LONGEST);
  };
  const flush = () => {
    const now = waiting;
    waiting = [];
    for (const { show } of now) show();
  };
  area.addEventListener("pointerdown", press, true);
  for (const kind of ["pointerup", "pointercancel"]) window.addEventListener(kind, release, true);

  return {
    /** Run `show` now, or once the button is released; of one `part` only the last news counts. */
    whenFree(part, show) {
      if (timer === null && !waiting.length) { show(); return; }
      if (part !== null) waiting = waiting.filter((item) => item.part !== part);
      waiting.push({ part, show });
    },
    remove() { for (const kind of ["pointerup", "pointercancel"]) window.removeEventListener(kind, release, true); clearTimeout(timer); },
  };
}
