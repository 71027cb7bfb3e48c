"""Keys pressed faster than the server answers: nothing is saved that was not on the screen, nothing is lost."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect
from slow_line import SlowLine

from fusion_core.demo import PAIR
from fusion_core.harmony.store import HarmonyStore

pytestmark = pytest.mark.browser


@pytest.fixture
def server(demo_workspace, app_server):
    return app_server(demo_workspace)


@pytest.fixture
def slow(page):
    return SlowLine(page)


def open_match(page: Page, server, donor: str, recipient: str) -> None:
    page.goto(f"{server.url}/harmonize?pair={quote(str(PAIR))}&donor={donor}&recipient={recipient}")
    expect(page.locator(".variable-card.recipient .name")).to_have_text(recipient)
    expect(page.locator(".consequence .basis")).not_to_be_empty()


def stored(server):
    return {item.key: item for item in HarmonyStore(server.workspace, PAIR).load().harmonies}


def test_save_and_next_pressed_again_and_again_saves_what_was_seen_alone(server, slow, page):
    open_match(page, server, "elecpay", "elefp")
    before = stored(server)
    page.locator(".side-levels.donor .level").first.click()
    page.keyboard.press("1")
    slow.hold()
    for _ in range(5):
        page.keyboard.press("Control+Enter")
        page.wait_for_timeout(60)
    page.wait_for_timeout(1500)
    slow.release()
    chosen = page.locator('.variable[aria-selected="true"] .name')
    expect(chosen).not_to_have_text("elecpay")
    page.wait_for_timeout(1000)
    after = stored(server)
    assert set(after) - set(before) == {"elecpay__elefp"}
    assert after["elecpay__elefp"].revision == 1


def test_a_key_held_down_saves_once(server, page):
    open_match(page, server, "elecpay", "elefp")
    before = stored(server)
    page.locator(".side-levels.donor .level").first.click()
    page.keyboard.press("1")
    page.keyboard.down("Control")
    for _ in range(8):
        page.keyboard.down("Enter")  # every further one is a repetition
        page.wait_for_timeout(250)
    page.keyboard.up("Enter")
    page.keyboard.up("Control")
    page.wait_for_timeout(500)
    assert set(stored(server)) - set(before) == {"elecpay__elefp"}


def test_an_edit_followed_by_save_at_once_is_saved(server, slow, page):
    open_match(page, server, "tenure", "ten")
    revision = stored(server)["tenure__ten"].revision
    page.locator(".side-levels.recipient .level").first.click()
    slow.hold()
    page.keyboard.press("2")
    page.keyboard.press("Control+s")
    page.wait_for_timeout(1500)
    slow.release()
    expect(page.locator(".toast")).to_contain_text("Saved tenure__ten")
    saved = stored(server)["tenure__ten"]
    assert saved.revision == revision + 1
    assert saved.recipient.levels[0].group == 2


def test_keys_typed_while_the_next_match_is_on_its_way_do_not_reach_it(server, slow, page):
    open_match(page, server, "tenure", "ten")
    other = stored(server)["hometype__bld"]
    slow.hold()
    page.locator('.variable[data-name="hometype"]').click()
    page.wait_for_timeout(800)
    page.locator(".side-levels.recipient .level").first.click()
    page.keyboard.press("7")
    page.keyboard.press("Control+s")
    page.wait_for_timeout(800)
    slow.release()
    expect(page.locator(".variable-card.donor .name")).to_have_text("hometype")
    page.wait_for_timeout(800)
    assert stored(server)["hometype__bld"] == other
    assert HarmonyStore(server.workspace, PAIR).load_drafts("root") == {}
