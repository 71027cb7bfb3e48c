"""Suggestions as a person meets them: offered, taken whole, undone, taken level by level, saved."""

from __future__ import annotations

import json
import re
import shutil
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from fusion_core.demo import PAIR
from fusion_core.harmony.store.store import HarmonyStore

pytestmark = pytest.mark.browser


@pytest.fixture
def server(demo_source, app_server, tmp_path):
    """The demo before anybody harmonized anything."""
    folder = tmp_path / "demo"
    shutil.copytree(demo_source, folder, ignore=shutil.ignore_patterns("harmonies", "runs"))
    return app_server(folder)


def test_a_suggestion_is_taken_whole_undone_and_taken_level_by_level(server, page):
    page.goto(f"{server.url}/harmonize?pair={quote(str(PAIR))}&donor=heatfuel")
    page.locator(".candidate").filter(has_text="hfl").first.click()
    band = page.locator(".suggestion-band")
    expect(band).to_contain_text("Suggested")
    expect(page.locator(".consequence")).to_contain_text("If you take the suggestion")
    decided = page.locator(".level .badge-group:not(.none):not(.suggested)")
    expect(decided).to_have_count(0)

    page.keyboard.press("a")
    expect(band).to_be_hidden()
    expect(decided).not_to_have_count(0)
    page.keyboard.press("Control+z")
    expect(band).to_be_visible()
    expect(decided).to_have_count(0)

    for side in ("donor", "recipient"):
        page.locator(f".side-levels.{side} .level").filter(
            has=page.get_by_text("Wood", exact=side == "recipient")
        ).first.locator(".badge-group.suggested").click()
    expect(decided).to_have_count(2)
    page.get_by_role("button", name="Save harmony").click()
    expect(page.locator(".toast")).to_contain_text("Saved")
    saved = HarmonyStore(server.workspace, PAIR).load().get("heatfuel__hfl")
    codes = [
        [item.group for item in side.levels if item.group is not None]
        for side in (saved.donor, saved.recipient)
    ]
    assert codes[0] == codes[1]
    assert len(codes[0]) == 1


def test_from_the_worklist_through_a_suggestion_to_the_next_variable_without_the_mouse(
    server, page
):
    page.goto(f"{server.url}/harmonize?pair={quote(str(PAIR))}")
    expect(page.locator(".variable .hinted").first).to_be_attached()
    page.keyboard.press("/")
    page.keyboard.type("heatfuel")
    page.keyboard.press("Enter")
    expect(page.locator(".chooser h2")).to_contain_text("heatfuel")
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".variable-card.recipient .name")).to_have_text("hfl")
    levels = page.locator(".side-levels.donor .levels")
    expect(levels).to_be_focused()
    page.get_by_label("Search donor variables").fill("")
    levels.focus()
    page.keyboard.press("Control+s")
    toast, findings = page.locator(".toast"), page.locator(".consequence")
    expect(toast).to_contain_text("Saved")
    assert toast.bounding_box()["y"] >= sum(
        findings.bounding_box()[part] for part in ("y", "height")
    )
    page.keyboard.press("Control+Enter")
    expect(page.locator(".chooser h2")).not_to_contain_text("heatfuel")
    expect(page.locator(".candidates")).to_be_focused()
    assert HarmonyStore(server.workspace, PAIR).load().get("heatfuel__hfl") is not None
    following = page.locator(".chooser h2 .mono").inner_text()
    page.keyboard.press("Control+Enter")  # nothing to save: it only moves on
    expect(page.locator(".chooser h2 .mono")).not_to_have_text(following)
    expect(page.locator(".candidates")).to_be_focused()


def test_the_queue_is_gone_through_by_keyboard(server, page):
    page.goto(f"{server.url}/harmonize?pair={quote(str(PAIR))}")
    start = page.locator(".queue-start")
    expect(start).to_contain_text("Go through")
    start.click()
    strip = page.locator(".queue-strip")
    expect(strip).to_contain_text("more after this")
    expect(page.locator(".variable-card.recipient .name")).not_to_be_empty()
    first = page.locator(".variable-card.donor .name").inner_text()
    partner = page.locator(".variable-card.recipient .name").inner_text()
    page.keyboard.press("s")
    expect(page.locator(".variable-card.donor .name")).not_to_have_text(first)
    assert [
        item.donor.variable for item in HarmonyStore(server.workspace, PAIR).load().harmonies
    ] == [first]
    # Both variables of the next suggestion are open: what is decided before is of neither.
    expect(page.locator(".variable-card.recipient .name")).not_to_have_text(
        re.compile(f"^({partner})?$")
    )
    page.keyboard.press("v")
    expect(page.locator(".toast")).to_contain_text("will not be suggested to you again")
    page.keyboard.press("e")
    expect(strip).to_be_hidden()
    declined = next(server.workspace.glob("harmonies/drafts/*/*.declined.json"))
    assert len(json.loads(declined.read_text(encoding="utf-8"))["declined"]) == 1
