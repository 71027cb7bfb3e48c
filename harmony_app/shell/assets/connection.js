
// Say calmly when the server cannot be reached, and go on at the same place when it can. The page is
// loaded again rather than reconnected: the server may be a new one that knows nothing of this page,
// and the address and the drafts hold all that is needed.
(() => {
  const ASK_AFTER = 1000;
  const ASK_QUIETLY = 20_000;
  const PATIENCE = 15_000;
  const banner = document.getElementById("connection");
  const place = document.querySelector(".place");
  let socketLost = false;
  let silent = 0;

  async function serverAnswers() {
    try {
      const answer = await fetch("static/js/bokeh.min.js", { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
      return answer.status < 500;
    } catch {
      return false;
    }
  }

  function show(lost) {
    banner.hidden = !lost;
    place.inert = lost;
  }

  async function untilItAnswers() {
    while (!(await serverAnswers())) await new Promise((done) => { setTimeout(done, ASK_AFTER); });
    window.location.reload();
  }

  function lose() {
    if (socketLost) return;
    socketLost = true;
    show(true);
    setTimeout(untilItAnswers, ASK_AFTER);
  }

  // A computer that vanishes closes no connection; only silence tells.
  setInterval(async () => {
    if (socketLost || document.hidden) return;
    silent = (await serverAnswers()) ? 0 : silent + 1;
    if (!socketLost) show(silent > 1);
  }, ASK_QUIETLY);

  const waiting = setInterval(() => {
    const documents = window.Bokeh?.documents ?? [];
    if (!documents.length) return;
    clearInterval(waiting);
    for (const shown of documents) shown.on_event("connection_lost", lose);
  }, 100);
  banner.querySelector("button").addEventListener("click", () => window.location.reload());
})();
