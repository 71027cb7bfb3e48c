"""Conditions of a page that Playwright has no words for; each is waited for, however slow the machine."""

from playwright.sync_api import Locator

# Counts the painted pixels of a figure that are coloured, as lines and areas are.
COLOURED_PIXELS = """element => {
  let found = 0;
  const walk = root => root.querySelectorAll('*').forEach(node => {
    if (node.tagName === 'CANVAS' && node.width && node.height) {
      const pixels = node.getContext('2d').getImageData(0, 0, node.width, node.height).data;
      for (let i = 0; i < pixels.length; i += 4) {
        const spread = Math.max(pixels[i], pixels[i+1], pixels[i+2])
                     - Math.min(pixels[i], pixels[i+1], pixels[i+2]);
        if (pixels[i+3] > 200 && spread > 90) found += 1;
      }
    }
    if (node.shadowRoot) walk(node.shadowRoot);
  });
  walk(element.shadowRoot ?? element);
  return found;
}"""
INSIDE_THE_WINDOW = """element => {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  return left >= 0 && top >= 0 && right <= window.innerWidth && bottom <= window.innerHeight;
}"""


def wait_until_painted(figure: Locator) -> None:
    """Wait until a Bokeh figure shows lines or areas."""
    _wait(figure, f"element => ({COLOURED_PIXELS})(element) > 200")


def wait_until_inside(element: Locator) -> None:
    """Wait until an element lies inside the window."""
    _wait(element, INSIDE_THE_WINDOW)


def _wait(element: Locator, condition: str) -> None:
    element.page.wait_for_function(condition, arg=element.element_handle())
