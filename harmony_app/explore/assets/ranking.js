// Areas from high to low, each a button with its 90 % interval as a bar.
export function render({ model, el }) {
  const list = document.createElement("ol");
  list.setAttribute("aria-label", "Ranked areas");

  const share = (value) => 4 + 68 * value;

  const row = (item, index) => {
    const entry = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.title = item.title;
    button.dataset.area = item.area;
    button.setAttribute("aria-pressed", String(model.chosen.includes(item.area)));
    if (item.unsure) button.classList.add("unsure");
    button.addEventListener("click", (event) =>
      model.send_msg({ area: item.area, compare: event.shiftKey }));

    const rank = document.createElement("span");
    rank.className = `rank ${item.mark}`;
    rank.textContent = index + 1;
    const name = document.createElement("span");
    name.className = "name";
    name.textContent = `${item.name} `;
    const value = document.createElement("b");
    value.textContent = item.value;
    name.append(value);

    const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    drawing.setAttribute("aria-hidden", "true");
    drawing.setAttribute("viewBox", "0 0 76 16");
    const shape = (tag, attributes) => {
      const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
      for (const [key, setting] of Object.entries(attributes)) node.setAttribute(key, setting);
      drawing.append(node);
    };
    if (item.low !== null && item.high !== null) {
      shape("line", { class: "bar", x1: share(item.low), x2: share(item.high), y1: 8, y2: 8 });
    }
    shape("circle", { class: "point", cx: share(item.at), cy: 8, r: 4 });
    const ranks = document.createElement("span");
    ranks.className = "ranks";
    ranks.textContent = item.ranks;
    const right = document.createElement("span");
    right.className = "right";
    right.append(drawing, ranks);
    button.append(rank, name, right);
    entry.append(button);
    return entry;
  };

  const draw = () => {
    // A redrawn list keeps the focus on its area: ranks arrive while somebody walks through it.
    const area = list.getRootNode().activeElement?.dataset?.area;
    list.replaceChildren(...model.items.map(row));
    if (area) list.querySelector(`[data-area="${CSS.escape(area)}"]`)?.focus({ preventScroll: true });
  };
  model.on("items", draw);
  model.on("chosen", () => {
    for (const button of list.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(model.chosen.includes(button.dataset.area)));
    }
  });
  draw();
  return list;
}
