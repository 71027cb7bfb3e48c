// One button per variable: its colour, what can be said of it, and whether it is shown in detail.
// Of many variables those can be searched for by any word of what is said.
const MANY = 8;

export function render({ model }) {
  const whole = document.createElement("div");
  const search = document.createElement("input");
  search.type = "search";
  search.placeholder = "Search this list";
  search.setAttribute("aria-label", "Search this list");
  const none = document.createElement("p");
  none.setAttribute("role", "status");
  const list = document.createElement("ul");
  list.setAttribute("aria-label", "Verdicts");

  const part = (kind, text) => {
    const node = document.createElement("div");
    node.className = kind;
    node.textContent = text;
    return node;
  };

  // How the curves draw the variable.
  const line = ({ colour, dash, width }) => {
    const name = "http://www.w3.org/2000/svg";
    const drawing = document.createElementNS(name, "svg");
    drawing.setAttribute("class", "line");
    drawing.setAttribute("aria-hidden", "true");
    const stroke = document.createElementNS(name, "line");
    const looks = { x1: 0, x2: 26, y1: 5, y2: 5, stroke: colour, "stroke-width": width,
      "stroke-dasharray": dash };
    for (const [key, value] of Object.entries(looks)) stroke.setAttribute(key, value);
    drawing.append(stroke);
    return drawing;
  };

  const row = (item) => {
    const entry = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.variable = item.variable;
    button.setAttribute("aria-pressed", String(item.variable === model.chosen));
    button.addEventListener("click", () => model.send_msg({ variable: item.variable }));
    const text = document.createElement("div");
    text.append(part("name", item.variable));
    if (item.description) text.append(part("what", item.description));
    text.append(part("verdict", item.verdict));
    if (item.scores) text.append(part("scores", item.scores));
    button.append(line(item), text);
    entry.append(button);
    return entry;
  };

  const narrow = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const entry of list.children) {
      const text = entry.textContent.toLowerCase();
      entry.hidden = !words.every((word) => text.includes(word));
      shown += entry.hidden ? 0 : 1;
    }
    none.textContent = shown ? "" : "No variable has that name.";
  };
  // The curves follow the search once a person stops typing.
  let waiting;
  search.addEventListener("input", () => {
    narrow();
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const left = [...list.children].filter((entry) => !entry.hidden);
      const names = left.length < list.children.length
        ? left.map((entry) => entry.firstChild.dataset.variable) : [];
      model.send_msg({ narrowed: names });
    }, 300);
  });

  const draw = () => {
    const focused = list.getRootNode().activeElement?.dataset?.variable;
    list.replaceChildren(...model.items.map(row));
    search.hidden = model.items.length < MANY;
    narrow();
    if (focused) list.querySelector(`[data-variable="${CSS.escape(focused)}"]`)?.focus();
  };
  model.on("items", draw);
  model.on("chosen", () => {
    for (const button of list.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.dataset.variable === model.chosen));
    }
  });
  draw();
  whole.append(search, none, list);
  return whole;
}
