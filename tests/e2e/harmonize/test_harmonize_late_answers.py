"""Answers of the server that arrive in the middle of a click, or late, lose nothing of what was done."""

from __future__ import annotations

import shutil
from urllib.parse import quote

import pytest
from playwright.sync_api import expect
from slow_line import SlowLine

from fusion_core.demo import PAIR

pytestmark = pytest.mark.browser


@pytest.fixture
def slow_app(demo_source, app_server, tmp_path):
    folder = tmp_path / "demo"
    shutil.copytree(demo_source, folder)
    return app_server(folder)


def test_a_click_survives_an_answer_that_arrives_between_press_and_release(slow_app, page):
    line = SlowLine(page)
    page.goto(f"{slow_app.url}/harmonize?pair={quote(str(PAIR))}&donor=elecpay&recipient=elefp")
    expect(page.locator(".consequence .basis")).not_to_be_empty()
    expect(page.locator(".suggestion-band.looking")).to_have_count(0)
    first = page.locator(".side-levels.donor .level").first
    chip = page.locator(".settings.donor [data-key=universe]")

    line.hold()
    first.click()
    page.keyboard.press("1")
    line.wait_until_silent()
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


def test_a_reason_typed_while_another_variable_was_on_its_way_is_kept(slow_app, page):
    line = SlowLine(page)
    page.goto(f"{slow_app.url}/harmonize?pair={quote(str(PAIR))}")
    open_one = page.locator(".variable[aria-selected=true] .name")
    first, second = (
        page.locator(".variable:has(.dot.none) .name").nth(at).inner_text() for at in (0, 1)
    )
    rows = {name: page.locator(f'.variable[data-name="{name}"]') for name in (first, second)}
    reason = page.get_by_label("Why the variable is set aside")
    rows[first].click()
    expect(reason).to_be_enabled()

    line.hold()
    rows[second].click()
    line.wait_until_silent()
    rows[first].click()
    line.wait_until_silent()
    is_typed = False
    while line.held and not is_typed:  # as soon as the page lets one type
        line.release_one()
        page.wait_for_timeout(50)
        if is_typed := reason.is_enabled():
            reason.fill("asked of one person only")
    line.release()
    expect(open_one).to_have_text(first)
    page.wait_for_timeout(500)
    if not is_typed:
        reason.fill("asked of one person only")
    page.keyboard.press("Enter")

    expect(rows[first].locator(".dot")).to_have_attribute(
        "title", "undecided: asked of one person only"
    )
    expect(rows[second].locator(".dot")).not_to_have_attribute("title", "asked of one person only")
