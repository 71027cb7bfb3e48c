"""A grouping saved under a name, departed from, and changed in one place, as a person does it."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from fusion_core.demo import PAIR
from fusion_core.harmony.recodes import RecodeShelf

pytestmark = pytest.mark.browser


def open_match(page: Page, server, donor: str, recipient: str) -> None:
    page.goto(f"{server.url}/harmonize?pair={quote(str(PAIR))}&donor={donor}&recipient={recipient}")
    expect(page.locator(".variable-card.recipient .name")).to_have_text(recipient)
    expect(page.locator(".consequence .basis")).not_to_be_empty()


def test_a_grouping_is_named_departed_from_and_changed(demo_workspace, app_server, page):
    server = app_server(demo_workspace)
    open_match(page, server, "tenure", "ten")
    chip = page.locator(".settings.recipient [data-key=named]")
    chip.click()
    page.get_by_label("Name of the recode").fill("Tenure of mine")
    page.get_by_role("button", name="Save as a recode").click()
    page.get_by_role("dialog").get_by_role("button", name="Save it").click()
    expect(chip).to_contain_text("Tenure of mine")
    assert RecodeShelf(demo_workspace).get("tenure-of-mine").revision == 1

    level = page.locator(".side-levels.recipient .level").first
    level.click()
    page.keyboard.press("9")
    expect(chip).to_contain_text("1 differ")
    chip.click()
    chip.click()
    page.get_by_role("button", name="Change the recode to this").click()
    expect(page.get_by_role("dialog")).to_contain_text("No other harmony changes")
    page.get_by_role("dialog").get_by_role("button", name="Change it everywhere").click()
    expect(chip).not_to_contain_text("differ")
    assert RecodeShelf(demo_workspace).get("tenure-of-mine").revision == 2

    page.get_by_role("button", name="Detach").click()
    expect(chip).to_have_text("recode")
