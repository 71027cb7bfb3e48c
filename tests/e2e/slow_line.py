"""A connection whose answers arrive late, as on a slow network or from a busy server."""

from __future__ import annotations

from playwright.sync_api import Page, WebSocketRoute


class SlowLine:
    """The connection of a page to the server; what the server says can be held back for a while."""

    def __init__(self, page: Page) -> None:
        self.held: list[tuple[WebSocketRoute, str | bytes]] = []
        self.is_open = True
        self._page = page
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

    def hold(self) -> None:
        """Keep back what the server says from now on."""
        self.is_open = False

    def wait_until_silent(self) -> None:
        """Wait until the server has answered, and has nothing more to say."""
        heard = -1
        while not self.held or heard != len(self.held):
            heard = len(self.held)
            self._page.wait_for_timeout(400)

    def release_one(self) -> None:
        """Deliver the first message that was held back, and no other."""
        browser, message = self.held.pop(0)
        browser.send(message)

    def release(self) -> None:
        """Deliver what was held back, in its order, and everything from now on at once."""
        self.is_open = True
        while self.held:
            self.release_one()
