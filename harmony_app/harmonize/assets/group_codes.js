// Group numbers typed by digits: one key where one digit says it all, several where there are more.

const WAIT = 700;

/**
 * Collects digits into a group number.
 *
 * A number is taken at once when no group in use (nor the next new one) continues it; otherwise it
 * waits a moment for the next digit, or for Enter.
 */
export function createGroupCodes({ candidates, take, show }) {
  let typed = "";
  let timer = null;

  function finish() {
    clearTimeout(timer);
    const number = typed;
    typed = "";
    show("");
    if (number) take(Number(number));
  }

  return {
    pending: () => typed !== "",
    digit(key) {
      clearTimeout(timer);
      typed += key;
      const longer = candidates().some((code) => String(code).length > typed.length && String(code).startsWith(typed));
      if (!longer) { finish(); return; }
      show(typed);
      timer = setTimeout(finish, WAIT);
    },
    finish,
    back() { typed = typed.slice(0, -1); show(typed); clearTimeout(timer); },
    cancel() { clearTimeout(timer); typed = ""; show(""); },
  };
}

/** Read a group as it is written in a table cell: a number, nothing, or left out; undefined if neither. */
export function readCode(text) {
  const clean = text.trim().toLowerCase();
  if (clean === "") return null;
  if (clean === "drop" || clean === "x") return "drop";
  const value = Number(clean.replace(",", "."));
  return Number.isFinite(value) ? value : undefined;
}
