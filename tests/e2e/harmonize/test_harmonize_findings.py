"""A mistake in a saved harmony is seen, opened, fixed with a click, saved, and gone."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from fusion_core.demo import PAIR
from fusion_core.harmony.editing import edits as editing
from fusion_core.harmony.model.harmony import LevelGroup
from fusion_core.harmony.store.store import HarmonyStore

pytestmark = pytest.mark.browser

CODES = "adds up the group codes"
INVERTED = "look inverted"


@pytest.fixture
def server(demo_workspace, app_server):
    """A server on a demo in which somebody made two mistakes."""
    store = HarmonyStore(demo_workspace, PAIR)
    harmonies = {item.key: item for item in store.load().harmonies}
    children = harmonies["numchild__agep"]
    doubled = tuple(
        LevelGroup(item.level, 2.0 if item.group == 0 else item.group)
        for item in children.recipient.levels
    )
    internet = harmonies["internet__access"]
    first, second = internet.donor.group_codes
    turned = tuple(
        LevelGroup(item.level, {first: second, second: first}.get(item.group, item.group))
        for item in internet.donor.levels
    )
    for harmony, side, levels in (
        (children, "recipient", doubled),
        (internet, "donor", turned),
    ):
        changed = editing.replace_side(harmony, side, levels=levels)
        store.save(changed, author="ann", expected_revision=harmony.revision)
    return app_server(demo_workspace)


def dot(page: Page, donor: str):
    return page.locator(f".variable[data-name={donor}] .dot")


def card(page: Page, text: str):
    return page.locator(".finding").filter(has_text=text)


def test_a_mistake_is_seen_fixed_and_gone(page, server):
    page.goto(f"{server.url}/harmonize?pair={quote(str(PAIR))}&donor=heatfuel")
    attention = dot(page, "numchild")
    expect(attention).to_have_class("dot attention")
    expect(attention).to_have_attribute("title", re.compile(CODES))
    page.locator(".variable[data-name=numchild]").click()
    card(page, CODES).get_by_role("button", name="Count group 1, all others 0").click()
    expect(card(page, CODES)).to_have_count(0)
    page.get_by_role("button", name="Save harmony").click()
    expect(attention).to_have_class("dot saved")
    page.get_by_role("tab", name="Findings").click()
    expect(card(page, INVERTED)).to_be_visible()
    expect(card(page, CODES)).to_have_count(0)
    card(page, INVERTED).get_by_role("button", name="Accept as is").click()
    page.get_by_label("Reason to accept this finding").fill("asked the other way round")
    page.keyboard.press("Enter")
    expect(card(page, INVERTED)).to_have_count(0)
    page.get_by_role("group", name="Filter by severity").get_by_text("accepted").click()
    expect(card(page, "Accepted: asked the other way round")).to_be_visible()
    stored = HarmonyStore(server.workspace, PAIR).load()
    assert [item.rule for item in stored.get("internet__access").accepted] == [
        "groups-look-inverted"
    ]
    assert set(stored.get("numchild__agep").recipient.group_codes) == {0.0, 1.0}


def test_levels_without_a_group_are_still_to_do_and_no_finding(page, demo_workspace, app_server):
    store = HarmonyStore(demo_workspace, PAIR)
    harmony = store.load().get("numchild__agep")
    half = tuple(
        LevelGroup(item.level, None if at else item.group)
        for at, item in enumerate(harmony.recipient.levels)
    )
    store.save(
        editing.replace_side(harmony, "recipient", levels=half),
        author="ann",
        expected_revision=harmony.revision,
    )
    server = app_server(demo_workspace)
    page.goto(f"{server.url}/harmonize?pair={quote(str(PAIR))}&donor=numchild")
    expect(card(page, "no group yet").first).to_have_class(re.compile("is-error"))
    title = page.locator(".group-title").first
    title.fill("children")
    title.press("Enter")
    to_do = card(page, "no group yet").first
    expect(to_do).to_have_class(re.compile("is-progress"))
    expect(to_do).to_contain_text("Still to do")
    expect(to_do.get_by_role("button")).to_have_count(0)
