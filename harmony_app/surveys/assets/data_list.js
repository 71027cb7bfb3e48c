// A table one can walk through with the keyboard. Rows have one height, so that only those in view
// are drawn and a dictionary of thousands of variables scrolls smoothly. All texts are set as text,
// never as markup.
const ROW = 34;
const SPARE = 8;

function cell(column, row) {
  const element = document.createElement("div");
  element.className = `cell ${column.kind || "text"}`;
  element.setAttribute("role", "gridcell");
  if (column.align === "right") element.classList.add("right");
  const value = row[column.key];
  const parts = Array.isArray(value) ? value : [value];
  for (const part of parts) {
    if (part === null || part === undefined || part === "") continue;
    const piece = document.createElement("span");
    piece.textContent = String(part);
    if (column.kind === "chips") piece.className = "chip";
    element.appendChild(piece);
  }
  element.title = parts.filter((part) => part).join(" · ");
  return element;
}

export function render({ model, el }) {
  const frame = document.createElement("div");
  frame.className = "frame";
  const head = document.createElement("div");
  head.className = "head";
  head.setAttribute("role", "row");
  const sheet = document.createElement("div");
  sheet.className = "sheet";
  const empty = document.createElement("div");
  empty.className = "empty";
  frame.append(head, sheet, empty); // the frame scrolls: it has the keys
  frame.setAttribute("role", "grid");
  frame.tabIndex = 0;
  el.append(frame);

  const template = () => model.columns.map((column) => column.width || "minmax(0, 1fr)").join(" ");
  const seen = () => frame.clientHeight - head.offsetHeight;
  const position = () => model.rows.findIndex((row) => row.id === model.selected);

  function drawHead() {
    head.replaceChildren(
      ...model.columns.map((column) => {
        const title = document.createElement("div");
        title.className = column.align === "right" ? "right" : "";
        title.setAttribute("role", column.title ? "columnheader" : "presentation");
        title.textContent = column.title;
        if (column.help) title.title = column.help;
        return title;
      }),
    );
    head.style.gridTemplateColumns = template();
    frame.setAttribute("aria-label", model.label);
  }

  function drawRow(index) {
    const row = model.rows[index];
    const element = document.createElement("div");
    element.className = "row";
    element.id = `row-${index}`;
    element.dataset.index = String(index);
    element.dataset.id = row.id;
    element.setAttribute("role", "row");
    element.setAttribute("aria-rowindex", String(index + 2));
    element.setAttribute("aria-selected", String(row.id === model.selected));
    element.style.top = `${index * ROW}px`;
    element.style.gridTemplateColumns = template();
    element.append(...model.columns.map((column) => cell(column, row)));
    return element;
  }

  function draw() {
    const first = Math.max(0, Math.floor(frame.scrollTop / ROW) - SPARE);
    const count = Math.ceil((seen() || 400) / ROW) + 2 * SPARE;
    const last = Math.min(model.rows.length, first + count);
    const rows = [];
    for (let index = first; index < last; index += 1) rows.push(drawRow(index));
    sheet.style.height = `${model.rows.length * ROW}px`;
    sheet.replaceChildren(...rows);
    frame.setAttribute("aria-rowcount", String(model.rows.length + 1));
    const active = position();
    if (active >= 0) frame.setAttribute("aria-activedescendant", `row-${active}`);
    else frame.removeAttribute("aria-activedescendant");
    const isEmpty = model.rows.length === 0;
    empty.textContent = isEmpty ? model.empty : "";
    empty.hidden = !isEmpty;
  }

  function reveal(index) {
    const top = index * ROW;
    if (top < frame.scrollTop) frame.scrollTop = top;
    else if (top + ROW > frame.scrollTop + seen()) {
      frame.scrollTop = top + ROW - seen();
    }
  }

  function select(index) {
    if (index < 0 || index >= model.rows.length) return;
    model.selected = model.rows[index].id;
    reveal(index);
    draw();
  }

  frame.addEventListener("keydown", (event) => {
    const page = Math.max(1, Math.floor(seen() / ROW) - 1);
    const last = model.rows.length - 1;
    const now = position();
    const targets = {
      ArrowDown: Math.min(last, now + 1),
      ArrowUp: Math.max(0, now < 0 ? 0 : now - 1),
      PageDown: Math.min(last, Math.max(0, now) + page),
      PageUp: Math.max(0, now - page),
      Home: 0,
      End: last,
    };
    if (!(event.key in targets)) return;
    event.preventDefault();
    select(targets[event.key]);
  });
  sheet.addEventListener("click", (event) => {
    const row = event.target.closest(".row");
    if (row) select(Number(row.dataset.index));
  });
  frame.addEventListener("scroll", draw, { passive: true });
  const resized = new ResizeObserver(draw);
  resized.observe(frame);

  model.on("rows", () => {
    const index = position();
    if (index < 0) frame.scrollTop = 0;
    else reveal(index);
    draw();
  });
  model.on("selected", () => {
    const index = position();
    if (index >= 0) reveal(index);
    draw();
  });
  model.on("columns", () => { drawHead(); draw(); });
  model.on("empty", draw);
  model.on("remove", () => resized.disconnect());
  drawHead();
  draw();
  requestAnimationFrame(() => { if (position() >= 0) reveal(position()); draw(); });
}
