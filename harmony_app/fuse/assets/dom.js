// Small helpers shared by the sections. Text always becomes a text node, never markup.
function h(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value") node.defaultValue = node.value = value;
    else if (name === "checked" || name === "disabled" || name === "selected") node[name] = true;
    else node.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
  return node;
}

// Replace what a section shows; scrolled lists, the focus and half-typed text stay where they were.
function fill(container, ...children) {
  const root = container.getRootNode();
  const scrolls = new Map();
  for (const list of container.querySelectorAll("[data-scroll]")) {
    scrolls.set(list.dataset.scroll, list.scrollTop);
  }
  const active = root.activeElement && container.contains(root.activeElement) ? root.activeElement : null;
  const kept = active && active.dataset.focus
    ? { key: active.dataset.focus, value: active.value, changed: active.value !== active.defaultValue,
        start: active.type === "text" || active.type === "search" ? active.selectionStart : null }
    : null;
  container.replaceChildren(...children.flat(Infinity).filter((child) => child));
  for (const list of container.querySelectorAll("[data-scroll]")) {
    list.scrollTop = scrolls.get(list.dataset.scroll) || 0;
  }
  if (!kept) return;
  const again = container.querySelector(`[data-focus="${CSS.escape(kept.key)}"]`);
  if (!again) return;
  again.focus({ preventScroll: true });
  if (kept.start === null) return;
  if (kept.changed) again.value = kept.value;
  again.setSelectionRange(kept.start, kept.start);
}

function chip(text, kind, title) {
  return h("span", { class: `chip ${kind || ""}`, title: title }, text);
}

function button(text, onclick, attributes) {
  return h("button", { type: "button", onclick, ...(attributes || {}) }, text);
}

// A button that asks again before it acts; the question replaces the button.
function confirmButton(text, question, yes, no, act, attributes) {
  const place = h("span", { class: "confirm" });
  const ask = () => {
    place.replaceChildren(
      h("span", { class: "question", role: "alert" }, question),
      button(yes, () => { place.replaceChildren(plain()); act(); }, { class: "danger", "data-answer": "yes" }),
      button(no, () => place.replaceChildren(plain())),
    );
    place.querySelector("button").focus();
  };
  const plain = () => button(text, ask, attributes);
  place.append(plain());
  return place;
}

function bar(share, kind, label) {
  const width = `${(Math.min(Math.max(share, 0), 1) * 100).toFixed(1)}%`;
  const inner = h("i", {});
  inner.style.width = width;
  return h("span", { class: `bar ${kind || ""}`, role: "img", "aria-label": label || width }, inner);
}
