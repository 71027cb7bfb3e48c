"""One recipient variable in all surveys, changed in the table and taken back, as a person does it."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from fusion_core.demo import PAIR
from fusion_core.harmony.store import HarmonyStore

pytestmark = pytest.mark.browser


def group_of_rented(folder):
    harmony = HarmonyStore(folder, PAIR).load().get("tenure__ten")
    return next(item.group for item in harmony.recipient.levels if item.level == "Rented")


def test_a_cell_is_regrouped_and_undone(demo_workspace, app_server, page):
    server = app_server(demo_workspace)
    before = group_of_rented(demo_workspace)
    page.goto(f"{server.url}/harmonize?pair={quote(str(PAIR))}&donor=tenure&recipient=ten")
    page.get_by_role("button", name="All surveys").click()
    row = page.locator(".target tr").filter(has=page.get_by_text("Rented", exact=True)).first
    row.locator(".target-cell").click()
    page.locator(".target-choice").first.click()
    expect(page.locator(".toast")).to_contain_text("Changed 1 harmony")
    assert group_of_rented(demo_workspace) != before
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_contain_text("as before")
    assert group_of_rented(demo_workspace) == before
    assert "view=target" in page.url
    page.reload()
    expect(page.locator(".target-cell").first).to_be_visible()


def test_a_cell_is_regrouped_by_keys_and_arrows_alone_save_nothing(
    demo_workspace, app_server, page
):
    server = app_server(demo_workspace)
    before = group_of_rented(demo_workspace)
    page.goto(f"{server.url}/harmonize?pair={quote(str(PAIR))}&view=target&other=ten")
    cell = page.locator(".target tr").filter(has=page.get_by_text("Rented", exact=True)).first
    cell.locator(".target-cell").press("Enter")
    choices = page.locator(".target-choice input")
    expect(page.locator(".target-choice input:checked")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".target-choice input:not(:checked):focus")).to_have_count(1)
    assert group_of_rented(demo_workspace) == before
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("Changed 1 harmony")
    assert group_of_rented(demo_workspace) != before
    page.keyboard.press("Escape")
    expect(choices.first).to_be_hidden()
