// What the libraries' widgets leave out for ears and keys is added as soon as they are drawn: each
// lives in a shadow root of its own, which only its birth announces.
const onKeys = (element, act) => {
  element.addEventListener("keydown", (event) => {
    if (event.target !== element || (event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    act();
  });
};

const titleOf = (element) => element.getRootNode().querySelector("label")?.textContent;

const cures = {
  // A box and its text are neither tied together nor one thing to click.
  "input[type=checkbox] + div": (text) => {
    if (!text.getRootNode().host.matches(".bk-Checkbox")) return;
    const label = document.createElement("label");
    const box = text.previousElementSibling;
    box.before(label);
    label.append(box, text);
  },
  ".choices[role]": (box) => {
    const title = titleOf(box);
    if (title) box.setAttribute("aria-label", title);
  },
  ".choices input[type=search]": (field) => {
    const title = titleOf(field);
    field.removeAttribute("role"); // a search field is none of the text boxes that may have it
    if (title) field.setAttribute("aria-label", `${title}: ${field.placeholder}`);
  },
  // The cells of a table have the keys, so what scrolls them needs none.
  ".tabulator-tableholder[tabindex]": (holder) => holder.removeAttribute("tabindex"),
  ".tabulator-col.empty": (column) => {
    column.removeAttribute("aria-sort");
    column.setAttribute("role", "presentation");
  },
  // The buttons that turn pages are a last row of the grid.
  ".tabulator-footer": (footer) => footer.setAttribute("role", "rowgroup"),
  ".tabulator-footer-contents": (row) => row.setAttribute("role", "row"),
  ".tabulator-paginator": (buttons) => buttons.setAttribute("role", "gridcell"),
  ".tabulator-col-sorter-element": (column) => {
    column.tabIndex = 0;
    onKeys(column, () => column.click());
  },
  ".tabulator-cell": (cell) => onKeys(cell, () => cell.click()),
};

const cured = new WeakSet();
const cure = (root) => {
  for (const [found, mend] of Object.entries(cures)) {
    for (const element of root.querySelectorAll(found)) {
      if (cured.has(element)) continue;
      cured.add(element);
      mend(element);
    }
  }
};

const drawn = new MutationObserver((changes) => {
  for (const root of new Set(changes.map((change) => change.target.getRootNode()))) cure(root);
});
const attachShadow = Element.prototype.attachShadow;
Element.prototype.attachShadow = function attachWatched(options) {
  const root = attachShadow.call(this, options);
  drawn.observe(root, { childList: true, subtree: true });
  return root;
};
