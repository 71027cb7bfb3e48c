"""The Surveys page as a person uses it."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from looking import wait_until_inside
from playwright.sync_api import Page, expect

from fusion_core.surveys import Dictionary, Survey, SurveyDescription, SurveyId, Variable
from fusion_core.surveys.model import variable_from_column
from fusion_core.workspace.layout import Workspace

pytestmark = pytest.mark.browser

DOES_NOT_SCROLL = """() => {
  const place = document.querySelector("main");
  return Math.max(place.scrollWidth - place.clientWidth, place.scrollHeight - place.clientHeight) <= 1;
}"""
HOSTILE = "<img src=x onerror=window.hacked=1> & 'quoted'"


def small_survey() -> Survey:
    generator = np.random.default_rng(7)
    rows = 400
    household = pd.DataFrame(
        {
            "household_id": [f"h{index:04d}" for index in range(rows)],
            "weight": generator.uniform(1, 5, rows),
            "heating": pd.Categorical.from_codes(
                generator.integers(0, 3, rows), ["Natural gas", "Electricity", HOSTILE]
            ),
            "kwh": generator.gamma(2.0, 4000.0, rows),
        }
    )
    variables = [
        Variable("household_id", role="key"),
        Variable("weight", type="continuous", role="weight"),
        variable_from_column("heating", household["heating"], description="Main heating fuel"),
        variable_from_column("kwh", household["kwh"], description="Electricity used", unit="kWh"),
    ]
    description = SurveyDescription(SurveyId("ENERGY", "2020"), synthetic=True)
    return Survey(description, Dictionary(variables), household)


def dictionary_only(vintage: str) -> Survey:
    variables = [Variable("heating", HOSTILE, levels=("Natural gas", "Electricity"))]
    variables += [Variable(f"question{index}", f"Question {index}") for index in range(600)]
    return Survey(SurveyDescription(SurveyId("ENERGY", vintage)), Dictionary(variables))


@pytest.fixture(scope="module")
def served(app_server, tmp_path_factory):
    workspace = Workspace.create(tmp_path_factory.mktemp("surveys") / "ws", title="A test")
    for survey in (small_survey(), dictionary_only("2015")):
        workspace.add_survey(survey)
    return app_server(workspace.path)


def rows(page: Page, label: str):
    return (
        page.get_by_role("grid", name=label)
        .get_by_role("row")
        .filter(has=page.get_by_role("gridcell"))
    )


def test_the_inventory_lists_what_is_stored(page, served):
    page.goto(f"{served.url}/surveys")
    stored = rows(page, "Stored surveys")
    expect(stored).to_have_count(2)
    expect(stored.nth(0)).to_contain_text("2015")
    expect(stored.nth(0)).to_contain_text("dictionary")
    expect(stored.nth(1)).to_contain_text("400")
    expect(stored.nth(1)).to_contain_text("synthetic")


def test_a_misspelt_search_finds_the_variable_and_shows_its_distribution(page, served):
    page.goto(f"{served.url}/surveys")
    page.get_by_placeholder("Search names").press_sequentially("electricty used")
    found = rows(page, "Variables")
    expect(found).to_have_count(1)
    found.first.click()
    expect(page.get_by_role("heading", name="kwh")).to_be_visible()
    expect(page.locator("svg.histogram rect")).to_have_count(24)
    expect(page.get_by_text("400 households, synthetic data")).to_be_visible()
    expect(page).to_have_url(re.compile("variable=ENERGY_2020%2Fkwh"))


def test_an_address_sent_to_a_colleague_shows_the_same(page, served):
    page.goto(f"{served.url}/surveys?survey=ENERGY_2020&q=heating&variable=ENERGY_2020/heating")
    expect(page.get_by_role("heading", name="heating")).to_be_visible()
    expect(page.get_by_placeholder("Search names")).to_have_value("heating")
    expect(rows(page, "Variables")).to_have_count(1)
    expect(page.get_by_role("grid", name="other vintages")).to_contain_text("1 missing")


def test_text_from_survey_files_is_shown_never_run(page, served):
    page.goto(f"{served.url}/surveys?variable=ENERGY_2020/heating")
    expect(page.locator("ol.levels")).to_contain_text(HOSTILE)
    page.goto(f"{served.url}/surveys?q=heating&variable=ENERGY_2015/heating")
    expect(page.locator("p.description")).to_have_text(HOSTILE)
    expect(page.get_by_text("Only the dictionary of this survey is here")).to_be_visible()
    assert page.evaluate("window.hacked") is None


def test_the_list_is_walked_with_the_keyboard(page, served):
    page.goto(f"{served.url}/surveys?survey=ENERGY_2015")
    grid = page.get_by_role("grid", name="Variables")
    expect(rows(page, "Variables").first).to_be_visible()
    expect(grid.locator('[aria-selected="true"]')).to_contain_text("heating")
    grid.focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("heading", name="question0")).to_be_visible()
    page.keyboard.press("End")
    expect(grid.locator('[aria-selected="true"]')).to_be_in_viewport()
    expect(page.get_by_text("601 variables; the first 400 are listed")).to_be_visible()


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 768)])
@pytest.mark.parametrize("dark", [False, True])
def test_nothing_overflows_the_window(new_page, served, width, height, dark):
    page = new_page(width=width, height=height, dark=dark, url=served.url)
    page.goto(f"{served.url}/surveys?survey=ENERGY_2015")
    for label in ("Stored surveys", "Variables"):
        wait_until_inside(page.get_by_role("grid", name=label))
    for address, shown in (
        ("/surveys?variable=ENERGY_2020/heating", "Main heating fuel"),
        ("/surveys?mode=import", "Nothing is stored until you have checked it"),
    ):
        page.goto(f"{served.url}{address}")
        expect(page.get_by_text(shown, exact=True).first).to_be_visible()
        page.wait_for_function(DOES_NOT_SCROLL)


def fill(page: Page, path: Path, vintage: str) -> None:
    page.get_by_placeholder("or a path on the server").first.fill(str(path))
    page.get_by_label("Short name").fill("MINE")
    page.get_by_label("Vintage").fill(vintage)


def check(page: Page) -> None:
    page.get_by_role("button", name="Check the files").click()


def test_a_wrong_file_is_explained_and_can_not_be_stored(page, served, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("hid,weight,tenure\na,1,Own\na,heavy,Rent\n,-1,<b>Own</b>\n")
    page.goto(f"{served.url}/surveys?mode=import")
    fill(page, bad, "2021")
    check(page)
    expect(page.get_by_text("4 problems keep the survey out")).to_be_visible()
    expect(page.get_by_text("'heavy' is not a number")).to_be_visible()
    expect(page.get_by_text("bad.csv, column 'weight', row 3")).to_be_visible()
    expect(page.get_by_role("button", name="Store the survey")).to_be_disabled()
    assert not (served.workspace / "surveys" / "MINE").exists()


def test_a_good_file_is_checked_stored_and_found(page, served, tmp_path):
    good = tmp_path / "good.csv"
    good.write_text("hid,weight,tenure\na,1,Own\nb,3,Rent\n")
    page.goto(f"{served.url}/surveys?mode=import")
    fill(page, good, "2022")
    check(page)
    expect(page.get_by_text("The files are in order")).to_be_visible()
    page.get_by_role("button", name="Store the survey").click()
    expect(rows(page, "Stored surveys").filter(has_text="MINE")).to_have_count(1)
    rows(page, "Variables").filter(has_text="tenure").click()
    expect(page.locator("ol.levels li").nth(1)).to_contain_text("75.0 %")
    assert len(Workspace.open(served.workspace).survey(SurveyId("MINE", "2022")).household) == 2


def test_an_uploaded_file_is_read_like_one_on_the_server(page, served, tmp_path):
    good = tmp_path / "uploaded.csv"
    good.write_text("hid,weight,tenure\na,1,Own\nb,3,Rent\n")
    page.goto(f"{served.url}/surveys?mode=import")
    page.locator("input[type=file]").first.set_input_files(good)
    expect(page.get_by_text("Upload complete").first).to_be_visible()
    page.get_by_label("Short name").fill("MINE")
    page.get_by_label("Vintage").fill("2023")
    check(page)
    expect(page.get_by_text("The files are in order")).to_be_visible()


def _hold(_route):
    """Let a request wait: what it carries does not reach the server."""


def test_a_large_file_is_received_with_progress_and_can_be_cancelled(page, served, tmp_path):
    large = tmp_path / "large.csv"
    note = "x" * 1_000
    with large.open("w") as file:
        file.write("hid,weight,tenure,note\n")
        file.writelines(f"{row},1,{'Own' if row % 2 else 'Rent'},{note}\n" for row in range(24_000))
    page.goto(f"{served.url}/surveys?mode=import")
    page.route("**/upload/*", _hold)
    choose = page.locator("input[type=file]").first
    choose.set_input_files(large)
    # Nothing has reached the server, whatever the browser has done: the bar stands at nothing.
    expect(page.get_by_text("0 bytes of 24 MB")).to_be_visible()
    expect(page.locator("progress").first).to_have_attribute(
        "aria-label", "large.csv on the server"
    )
    page.get_by_role("button", name="Cancel large.csv").click()
    expect(page.get_by_text("choose one").first).to_be_visible()
    page.unroute("**/upload/*")
    choose.set_input_files(large)
    expect(page.get_by_text("Upload complete").first).to_be_visible(timeout=60_000)
    page.get_by_label("Short name").fill("LARGE")
    page.get_by_label("Vintage").fill("2023")
    check(page)
    expect(page.get_by_text("The files are in order")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Remove large.csv").click()
    expect(page.get_by_role("button", name="Remove large.csv")).to_have_count(0)


def test_replacing_a_survey_needs_a_second_yes(page, served, tmp_path):
    again = tmp_path / "again.csv"
    again.write_text("hid,weight,tenure\na,1,Own\n")
    workspace = Workspace.open(served.workspace)
    page.goto(f"{served.url}/surveys?mode=import")
    page.get_by_placeholder("or a path on the server").first.fill(str(again))
    page.get_by_label("Short name").fill("ENERGY")
    page.get_by_label("Vintage").fill("2020")
    check(page)
    expect(page.get_by_text("The files are in order")).to_be_visible()
    store = page.get_by_role("button", name="Store the survey")
    expect(store).to_be_disabled()
    page.get_by_label("Replace the stored ENERGY 2020").check()
    expect(store).to_be_enabled()
    assert len(workspace.survey(SurveyId("ENERGY", "2020")).household) == 400


def test_no_request_leaves_the_machine(new_page: Callable[..., Page], served):
    page = new_page()
    hosts = set()
    page.on(
        "request",
        lambda request: hosts.add(request.url.split("/")[2] if "//" in request.url else ""),
    )
    page.goto(f"{served.url}/surveys?variable=ENERGY_2020/kwh")
    expect(page.locator("svg.histogram")).to_be_visible()
    assert hosts <= {served.url.removeprefix("http://"), ""}


def test_a_damaged_survey_is_named_and_the_rest_goes_on(page, app_server, tmp_path):
    workspace = Workspace.create(tmp_path / "ws", title="A test")
    for survey in (small_survey(), dictionary_only("2015")):
        workspace.add_survey(survey)
    damaged = workspace.survey_folder(SurveyId("ENERGY", "2020")) / "household.parquet"
    damaged.write_bytes(damaged.read_bytes()[:-100])
    served = app_server(workspace.path)
    page.goto(f"{served.url}/surveys?variable=ENERGY_2020/kwh")
    stored = rows(page, "Stored surveys")
    expect(stored).to_have_count(2)
    expect(stored.nth(1)).to_contain_text("damaged")
    expect(
        page.get_by_text("ENERGY 2020: A file of the survey is missing or damaged")
    ).to_be_visible()
    expect(page.get_by_role("heading", name="kwh")).to_be_visible()
    page.goto(f"{served.url}/surveys?variable=ENERGY_2015/question7")
    expect(page.get_by_text("Question 7", exact=True).first).to_be_visible()
