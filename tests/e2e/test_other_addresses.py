"""The app opened by other names of the computer: its page connects, and strangers are refused."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, expect
from running_app import AppServer, start_app


def own_address() -> str | None:
    """An address other computers could reach this one by, where it has one."""
    found = [
        entry.address
        for entries in psutil.net_if_addrs().values()
        for entry in entries
        if entry.family == socket.AF_INET and not entry.address.startswith("127.")
    ]
    return next(iter(found), None)


@pytest.fixture(scope="module")
def open_server(demo_source: Path) -> Iterator[AppServer]:
    """The app at every address of the computer, which had to be allowed."""
    server = start_app(demo_source, None, "--address", "0.0.0.0", "--no-sign-in")  # noqa: S104 - asked for
    yield server
    server.stop()


pytestmark = pytest.mark.browser


@pytest.mark.parametrize("host", ["127.0.0.2", socket.gethostname(), own_address()])
def test_a_page_connects_under_every_name_of_the_computer(
    new_page: Callable[..., Page], open_server: AppServer, host: str | None
):
    if host is None:
        pytest.skip("the computer has no address but its own")
    page = new_page()
    page.goto(f"http://{host}:{open_server.port}/fuse")
    if page.get_by_role("dialog").is_visible():  # this computer's own person needs not say
        page.get_by_label("Your name").fill("Ana Lima")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="User Ana Lima")).to_be_visible()
    expect(page.locator("[data-predictor]").first).to_be_visible()


def test_the_server_says_who_can_reach_it(open_server: AppServer):
    said = open_server.log.read_text(encoding="utf-8")
    assert "no sign-in. Everyone who reaches port" in said
    assert "Harmony is at http://localhost:" in said
