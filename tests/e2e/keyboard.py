"""A person without a mouse: Tab, and what has the focus."""

from playwright.sync_api import Page

MOST_STOPS = 250
# What has the focus, inside however many shadow roots, as it is read out, and whether it is seen.
FOCUSED = """() => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  if (!element || element === document.body) return null;
  const root = element.getRootNode();
  const of = (id) => root.getElementById(id)?.textContent ?? "";
  const name = element.getAttribute("aria-label")
    || (element.getAttribute("aria-labelledby") ?? "").split(" ").map(of).join(" ").trim()
    || [...(element.labels ?? [])].map((label) => label.textContent).join(" ")
    || element.getAttribute("placeholder") || element.textContent || element.title || "";
  const seen = (node) => {
    if (!node || node.nodeType !== 1) return false;
    const style = getComputedStyle(node);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0)
      || style.boxShadow !== "none";
  };
  // A custom drawn box marks its frame.
  const marked = seen(element) || seen(element.parentElement) || seen(root.host);
  const box = element.getBoundingClientRect();
  return { name: name.replace(/\\s+/g, " ").trim(), tag: element.tagName, marked,
    shown: box.width * box.height > 0, where: [Math.round(box.x), Math.round(box.y)].join() };
}"""


class Keyboard:
    """Walks a page by Tab, and notes where nobody sees it standing."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.hidden: list[str] = []

    def focused(self) -> dict:
        return self.page.evaluate(FOCUSED) or {"name": "", "tag": "", "where": "", "marked": True}

    def stops(self) -> list[str]:
        """Walk once around the page; a trap would never come back to where it began."""
        found: list[str] = []
        for _ in range(MOST_STOPS):
            self.page.keyboard.press("Tab")
            now = self.focused()
            if not now["marked"]:
                self.hidden.append(f"{now['tag']} {now['name'][:60]}")
            stop = f"{now['tag']} {now['name'][:60]} {now['where']}"
            if found and stop == found[0]:
                return found
            if now["name"]:
                found.append(stop)
        raise AssertionError(f"Tab never comes around; last: {found[-3:]}")

    def go_to(self, name: str, tag: str = "") -> None:
        """Walk by Tab to what is read out with a name, such as a button's."""
        for _ in range(MOST_STOPS):
            self.page.keyboard.press("Tab")
            now = self.focused()
            if name in now["name"] and tag in now["tag"]:
                assert now["marked"], f"nobody sees that {name} has the focus"
                return
        raise AssertionError(f"Tab does not reach {tag} {name}")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Replace what stands in the field that has the focus."""
        self.press("Control+a")
        self.page.keyboard.type(text)
