"""Answers of the server that arrive in the middle of a click, or late, lose nothing of what was done."""

from __future__ import annotations

import shutil
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from fusion_core.demo import PAIR

pytestmark = pytest.mark.browser


class SlowLine:
    """The connection to the server; what the server says can be held back for a while."""

    def __init__(self, page: Page) -> None:
        self.held: list[tuple[WebSocketRoute, str | bytes]] = []
        self.is_open = True
        page.route_web_socket("**/*", self._connect)

    def _connect(self, browser: WebSocketRoute) -> None:
        server = browser.connect_to_server()
        browser.on_message(server.send)
        server.on_message(lambda message: self._pass(browser, message))

    def _pass(self, browser: WebSocketRoute, message: str | bytes) -> None:
        if self.is_open:
            browser.send(message)
        else:
            self.held.append((browser, message))

    def release(self) -> None:
        """Deliver what was held back, in its order, and everything from now on at once."""
        self.is_open = True
        held, self.held = self.held, []
        for browser, message in held:
            browser.send(message)


@pytest.fixture
def slow_app(demo_source, app_server, tmp_path):
    folder = tmp_path / "demo"
    shutil.copytree(demo_source, folder)
    return app_server(folder)


def wait_until_held(page: Page, line: SlowLine) -> None:
    """Wait until the server has answered, and has nothing more to say."""
    heard = -1
    while not line.held or heard != len(line.held):
        heard = len(line.held)
        page.wait_for_timeout(400)


def test_a_click_survives_an_answer_that_arrives_between_press_and_release(slow_app, page):
    line = SlowLine(page)
    page.goto(f"{slow_app.url}/harmonize?pair={quote(str(PAIR))}&donor=elecpay&recipient=elefp")
    expect(page.locator(".consequence .basis")).not_to_be_empty()
    expect(page.locator(".suggestion-band.looking")).to_have_count(0)
    first = page.locator(".side-levels.donor .level").first
    chip = page.locator(".settings.donor [data-key=universe]")

    line.is_open = False
    first.click()
    page.keyboard.press("1")
    wait_until_held(page, line)
    box = chip.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    line.release()
    page.wait_for_timeout(300)
    page.mouse.up()

    expect(page.locator(".setting-editor")).to_be_visible()
    expect(chip).to_have_attribute("aria-expanded", "true")
    expect(first.locator(".badge-group")).to_have_text("1")
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
