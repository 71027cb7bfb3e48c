"""Level lists as a person works with them: hard published cases, long lists and hostile labels."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_up_survey import with_made_up_answers
from numpy.random import default_rng
from playwright.sync_api import Page, expect

from fusion_core.harmony.model.harmony import Harmony, SurveyPair
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.surveys.model import Dictionary, Survey, SurveyDescription, SurveyId, Variable
from fusion_core.workspace.layout import Workspace

pytestmark = pytest.mark.browser

LONG = SurveyId("LONG", "2020")
SHORT = SurveyId("SHORT", "2020")
PAIR = SurveyPair(SHORT, LONG)
JOBS = tuple(
    f"{section}-Work of kind {kind}"
    for section in ("MGR", "SAL", "EDU", "TRN", "MIL")
    for kind in range(2000)
)
HOSTILE = (
    "<b onclick=alert(1)>bold</b>",
    "two\nlines\tand a tab",
    "",
    " Yes",
    "Yes",
    "yes",
    "back\\slash “quoted” 'x' \"y\"",
    "\N{GRINNING FACE} \u05e9\u05dc\u05d5\u05dd (2)",
    "\u202eright to left override",
    "x" * 500,
    "a",
    "b",
    "c",
    "d",
)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Path:
    """Two small surveys: a variable of 10,000 levels, one of hostile labels, one plain."""
    folder = tmp_path_factory.mktemp("levels") / "workspace"
    created = Workspace.create(folder, title="Levels")
    plain = Variable("job", "Kind of work", levels=("Manager", "Seller", "Teacher", "Driver"))
    generator = default_rng(1)
    for survey, variables in (
        (SHORT, [plain, Variable("odd", "Hostile", levels=HOSTILE)]),
        (LONG, [Variable("occ", "Occupation", levels=JOBS), plain]),
    ):
        empty = Survey(SurveyDescription(survey), Dictionary(variables))
        created.add_survey(with_made_up_answers(empty, 200, generator))
    return folder


@pytest.fixture(scope="module")
def app(workspace, app_server):
    return app_server(workspace)


def open_match(page: Page, app, donor: str, recipient: str) -> None:
    page.goto(f"{app.url}/harmonize?pair={PAIR}&donor={donor}&recipient={recipient}")
    expect(page.locator(".variable-card.recipient .name")).to_have_text(recipient)
    expect(page.locator(".side-levels.recipient .level").first).to_be_visible()


def row(page: Page, side: str, label: str):
    return page.locator(f".side-levels.{side} .level[aria-label^='{label},']")


def save(page: Page, workspace: Path, key: str) -> Harmony:
    page.keyboard.press("Control+s")
    expect(page.locator(".toast")).to_contain_text("Saved")
    return HarmonyStore(workspace, PAIR).load().get(key)


def groups(harmony: Harmony, side: str) -> dict[str, object]:
    return {item.level: item.group for item in harmony.side(side).levels}


def test_ten_thousand_levels_are_grouped_by_section_range_and_name(app, workspace, page):
    open_match(page, app, "job", "occ")
    rows = page.locator(".side-levels.recipient .level")
    headings = page.locator(".side-levels.recipient .level.heading")
    expect(headings).to_have_count(5)
    page.locator(".side-levels.donor .level").first.click()
    for key in ("1", "2", "3", "4"):
        page.keyboard.press(key)
    for key in ("1", "2", "3", "4", "x"):  # goes on with the recipient's sections
        page.keyboard.press(key)
    filter_box = page.get_by_label("Filter recipient levels")
    filter_box.fill("^sal-work of kind 19")
    expect(page.locator(".side-levels.recipient .level-tools")).to_contain_text("select 111 shown")
    assert rows.count() < 60
    filter_box.press("Enter")
    expect(page.locator(".assign-line strong")).to_have_text("111 selected")
    page.keyboard.press("g")
    page.keyboard.type("Salesmen of old")
    page.keyboard.press("Enter")
    expect(page.locator(".group-chip", has_text="Salesmen of old")).to_contain_text("0⇄111")
    filter_box.fill("10..12")
    expect(page.locator(".filter-note").last).to_have_text("levels 10 to 12 of the list")
    filter_box.fill("wrok of kind 777")
    expect(page.locator(".filter-note").last).to_have_text("similar spelling")
    harmony = save(page, workspace, "job__occ")
    found = groups(harmony, "recipient")
    assert found["MGR-Work of kind 5"] == 1.0
    assert found["SAL-Work of kind 1900"] == 5.0
    assert found["MIL-Work of kind 7"] == "drop"
    assert dict(harmony.group_names) == {5.0: "Salesmen of old"}


def test_hostile_labels_are_shown_as_they_are_on_one_line_and_grouped_apart(app, workspace, page):
    open_match(page, app, "odd", "job")
    labels = page.locator(".side-levels.donor .level .label")
    assert labels.nth(0).inner_text() == HOSTILE[0]
    assert labels.nth(1).inner_text() == "two⏎lines⇥and a tab"
    assert labels.nth(2).inner_text() == "(empty)"
    assert labels.nth(3).inner_text() == "␣Yes"
    assert labels.nth(9).get_attribute("title") == "x" * 500
    assert set(labels.evaluate_all("all => all.map(label => label.dir)")) == {"auto"}
    wide = "all => all.filter(row => row.scrollWidth > row.clientWidth + 1).length"
    assert page.locator(".side-levels.donor .level").evaluate_all(wide) == 0
    assert page.locator(".side-levels b").count() == 0
    labels.nth(0).click()
    for key in ("1", "2", "3", "4", "5", "6"):
        page.keyboard.press(key)
        page.keyboard.press("Enter")
    found = groups(save(page, workspace, "odd__job"), "donor")
    assert [found[label] for label in HOSTILE[:6]] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]


def test_groups_are_renamed_merged_ordered_and_pasted(app, workspace, page):
    open_match(page, app, "job", "job")
    page.get_by_role("button", name="Groups", exact=True).click()
    page.get_by_role("menuitem", name="Same name on both sides").click()
    chips = page.locator(".group-chip")
    expect(chips).to_have_count(4)
    chips.nth(3).dblclick()
    page.get_by_label("New name of group 4").fill("On the road")
    page.keyboard.press("Enter")
    expect(chips.nth(3)).to_contain_text("On the road")
    page.keyboard.press("Escape")
    chips.nth(3).focus()
    page.keyboard.press("Alt+ArrowLeft")
    expect(chips.nth(2)).to_contain_text("On the road")
    chips.nth(0).drag_to(chips.nth(1))
    expect(chips).to_have_count(3)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Groups", exact=True).click()
    page.get_by_role("menuitem", name="Paste a table for the recipient").click()
    page.get_by_role("dialog").get_by_role("textbox").fill("teacher\tdrop\nPilot\t3")
    page.get_by_role("dialog").get_by_role("button", name="Take these groups").click()
    expect(page.get_by_role("dialog")).to_contain_text("1 of 4 levels got their group")
    expect(page.get_by_role("dialog")).to_contain_text("Pilot")
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    harmony = save(page, workspace, "job__job")
    assert groups(harmony, "donor") == {
        "Manager": 2.0,
        "Seller": 2.0,
        "Driver": 3.0,
        "Teacher": 4.0,
    }
    assert groups(harmony, "recipient")["Teacher"] == "drop"
    assert dict(harmony.group_names) == {3.0: "On the road"}
