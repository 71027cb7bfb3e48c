// Files in and out: choosing and reporting an import, and choosing the form of an export.
import { h, setText } from "./dom.js";
import { countSaved, createProgress, createReport } from "./import_report.js";

const LARGEST_FILE = 8e6;
const LARGEST_TOGETHER = 50e6;
/** Which files can be imported, said before any is chosen. */
export const IMPORTED_FILES = "fusionData .R files, or JSON exported here; at most 8 MB each and 50 MB together";
const FORMATS = [
  ["html", "Documentation", "A crosswalk to read, print and send: one HTML file with concepts, groups, shares and comments."],
  ["R", "fusionData (.R)", "A file fusionData reads. What it cannot express is listed."],
  ["json", "JSON", "Everything, without loss; can be imported into another workspace."],
  ["csv", "CSV", "A row per level, for a spreadsheet."],
];

export function createExchange(actions, toast) {
  const element = h("dialog.dialog.exchange", { onclose: closed });
  const heading = h("h2", { id: "exchange-title" });
  const body = h("div.dialog-body");
  const buttons = h("div.dialog-buttons");
  element.setAttribute("aria-labelledby", "exchange-title");
  element.append(heading, body, buttons);
  const file = h("input", { type: "file", accept: ".R,.r,.json", multiple: true, hidden: true, onchange: () => readFiles([...file.files]) });
  let progress = null;
  let waiting = "";
  let files = [];
  let stop = new AbortController();

  const close = (text = "Close") => h("button", { type: "button", onclick: () => element.close() }, text);

  function open(title, parts, actionsShown) {
    setText(heading, title);
    body.replaceChildren(...parts.filter(Boolean));
    buttons.replaceChildren(...actionsShown);
    if (!element.open) element.showModal();
    actionsShown.at(-1)?.focus();
  }

  function wait(kind, title, text) {
    waiting = kind;
    progress = createProgress(text);
    open(title, [progress.element], [close("Cancel")]);
  }

  /** Closing the dialogue while something is under way stops waiting for it. */
  function closed() {
    stop.abort();
    files = [];
    if (waiting) actions.send({ kind: `${waiting}_cancel` });
    waiting = "";
    progress = null;
    body.replaceChildren();
  }

  // Import ----------------------------------------------------------------------------------

  async function readFiles(chosen) {
    file.value = "";
    const large = chosen.find((item) => item.size > LARGEST_FILE);
    if (large) { toast.show(`${large.name} is larger than 8 MB, so it is no harmony file.`, { severity: "error" }); return; }
    if (chosen.reduce((bytes, item) => bytes + item.size, 0) > LARGEST_TOGETHER) { toast.show("These files are larger than 50 MB together; import them in several steps.", { severity: "error" }); return; }
    if (!chosen.length) return;
    wait("import", "Import harmonies", `Sending ${chosen.length === 1 ? chosen[0].name : `${chosen.length} files`} …`);
    stop = new AbortController();
    actions.send({ kind: "import_begin" });
    files = chosen;
  }

  /** Send the chosen files one after the other; the bar shows how many of them the server has. */
  async function sendFiles({ key }) {
    const { signal } = stop;
    for (const [place, item] of files.entries()) {
      if (signal.aborted) return;
      progress.update(place / files.length, `Sending ${item.name} …`);
      const problem = await sendFile(key, item, signal);
      if (problem === null) return; // the server says why
      if (problem) { failed({ message: problem }); return; }
    }
    if (!signal.aborted) actions.send({ kind: "import_sent" });
  }

  function showPlan({ files }) {
    waiting = "";
    const choices = files.map((item) => (item.error ? "skip" : "mine"));
    const run = h("button.primary", { type: "button", onclick: () => {
      wait("", "Import harmonies", "Saving …");
      actions.send({ kind: "import_run", choices });
    } });
    const onchange = () => {
      const count = countSaved(files, choices);
      setText(run, count ? `Import ${count === 1 ? "1 harmony" : `${count} harmonies`}` : "Nothing to import");
      run.disabled = !count;
    };
    onchange();
    const broken = files.filter((item) => item.error).length;
    const intro = "Nothing is saved yet. Harmonies you have already stay as they are unless you take theirs; the history keeps both."
      + (broken ? ` ${broken === 1 ? "One file" : `${broken} files`} cannot be imported.` : "");
    open(files.length === 1 ? `Import ${files[0].name}` : `Import ${files.length} files`,
      [h("p", {}, intro), createReport(files, choices, { done: false, onchange })], [download(), close("Cancel"), run]);
  }

  function showDone({ files }) {
    const saved = files.flatMap((item) => item.entries).filter((entry) => ["added", "replaced"].includes(entry.outcome)).length;
    const unfinished = files.flatMap((item) => item.entries).filter((entry) => entry.status === "flagged" && ["added", "replaced"].includes(entry.outcome)).length;
    const words = `${saved === 1 ? "1 harmony was" : `${saved} harmonies were`} saved.`
      + (unfinished ? ` ${unfinished} of them must be finished: they show as “attention” until they are.` : "");
    open("Imported", [h("p", { role: "status" }, words),
      createReport(files, [], { done: true, openPair: (pair) => { element.close(); actions.choosePair(pair); } })], [download(), close()]);
  }

  const download = () => h("button.aside", { type: "button", onclick: () => actions.send({ kind: "import_report" }) }, "Download report");

  // Export ----------------------------------------------------------------------------------

  function askFormat({ items, title }) {
    const chosen = () => body.querySelector("input[name=export-format]:checked").value;
    const shares = h("input", { type: "checkbox", checked: true });
    const findings = h("input", { type: "checkbox" });
    const extras = h("div.export-extras", {}, h("label", {}, shares, "Weighted shares and similarity, where there are microdata"), h("label", {}, findings, "Findings of the checker"));
    const options = FORMATS.map(([value, name, about], place) => h("label.export-format", {},
      h("input", { type: "radio", name: "export-format", value, checked: place === 0, onchange: () => { extras.hidden = chosen() !== "html"; } }),
      h("span", {}, h("strong", {}, name), h("span.muted", {}, about))));
    const run = h("button.primary", { type: "button", onclick: () => {
      const request = { kind: "export", format: chosen(), shares: shares.checked, findings: findings.checked };
      if (items) request.items = items;
      wait("export", `Export ${title}`, "Writing …");
      actions.send(request);
    } }, "Export");
    open(`Export ${title}`, [options[0], extras, ...options.slice(1)], [close("Cancel"), run]);
  }

  function exported({ file: name, files, remarks }) {
    waiting = "";
    const saved = `${files > 1 ? `${name}, with ${files} files,` : name} is in your downloads.`;
    if (!remarks.length) { element.close(); toast.show(saved); return; }
    const rows = remarks.map((remark) => h("tr", {}, h("td.mono", { dir: "auto" }, remark.key),
      h(`td.${remark.left_out ? "bad" : "warn"}`, {}, remark.left_out ? "left out" : "incomplete"), h("td", {}, remark.sentence)));
    open("Exported, with losses", [h("p", {}, `${saved} What follows is not in it, or not in full; JSON keeps everything of a harmony.`),
      h("div.report-files", { tabindex: 0 }, h("table.report", {}, h("tbody", {}, ...rows)))], [close()]);
  }

  function failed({ message }) {
    waiting = "";
    open("Something went wrong", [h("p.bad", { role: "alert" }, message)], [close()]);
  }

  const answers = {
    import_ready: (reply) => { if (waiting === "import") sendFiles(reply); },
    import_progress: (reply) => progress?.update(reply.share, reply.words),
    import_plan: (reply) => { if (element.open) showPlan(reply); },
    import_done: showDone,
    import_failed: failed,
    export_ask: askFormat,
    export_progress: (reply) => progress?.update(reply.share, reply.words),
    export_done: exported,
    export_failed: failed,
  };

  return {
    element: h("div", {}, element, file),
    chooseFiles: () => file.click(),
    exportAll: () => actions.send({ kind: "export" }),
    /** Show an answer of the server; whether it was one of this part. */
    answer(reply) {
      if (!(reply.kind in answers)) return false;
      answers[reply.kind](reply);
      return true;
    },
    /** Go back to a closed dialogue when a request was refused. */
    stop() { if (waiting) { waiting = ""; element.close(); } },
  };
}

/** Hand a file of the server to the browser's downloads. */
export function saveDownload({ name, text, data, media }) {
  const content = data ? Uint8Array.from(atob(data), (character) => character.charCodeAt(0)) : text;
  const link = h("a", { href: URL.createObjectURL(new Blob([content], { type: media ?? "text/plain" })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
