"""A recode edited by itself with the keyboard, saved with its uses, as a person does it."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from fusion_core.demo import PAIR
from fusion_core.harmony.recodes import RecodeShelf, recode_of_side
from fusion_core.harmony.store import HarmonyStore

pytestmark = pytest.mark.browser


@pytest.fixture
def shelf(demo_workspace) -> RecodeShelf:
    """The recode `Tenure of mine`, which the saved harmony of tenure follows."""
    store, shelf = HarmonyStore(demo_workspace, PAIR), RecodeShelf(demo_workspace)
    harmony = store.load().get("tenure__ten")
    recode = recode_of_side(harmony, "recipient", name="tenure-of-mine", title="Tenure of mine")
    shelf.save(recode, author="lee")
    side = replace(harmony.recipient, recode="tenure-of-mine")
    store.save(harmony.with_side("recipient", side), author="lee")
    return shelf


def test_answers_move_by_keys_and_saving_shows_what_it_changes(
    demo_workspace, app_server, page, shelf
):
    server = app_server(demo_workspace)
    page.goto(f"{server.url}/harmonize?pair={quote(str(PAIR))}&view=all")
    page.get_by_role("button", name="Recodes", exact=True).click()
    page.get_by_role("button", name="Tenure of mine").click()
    answers = page.get_by_role("listbox", name="Answers of the recode")
    expect(answers).to_be_focused()
    expect(page.locator(".recode-effect")).to_contain_text("Used by 1 side")
    first = page.locator(".recode-answer").first.inner_text().split("\n")[0]
    before = shelf.get("tenure-of-mine").group_of(first)

    page.keyboard.press("2")
    save = page.get_by_role("button", name="Save, and change 1 harmony")
    expect(save).to_be_enabled()
    expect(answers).to_be_focused()
    page.keyboard.press("Control+z")
    expect(page.get_by_role("button", name="Save recode")).to_be_disabled()
    page.keyboard.press("Control+Shift+z")
    expect(save).to_be_enabled()
    assert shelf.get("tenure-of-mine").group_of(first) == before

    page.keyboard.press("Control+s")
    expect(page.locator(".toast")).to_contain_text("1 harmony changed with it")
    assert shelf.get("tenure-of-mine").group_of(first) == 2
    level = HarmonyStore(demo_workspace, PAIR).load().get("tenure__ten").recipient.levels[0]
    assert (level.level, level.group) == (first, 2)
    assert "other=tenure-of-mine" in page.url
    page.reload()
    expect(page.locator(".recode-answer").first).to_be_visible()
    page.locator(".recode-uses .link").first.click()
    expect(page.locator(".settings.recipient [data-key=named]")).to_contain_text("Tenure of mine")


def test_a_class_is_opened_renamed_and_removed(demo_workspace, app_server, page, shelf):
    server = app_server(demo_workspace)
    page.goto(f"{server.url}/harmonize?pair={quote(str(PAIR))}&view=recode&other=tenure-of-mine")
    expect(page.get_by_role("listbox", name="Answers of the recode")).to_be_focused()
    page.keyboard.press("n")
    page.get_by_label("Name of the class").fill("Somewhere else")
    page.keyboard.press("Enter")
    name = page.locator(".class-name").last
    expect(name).to_have_value("Somewhere else")
    name.fill("Elsewhere")
    name.press("Enter")
    expect(page.get_by_role("button", name="Remove Elsewhere")).to_be_visible()
    page.get_by_role("button", name="Remove Elsewhere").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove it").click()
    expect(page.locator(".class-name")).to_have_count(len(shelf.get("tenure-of-mine").groups))
