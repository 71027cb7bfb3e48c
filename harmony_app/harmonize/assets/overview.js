// All harmonies of the pair as a table, and files in and out.
import { h } from "./dom.js";

const LARGEST_FILE = 8e6;

export function createOverview(actions, toast, table) {
  const file = h("input", { type: "file", accept: ".R,.r,.json", multiple: true, hidden: true, onchange: importFiles });
  const tools = h("div.overview-tools", {}, h("h2", {}, "All harmonies"), h("span.space"),
    h("button", { type: "button", onclick: () => actions.send({ kind: "deleted" }) }, "Deleted …"),
    h("button", { type: "button", onclick: () => file.click() }, "Import fusionData files …"), file,
    h("button", { type: "button", onclick: () => actions.send({ kind: "export" }) }, "Export CSV"));
  const element = h("section.pane.overview", { "aria-label": "All harmonies", hidden: true }, tools, h("div.overview-table", {}, table));

  async function importFiles() {
    for (const item of file.files) {
      if (item.size > LARGEST_FILE) { toast.show(`${item.name} is larger than 8 MB, so it is no harmony file.`, { severity: "error" }); continue; }
      actions.send({ kind: "import", name: item.name, text: await item.text() });
    }
    file.value = "";
  }

  return { element };
}
