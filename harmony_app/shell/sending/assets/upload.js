const UNITS = ["kB", "MB", "GB", "TB"];

function sizeText(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  let value = bytes;
  let unit = "";
  for (unit of UNITS) {
    value /= 1000;
    if (Math.round(value) < 1000) break;
  }
  return `${value < 9.95 ? value.toFixed(1) : value.toFixed(0)} ${unit}`;
}

function element(tag, attributes, ...children) {
  const made = Object.assign(document.createElement(tag), attributes);
  made.append(...children);
  return made;
}

/** A field that takes one file, by its button or dropped on it. */
export function render({ model }) {
  const input = element("input", { type: "file", ariaLabel: model.title || "File" });
  const choose = element("label", { className: "choose" }, input, element("span", {}, "Drop a file here, or ", element("u", {}, "choose one")));
  const name = element("span", { className: "name", dir: "auto" });
  const amount = element("span", { className: "amount" });
  const bar = element("progress", { max: 1 });
  const stop = element("button", { type: "button" });
  const said = element("span", { className: "said", role: "status" });
  const file = element("div", { className: "file" }, name, said, amount, stop, bar);
  const problem = element("p", { className: "problem", role: "alert" });
  const field = element("div", { className: "field" }, choose, file, problem);
  let sending = null; // what this browser sends, until the server has told of it

  function show() {
    const known = model.shown;
    const current = known.name ? known : sending;
    choose.hidden = Boolean(current);
    file.hidden = !current;
    if (!current) { said.textContent = ""; return; }
    name.textContent = current.name;
    name.title = current.name;
    bar.hidden = Boolean(current.whole);
    bar.value = current.size ? (current.received ?? 0) / current.size : 1;
    bar.ariaLabel = `${current.name} on the server`;
    amount.textContent = current.whole ? sizeText(current.size) : `${sizeText(current.received ?? 0)} of ${sizeText(current.size)}`;
    stop.textContent = current.whole ? "Remove" : "Cancel";
    stop.ariaLabel = `${stop.textContent} ${current.name}`;
    const status = current.whole ? "Upload complete" : "Sending …";
    if (said.textContent !== status) said.textContent = status;
  }

  async function send(chosen) {
    input.value = "";
    if (!chosen) return;
    problem.textContent = "";
    if (model.limit !== null && chosen.size > model.limit) {
      problem.textContent = `${chosen.name} has ${sizeText(chosen.size)}; at most ${sizeText(model.limit)} can be sent.`;
      return;
    }
    const own = { name: chosen.name, size: chosen.size, stop: new AbortController() };
    sending = own;
    show();
    stop.focus();
    const failure = await sendFile(model.key, chosen, own.stop.signal);
    if (sending !== own) return;
    sending = null;
    if (failure) problem.textContent = failure;
    show();
  }

  stop.addEventListener("click", () => {
    sending?.stop.abort();
    sending = null;
    if (model.shown.name) model.send_msg("remove");
    choose.hidden = false;
    file.hidden = true;
    said.textContent = "";
    input.focus();
  });
  input.addEventListener("change", () => send(input.files[0]));
  for (const kind of ["dragenter", "dragover"]) choose.addEventListener(kind, (event) => { event.preventDefault(); choose.classList.add("over"); });
  for (const kind of ["dragleave", "drop"]) choose.addEventListener(kind, () => choose.classList.remove("over"));
  choose.addEventListener("drop", (event) => { event.preventDefault(); send(event.dataTransfer.files[0]); });
  model.on("shown", show);
  show();
  return field;
}
