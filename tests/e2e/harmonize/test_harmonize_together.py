"""Two colleagues on one harmony, and a server that goes away under an open page."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from fusion_core.demo import PAIR
from fusion_core.harmony.store.store import HarmonyStore

pytestmark = pytest.mark.browser

DONOR, RECIPIENT = "hhtype", "hht"
KEY = f"{DONOR}__{RECIPIENT}"


@pytest.fixture
def visit(browser: Browser):
    """Open the page as somebody: ``visit(server, "Ana Lima")``; contexts close by themselves."""
    contexts = []

    def open_page(server, user: str) -> Page:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        contexts.append(context)
        context.add_cookies([{"name": "harmony_user", "value": quote(user), "url": server.url}])
        page = context.new_page()
        page.set_default_timeout(60_000)
        pair = quote(str(PAIR))
        page.goto(f"{server.url}/harmonize?pair={pair}&donor={DONOR}&recipient={RECIPIENT}")
        expect(page.locator(".consequence .basis")).not_to_be_empty()
        return page

    yield open_page
    for context in contexts:
        context.close()


def regroup(page: Page, index: int, group: str) -> None:
    page.locator(".side-levels.donor .level").nth(index).click()
    page.keyboard.press(group)
    page.keyboard.press("Escape")
    expect(page.locator(".side-levels.donor .badge-group").nth(index)).to_have_text(group)
    expect(page.locator(".draft-state")).to_contain_text("draft kept")


def comment(page: Page, text: str) -> None:
    page.get_by_role("button", name="Comment").click()
    page.get_by_role("textbox", name="Comment").fill(text)
    page.get_by_role("button", name="Keep comment").click()


def test_two_colleagues_merge_item_by_item_and_review(demo_workspace, app_server, visit):
    server = app_server(demo_workspace)
    ana, ben = visit(server, "Ana Lima"), visit(server, "Ben Smith")
    regroup(ben, 0, "7")
    expect(ana.locator(".notice")).to_contain_text("Ben Smith has an unsaved draft")
    regroup(ana, 0, "8")
    regroup(ana, 1, "9")
    comment(ben, "Ben's reason")
    ben.get_by_role("button", name="Save harmony").click()
    expect(ana.locator(".notice.is-warning")).to_contain_text("Ben Smith saved revision 2")
    ana.get_by_role("button", name="Look at the differences").click()
    asked = ana.get_by_role("dialog").locator(".choice")
    expect(asked).to_have_count(1)
    asked.get_by_text("Theirs").click()
    ana.get_by_role("dialog").get_by_role("button", name="Merge and save").click()
    expect(ana.locator(".toast")).to_contain_text("revision 3")
    merged = HarmonyStore(server.workspace, PAIR).load().get(KEY)
    assert [item.group for item in merged.donor.levels][:2] == [7.0, 9.0]
    assert (merged.comment, merged.author) == ("Ben's reason", "Ana Lima")
    expect(ben.locator(".draft-state")).to_contain_text("by Ana Lima · revision 3")
    ben.locator("button.review").click()
    ben.get_by_role("button", name="Mark reviewed").click()
    expect(ana.locator("button.review")).to_contain_text("Reviewed")
    regroup(ana, 1, "2")
    ana.get_by_role("button", name="Save harmony").click()
    expect(ana.locator("button.review")).to_contain_text("To review")


def test_a_page_outlives_its_server_and_loses_no_edit(demo_workspace, app_server, visit):
    server = app_server(demo_workspace)
    page = visit(server, "Ana Lima")
    regroup(page, 0, "7")
    regroup(page, 1, "8")
    address = page.url
    server.process.kill()
    server.process.wait(timeout=10)
    expect(page.locator("#connection")).to_be_visible()
    assert page.locator(".place").get_attribute("inert") is not None
    again = app_server(demo_workspace, server.port)
    expect(page.locator("#connection")).to_be_hidden()
    expect(page.locator(".draft-state")).to_contain_text("draft kept")
    assert page.url == address
    badges = page.locator(".side-levels.donor .badge-group")
    expect(badges.first).to_have_text("7")
    page.keyboard.press("Control+z")
    expect(badges.nth(1)).not_to_have_text("8")
    expect(badges.first).to_have_text("7")
    kept = HarmonyStore(again.workspace, PAIR)
    for _ in range(100):  # what is undone is kept before it is answered, not before it is shown
        if kept.load_drafts("Ana Lima"):
            break
        page.wait_for_timeout(100)
    assert list(kept.load_drafts("Ana Lima")) == [KEY]
