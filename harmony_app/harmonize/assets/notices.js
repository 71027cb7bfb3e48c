// What the person should know about the open harmony: who saved it meanwhile, who else has a draft.
import { h, setText } from "./dom.js";

const REFRESH = 30_000;

/** How long ago, as people say it. */
export function ago(stamp, now = Date.now()) {
  const minutes = Math.floor((now - new Date(stamp).getTime()) / 60_000);
  if (Number.isNaN(minutes)) return "";
  if (minutes < 1) return "just now";
  if (minutes < 60) return minutes === 1 ? "a minute ago" : `${minutes} minutes ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return hours === 1 ? "an hour ago" : `${hours} hours ago`;
  const days = Math.floor(hours / 24);
  return days === 1 ? "yesterday" : `${days} days ago`;
}

/** The strip above the match. */
export function createNotices(actions) {
  const element = h("div.notices", { role: "status", "aria-live": "polite" });
  let times = [];

  function showTimes() {
    for (const [place, stamp] of times) setText(place, ` · ${ago(stamp)}`);
  }

  const timer = setInterval(showTimes, REFRESH);
  return {
    element,
    remove: () => clearInterval(timer),
    update(notices) {
      times = [];
      element.replaceChildren(...notices.map((notice) => {
        const time = h("span.muted");
        if (notice.time) times.push([time, notice.time]);
        return h(`div.notice.is-${notice.tone === "warn" ? "warning" : "note"}`, {},
          h("span.notice-text", {}, notice.text, time),
          ...notice.actions.map(({ label, message }) => h("button.small", { type: "button", onclick: () => actions.send(message) }, label)));
      }));
      showTimes();
    },
  };
}
