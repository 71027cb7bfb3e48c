"""The Harmonize page as a person uses it."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from fusion_core.demo import DONOR, PAIR, RECIPIENT
from fusion_core.harmony.model import SurveyPair
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.surveys.model import Dictionary, SurveyId
from fusion_core.surveys.storage import write_survey
from fusion_core.workspace.layout import Workspace
from harmony_app.shell.session import account

pytestmark = pytest.mark.browser

HOSTILE = (
    "<img src=x onerror=window.hacked=1> “quoted” 'x' \N{GRINNING FACE} \u05e9\u05dc\u05d5\u05dd"
)

TWO_LINES = 60
"""Pixels from which buttons stand in more than one line."""
FILLS_THE_WINDOW = """element => {
  const { bottom } = element.getBoundingClientRect();
  return bottom <= window.innerHeight && bottom >= window.innerHeight - 16;
}"""


@pytest.fixture(scope="module")
def shared_app(demo_source, app_server, tmp_path_factory):
    """One server for the tests that work on different variables."""
    folder = tmp_path_factory.mktemp("harmonize") / "demo"
    shutil.copytree(demo_source, folder)
    plant_hostile_text(Workspace.open(folder))
    return app_server(folder)


def plant_hostile_text(workspace: Workspace) -> None:
    """Give one variable a description and a level that a careless page would run."""
    survey = workspace.survey(DONOR)
    variable = survey.dictionary["insulation"]
    hostile = replace(variable, description=HOSTILE, levels=(HOSTILE, *variable.levels[1:]))
    dictionary = Dictionary(
        [hostile if item is variable else item for item in survey.dictionary.values()]
    )
    household = survey.household.assign(
        insulation=survey.household["insulation"].cat.rename_categories(
            {variable.levels[0]: HOSTILE}
        )
    )
    changed = replace(survey, dictionary=dictionary, household=household)
    write_survey(changed, workspace.survey_folder(DONOR))


def open_match(page: Page, server, donor: str, recipient: str) -> None:
    page.goto(f"{server.url}/harmonize?pair={quote(str(PAIR))}&donor={donor}&recipient={recipient}")
    expect(page.locator(".variable-card.donor .name")).to_have_text(donor)
    expect(page.locator(".variable-card.recipient .name")).to_have_text(recipient)
    expect(page.locator(".consequence .basis")).not_to_be_empty()


def level(page: Page, side: str, label: str):
    return page.locator(f".side-levels.{side} .level").filter(
        has=page.get_by_text(label, exact=True)
    )


def link(page: Page, donor: str, recipient: str) -> None:
    level(page, "donor", donor).click()
    level(page, "recipient", recipient).click()


def start_over(page: Page) -> None:
    """Take all levels out of the groups that their labels suggested."""
    for side in ("donor", "recipient"):
        page.locator(f".side-levels.{side} .level").first.click()
        page.keyboard.press("Control+a")
        page.keyboard.press("Delete")
    expect(page.locator(".side-levels .badge-group:not(.none)")).to_have_count(0)


def save(page: Page) -> None:
    page.get_by_role("button", name="Save harmony").click()
    expect(page.locator(".toast")).to_contain_text("Saved")


def stored(server):
    return HarmonyStore(server.workspace, PAIR).load()


def wait_for_draft(page: Page, server, key: str, side: str, label: str) -> None:
    """Wait until the file of drafts holds a group for this level."""
    for _ in range(300):
        drafts = HarmonyStore(server.workspace, PAIR).load_drafts(account())
        if key in drafts and groups(drafts[key].harmony, side)[label] is not None:
            return
        page.wait_for_timeout(100)
    pytest.fail(f"no draft of {key} with a group for '{label}' was kept")


def groups(harmony, side: str) -> dict[str, object]:
    return {item.level: item.group for item in harmony.side(side).levels}


def test_an_answer_is_linked_to_its_counterpart_by_two_clicks(shared_app, page):
    open_match(page, shared_app, "elecpay", "elefp")
    start_over(page)
    link(page, "The household, to the utility", "Valid monthly electricity cost in ELEP")
    expect(
        level(page, "recipient", "Valid monthly electricity cost in ELEP").locator(".badge-group")
    ).to_have_text("1")
    level(page, "donor", "Included in rent or fees").click()
    level(page, "donor", "Paid some other way").click(modifiers=["Control"])
    page.keyboard.press("2")
    level(page, "recipient", "Included in rent or in condo fee").click()
    level(page, "recipient", "No charge or electricity not used").click(modifiers=["Shift"])
    page.keyboard.press("2")
    expect(page.locator(".similarity")).to_contain_text("similarity 0.9")
    expect(page.locator(".findings")).to_contain_text("No issues found")
    expect(page.locator(".links .link")).to_have_count(5)
    save(page)
    harmony = stored(shared_app).get("elecpay__elefp")
    assert groups(harmony, "donor") == {
        "The household, to the utility": 1.0,
        "Included in rent or fees": 2.0,
        "Paid some other way": 2.0,
    }
    assert harmony.revision == 1


def test_a_number_is_binned_by_typing_and_by_dragging(shared_app, page):
    open_match(page, shared_app, "bedrooms", "bdsp")
    page.locator(".settings.recipient [data-key=bins]").click()
    field = page.get_by_label("Break points of recipient")
    field.fill("2, 3, 4, five")
    field.press("Enter")
    expect(page.locator(".bins .feedback.is-error")).to_contain_text("“five” is not a number")
    field.fill("1,000,3")
    field.press("Enter")
    expect(page.locator(".bins .feedback.is-error")).to_contain_text("put a space")
    field.fill("1,000, 3")
    field.press("Enter")
    expect(page.locator(".bins .feedback")).to_contain_text("1,000 was read as one number")
    expect(field).to_have_value("3, 1000")
    field.fill("2 3 4 5")
    field.press("Enter")
    expect(page.locator(".side-levels.recipient .level")).to_have_count(5)
    page.locator(".setting-editor .bins").get_by_role("button", name="1, 2, 3").click()
    for position, row in enumerate(page.locator(".side-levels.donor .level").all(), start=1):
        row.click()
        page.keyboard.press(str(position))
        page.keyboard.press("Escape")
    expect(page.locator(".similarity")).to_contain_text("similarity")
    save(page)
    saved = stored(shared_app).get("bedrooms__bdsp")
    assert saved.recipient.breakpoints == (2.0, 3.0, 4.0, 5.0)
    assert list(groups(saved, "recipient").values()) == [1.0, 2.0, 3.0, 4.0, 5.0]
    expect(page.locator(".setting-editor .histogram .break")).to_have_count(4)
    handle = page.locator(".setting-editor .histogram .break").last.bounding_box()
    page.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + 20)
    page.mouse.down()
    page.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + 400, steps=4)
    page.mouse.up()
    expect(page.locator(".side-levels.recipient .level")).to_have_count(4)


def test_persons_are_counted_without_codes_and_the_count_is_read_out(shared_app, page):
    open_match(page, shared_app, "numolder", "agep")
    page.locator(".settings.recipient [data-key=collapse]").click()
    page.get_by_role("button", name="number of persons who").click()
    page.get_by_label("Comparison").select_option("at least")
    page.get_by_label("Value").fill("65")
    page.get_by_label("Value").press("Enter")
    expect(page.locator(".setting-editor .reading")).to_contain_text(
        "number of household members aged 65 or more"
    )
    expect(page.locator(".similarity")).to_contain_text("similarity 0.9")
    save(page)
    saved = stored(shared_app).get("numolder__agep")
    assert (saved.recipient.aggregator, saved.recipient.adjustment) == ("sum", "agep >= 65")
    assert saved.recipient.levels == ()


def test_every_edit_can_be_undone_and_made_again(shared_app, page):
    open_match(page, shared_app, "tenure", "ten")
    badges = page.locator(".side-levels.donor .badge-group")
    before = badges.all_text_contents()
    page.locator(".side-levels.donor .level").first.click()
    page.keyboard.press("7")
    page.keyboard.press("8")
    expect(badges.nth(1)).to_have_text("8")
    after = badges.all_text_contents()
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(badges.nth(0)).to_have_text(before[0])
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    page.keyboard.press("Control+Shift+z")
    page.keyboard.press("Control+Shift+z")
    expect(badges.nth(1)).to_have_text("8")
    assert badges.all_text_contents() == after


def test_a_level_is_dragged_onto_its_counterpart(shared_app, page):
    open_match(page, shared_app, "hometype", "bld")
    target = page.locator(".side-levels.recipient .level").nth(3)
    expected = target.locator(".badge-group").inner_text()
    page.locator(".side-levels.donor .level").first.hover(position={"x": 20, "y": 10})
    page.mouse.down()
    end = target.bounding_box()
    page.mouse.move(end["x"] + 60, end["y"] + 10, steps=5)
    page.mouse.up()
    expect(page.locator(".side-levels.donor .badge-group").first).to_have_text(expected)


def test_saved_work_and_drafts_survive_a_restart_of_the_server(
    demo_workspace, app_server, new_page
):
    server = app_server(demo_workspace)
    page = new_page()
    open_match(page, server, "foodhelp", "fs")
    start_over(page)
    link(page, "Yes", "Yes")
    link(page, "No", "No")
    save(page)
    open_match(page, server, "elecpay", "elefp")
    start_over(page)
    link(page, "The household, to the utility", "Valid monthly electricity cost in ELEP")
    expect(page.locator(".draft-state")).to_contain_text("draft kept")
    expect(page.locator(".dot.draft")).to_have_count(1)
    wait_for_draft(page, server, "elecpay__elefp", "donor", "The household, to the utility")
    page.close()
    server.stop()
    again = app_server(demo_workspace)
    page = new_page()
    open_match(page, again, "foodhelp", "fs")
    expect(page.locator(".draft-state")).to_contain_text("revision 1")
    assert (
        groups(stored(again).get("foodhelp__fs"), "donor")["Yes"]
        == groups(stored(again).get("foodhelp__fs"), "recipient")["Yes"]
    )
    open_match(page, again, "elecpay", "elefp")
    expect(page.locator(".draft-state")).to_contain_text("draft kept")
    expect(
        level(page, "donor", "The household, to the utility").locator(".badge-group")
    ).to_have_text("1")


def test_a_deleted_harmony_comes_back_by_undo(shared_app, page):
    open_match(page, shared_app, "internet", "access")
    kept = stored(shared_app).get("internet__access")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert stored(shared_app).get("internet__access") is not None
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator(".toast")).to_contain_text("Deleted internet__access")
    assert stored(shared_app).get("internet__access") is None
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_contain_text("is back")
    assert stored(shared_app).get("internet__access").donor == kept.donor


@pytest.mark.parametrize("text", ["__import__('os').system('ls')", "read_csv('/etc/passwd')"])
def test_a_hostile_expression_gets_a_sentence_at_the_field(shared_app, page, text):
    open_match(page, shared_app, "ageresp", "agep")
    before = stored(shared_app)
    page.locator(".settings.recipient [data-key=adjust]").click()
    page.locator(".setting-editor").get_by_role("button", name="Expression").click()
    field = page.get_by_label("Adjustment of the recipient")
    field.fill(text)
    field.press("Enter")
    message = page.locator(".setting-editor .feedback.is-error > span").first
    expect(message).to_have_text(re.compile(r"\w.*\.$"))
    expect(page.locator(".setting-editor .feedback mark")).to_have_count(1)
    expect(page.locator(".draft-state")).not_to_contain_text("draft")
    assert stored(shared_app) == before


def test_names_are_completed_and_the_result_is_previewed(shared_app, page):
    open_match(page, shared_app, "ageresp", "agep")
    page.locator(".settings.recipient [data-key=adjust]").click()
    page.locator(".setting-editor").get_by_role("button", name="Expression").click()
    field = page.get_by_label("Adjustment of the recipient")
    field.press_sequentially("least(age")
    expect(page.locator(".suggestion", has_text="agep")).to_be_visible()
    field.press("Tab")
    field.press_sequentially(", 80)")
    expect(page.locator(".setting-editor .feedback")).to_contain_text("Whole number, 0 to 80")
    field.press("Enter")
    expect(page.locator(".settings.recipient [data-key=adjust]")).to_have_text("= least(agep, 80)")


def test_text_of_a_survey_is_never_markup(shared_app, page):
    open_match(page, shared_app, "insulation", "fs")
    expect(level(page, "donor", HOSTILE)).to_have_count(1)
    link(page, HOSTILE, "Yes")
    page.get_by_label("Name of group 1").fill(HOSTILE)
    page.get_by_label("Name of group 1").press("Enter")
    expect(page.locator(".group-bars .group-name").first).to_contain_text(HOSTILE)
    page.get_by_role("button", name="Comment").click()
    page.get_by_role("textbox", name="Comment").fill(HOSTILE)
    page.get_by_role("button", name="Keep comment").click()
    save(page)
    page.get_by_role("tab", name=re.compile("^All")).click()
    expect(page.locator(".table-row .col-donor", has_text="onerror")).to_be_visible()
    assert page.locator("img").count() == 0
    assert page.evaluate("window.hacked") is None


def test_the_worklist_is_searched_filtered_and_walked_by_keyboard(shared_app, page):
    open_match(page, shared_app, "tenure", "ten")
    search = page.get_by_label("Search donor variables")
    search.fill("bill household")
    expect(page.locator(".variable:visible")).to_have_count(1)
    expect(page.locator(".variable:visible .name")).to_have_text("elecpay")
    search.fill("")
    page.locator(".chip", has_text="undecided").click()
    expect(page.locator(".variable:visible .dot.saved")).to_have_count(0)
    page.locator(".chip", has_text="all").click()
    page.locator(".variable", has=page.get_by_text("tenure", exact=True)).click()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".variable[aria-selected=true] .name")).not_to_have_text("tenure")
    expect(page).to_have_url(re.compile(r"donor=(?!tenure)"))


def test_a_variable_without_a_harmony_shows_ranked_candidates(shared_app, page):
    page.goto(f"{shared_app.url}/harmonize?pair={quote(str(PAIR))}&donor=sexresp")
    first = page.locator(".candidate").first
    expect(first.locator(".reason")).not_to_be_empty()
    page.get_by_label("Search recipient variables").fill("condo fee")
    expect(page.locator(".candidate .name").first).to_have_text("elefp")
    page.get_by_label("Search recipient variables").fill("sex")
    page.get_by_label("Search recipient variables").press("Enter")
    expect(page.locator(".variable-card.recipient .name")).to_have_text("sex")
    expect(page).to_have_url(re.compile("recipient=sex"))


def test_all_harmonies_are_listed_opened_and_exported(shared_app, page):
    page.goto(f"{shared_app.url}/harmonize?pair={quote(str(PAIR))}&view=all")
    expect(page.locator(".table-row").first).to_be_visible()
    page.get_by_role("button", name="Export …").first.click()
    page.get_by_role("dialog").get_by_label("CSV").check()
    with page.expect_download() as download:
        page.get_by_role("dialog").get_by_role("button", name="Export").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert text.splitlines()[0].startswith("harmony,survey,variable,level,group")
    assert "tenure__ten,donor,tenure," in text
    page.locator(".table-row", has_text="tenure").first.click()
    expect(page.locator(".variable-card.donor .name")).to_have_text("tenure")


def test_harmonies_of_all_pairs_come_as_one_archive_whether_their_surveys_are_there(
    demo_source, app_server, page, tmp_path
):
    folder = tmp_path / "demo"
    shutil.copytree(demo_source, folder)
    gone = SurveyPair(SurveyId("GONE", "1999"), PAIR.recipient)
    HarmonyStore(folder, gone).save_all(HarmonyStore(folder, PAIR).load().harmonies, author="kim")
    server = app_server(folder)
    page.goto(f"{server.url}/harmonize?pair={quote(str(PAIR))}&view=all")
    page.get_by_role("tab", name="all pairs").click()
    note = page.locator(".overview-list").get_by_text("tick rows to act on them")
    expect(note).to_have_text("36 harmonies · tick rows to act on them")  # none waits for a check
    page.get_by_role("button", name="Export …").first.click()
    page.get_by_role("dialog").get_by_label("JSON").check()
    with page.expect_download() as download:
        page.get_by_role("dialog").get_by_role("button", name="Export").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.namelist() == [f"{PAIR}.json", f"{gone}.json"]
    expect(page.locator(".toast")).to_contain_text(
        "harmonies.zip, with 2 files, is in your downloads"
    )


def test_a_published_harmony_file_is_imported_with_a_report(shared_app, page, tmp_path):
    name = f"{DONOR}__{RECIPIENT}"
    side = {"groups": [1, 2], "levels": ["Female", "Male"], "breaks": [], "adj": "", "agg": ""}
    recipient = {
        "groups": [2, 1],
        "levels": ["Male", "Female"],
        "breaks": [],
        "adj": "",
        "agg": "reference",
    }
    path = tmp_path / f"{name}.json"
    path.write_text(json.dumps(_json_file(side, recipient)), encoding="utf-8")
    page.goto(f"{shared_app.url}/harmonize?pair={quote(str(PAIR))}&view=all")
    expect(page.locator(".table-row").first).to_be_visible()
    broken = tmp_path / f"{name}.R"
    broken.write_text("list(a = system('ls'))\n; quit()", encoding="utf-8")
    odd = tmp_path / f"{name} (1).R"
    odd.write_text("list('<img src=x onerror=window.hacked=1>' = list('\u202e'))", encoding="utf-8")
    page.set_input_files("input[type=file]", [str(path), str(broken), str(odd)])
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Nothing is saved yet")
    expect(dialog.locator(".report-file.failed")).to_contain_text("is not allowed")
    expect(dialog.locator(".report td.mono", has_text="onerror")).to_be_visible()
    assert page.evaluate("window.hacked") is None
    assert stored(shared_app).get("sexresp__sex") is None
    dialog.get_by_role("button", name="Import 1 harmony").click()
    expect(dialog).to_contain_text("1 harmony was saved")
    assert stored(shared_app).get("sexresp__sex") is not None
    dialog.get_by_role("button", name="Close").click()


@pytest.mark.parametrize(
    ("width", "height", "dark"),
    [(1440, 900, False), (1280, 720, False), (1024, 768, True)],
    ids=["wide", "laptop", "small and dark"],
)
def test_the_page_fills_the_window_and_nothing_scrolls_sideways(
    shared_app, new_page, width, height, dark
):
    page = new_page(width=width, height=height, dark=dark, url=shared_app.url)
    open_match(page, shared_app, "income", "hincp")
    page.wait_for_function(FILLS_THE_WINDOW, arg=page.locator(".desk").element_handle())
    page.wait_for_function("document.scrollingElement.scrollHeight <= window.innerHeight")
    sideways = page.locator(".pane, .levels, .consequence, .match-body").evaluate_all(
        "items => items.filter(item => item.scrollWidth > item.clientWidth + 1).map(item => item.className)"
    )
    assert sideways == []
    page.get_by_label("ordered").click()  # a draft brings another button into the line below
    expect(page.get_by_label("Discard draft")).to_be_visible()
    assert page.locator(".match-footer").bounding_box()["height"] < TWO_LINES
    page.keyboard.press("Control+z")
    expect(page.get_by_label("Discard draft")).to_be_hidden()


def _json_file(donor: dict, recipient: dict) -> dict:
    entry = {"donor": donor, "acs": recipient, "ordered": None, "comment": "", "modified": ""}
    return {"file": f"{DONOR}__{RECIPIENT}.R", "harmonies": {"sexresp__sex": entry}}


OpenPage = Callable[..., Page]


def test_variables_are_set_aside_by_one_key_each_until_all_are_decided(shared_app, page):
    open_match(page, shared_app, "tenure", "ten")
    name = page.locator(".variable:has(.dot.none) .name").first.inner_text()
    page.goto(f"{shared_app.url}/harmonize?pair={quote(str(PAIR))}&donor={name}")
    opened = page.locator(".variable[aria-selected=true] .name")
    expect(page.locator(".candidate").first).to_be_visible()
    expect(opened).to_have_text(name)
    page.locator(".chooser-head h2").click()  # away from any field
    page.keyboard.press("m")
    expect(opened).not_to_have_text(name)
    row = page.locator(".variable", has=page.get_by_text(name, exact=True))
    expect(row.locator(".partner")).to_have_text("nothing matches")
    expect(page.locator(".coverage-text")).to_contain_text("1 set aside")
    row.click()
    page.get_by_label("Why the variable is set aside").fill("asked of one person only")
    page.keyboard.press("Enter")
    expect(row.locator(".dot")).to_have_attribute("title", re.compile("asked of one person only"))
    page.locator(".chooser-head h2").click()
    page.keyboard.press("u")
    expect(row.locator(".partner")).to_have_text("waits")
    expect(page.locator(".coverage-text")).not_to_contain_text("set aside")
    page.keyboard.press("r")
    page.keyboard.press("Control+a")
    page.keyboard.type("ask who was asked")
    page.keyboard.press("Enter")
    expect(row.locator(".dot")).to_have_attribute("title", "undecided: ask who was asked")


def test_the_search_is_a_key_away_and_saving_leaves_the_hand_where_it_is(shared_app, page):
    open_match(page, shared_app, "tenure", "ten")
    page.get_by_role("tab", name=re.compile("^All")).click()
    page.keyboard.press("/")
    expect(page.get_by_label("Search donor variables")).to_be_focused()
