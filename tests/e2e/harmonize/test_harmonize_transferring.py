"""Harmonies brought from one vintage to another: reviewed, accepted in part, undone."""

from __future__ import annotations

import shutil
from dataclasses import replace
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from fusion_core.demo import PAIR
from fusion_core.harmony.model.harmony import SurveyPair
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.surveys.model import Dictionary, SurveyId
from fusion_core.workspace.layout import Workspace
from harmony_app.shell.session import account

pytestmark = pytest.mark.browser

LATER = SurveyPair(PAIR.donor, SurveyId(PAIR.recipient.name, "2023"))


@pytest.fixture
def two_vintages(demo_source, tmp_path):
    """The demo, and a later vintage of its recipient with one level renamed and one new."""
    workspace = Workspace.open(shutil.copytree(demo_source, tmp_path / "demo"))
    survey = workspace.survey(PAIR.recipient, household_columns=(), person_columns=())
    fuel = survey.dictionary["hfl"]
    levels = (f"{fuel.levels[0]} from pipes", *fuel.levels[1:], "Nuclear heat")
    changed = replace(fuel, levels=levels)
    dictionary = Dictionary(
        [changed if item is fuel else item for item in survey.dictionary.values()]
    )
    later = replace(
        survey,
        description=replace(survey.description, id=LATER.recipient),
        dictionary=dictionary,
        household=None,
        person=None,
    )
    workspace.add_survey(later)
    return workspace.path


def stored(folder):
    return {item.key: item for item in HarmonyStore(folder, LATER).load().harmonies}


def test_harmonies_follow_to_another_vintage_with_a_diff_to_accept(two_vintages, app_server, page):
    server = app_server(two_vintages)
    page.goto(f"{server.url}/harmonize?pair={quote(str(LATER))}&view=all")
    page.get_by_role("button", name="Transfer harmonies …").first.click()
    rows = page.locator(".transfer-row")
    expect(rows).to_have_count(18)
    page.reload()
    expect(page.get_by_label("Other vintage")).to_have_value(str(PAIR))
    expect(rows).to_have_count(18)
    heat = rows.filter(has_text="__hfl").first
    heat.click()
    lines = page.locator(".change-line")
    expect(lines.filter(has_text="Nuclear heat")).to_be_visible()
    lines.filter(has_text="from pipes").get_by_role("checkbox").uncheck()
    picker = page.get_by_label("Group of Nuclear heat")
    picker.focus()
    picker.select_option(index=1)
    expect(heat.get_by_role("checkbox")).to_be_checked()
    page.locator(".transfer .primary").click()
    expect(page.locator(".toast")).to_contain_text("kept as draft")
    saved = stored(two_vintages)
    assert len(saved) >= 10
    user = account()
    drafts = HarmonyStore(two_vintages, LATER).load_drafts(user)
    draft = next(item.harmony for key, item in drafts.items() if key.endswith("__hfl"))
    groups = {item.level: item.group for item in draft.recipient.levels}
    assert groups["Nuclear heat"] is not None
    assert next(group for level, group in groups.items() if "from pipes" in level) is None
    expect(page.locator(".table-row")).to_have_count(len(saved) + len(drafts))
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".table-row")).to_have_count(0)
    assert stored(two_vintages) == {}
    assert HarmonyStore(two_vintages, LATER).load_drafts(user) == {}


def test_vintages_are_compared_and_all_pairs_listed(two_vintages, app_server, page):
    earlier = HarmonyStore(two_vintages, PAIR).load().get("tenure__ten")
    swapped = replace(
        earlier,
        donor=replace(
            earlier.donor,
            levels=tuple(
                replace(item, group=first.group)
                for item, first in zip(
                    earlier.donor.levels,
                    earlier.donor.levels[1:] + earlier.donor.levels[:1],
                    strict=True,
                )
            ),
        ),
    )
    HarmonyStore(two_vintages, LATER).save(swapped, author="ann", expected_revision=0)
    server = app_server(two_vintages)
    page.goto(f"{server.url}/harmonize?pair={quote(str(PAIR))}&view=all")
    expect(page.locator(".table-row")).to_have_count(18)
    page.get_by_role("tab", name="all pairs").click()
    expect(page.locator(".table-row")).to_have_count(19)
    page.get_by_role("tab", name="this pair").click()
    page.get_by_role("button", name="Compare vintages").first.click()
    page.locator(".cell-button.is-different").wait_for()
    page.reload()
    page.locator(".cell-button.is-different").click()
    expect(page.locator(".matrix-detail .differs").first).to_be_visible()
    page.get_by_role("button", name="Take this grouping here").click()
    expect(page.locator(".variable-card.donor .name")).to_have_text("tenure")
    expect(page.locator(".draft-state")).to_contain_text("draft")
    page.get_by_role("button", name="harmonized").click()
    cell = page.get_by_role("button", name=f"Energy, {LATER.recipient.title}")
    expect(cell).to_contain_text("0")
    cell.click()
    expect(page.get_by_label("Filter by theme")).to_have_value("Energy")
    expect(page.get_by_label("Donor and recipient survey")).to_have_value(str(LATER))
