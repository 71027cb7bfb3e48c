"""Every story once without a mouse: import, harmonize, fuse, validate, explore and publish."""

import re
import shutil

import pytest
from keyboard import Keyboard
from playwright.sync_api import expect

from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import list_runs

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def own(finished_run, tmp_path_factory, app_server):
    """The finished run in a workspace that these stories may write to."""
    folder = tmp_path_factory.mktemp("keyboard") / "demo"
    shutil.copytree(finished_run.workspace, folder)
    return app_server(folder)


def test_a_survey_is_imported(own, page, tmp_path):
    file = tmp_path / "heating.csv"
    file.write_text("hid,weight,tenure\na,1,Own\nb,3,Rent\n", encoding="utf-8")
    keys = Keyboard(page)
    page.goto(f"{own.url}/surveys")
    expect(page.get_by_role("button", name="Import a survey")).to_be_visible()
    keys.go_to("Import a survey")
    keys.press("Enter")
    expect(page.get_by_text("Nothing is stored until")).to_be_visible()
    for field, text in (
        ("or a path on the server", str(file)),
        ("Short name", "MINE"),
        ("Vintage", "2022"),
    ):
        keys.go_to(field, "INPUT")
        keys.type(text)
    keys.go_to("Check the files")
    keys.press("Enter")
    expect(page.get_by_text("The files are in order")).to_be_visible()
    keys.go_to("Store the survey")
    keys.press("Enter")
    expect(page.get_by_role("grid", name="Stored surveys")).to_contain_text("MINE")


def test_a_level_is_put_into_another_group_and_saved(own, page):
    keys = Keyboard(page)
    page.goto(f"{own.url}/harmonize?donor=tenure&recipient=ten")
    expect(page.get_by_text("After harmonization")).to_be_visible()
    keys.go_to("Levels of the recipient")
    row = page.locator(".side-levels.recipient .level").first
    before = row.get_attribute("aria-label")
    keys.press("ArrowDown", "ArrowUp", "3")
    expect(row).not_to_have_attribute("aria-label", before)
    keys.press("Control+s")
    expect(page.locator(".toast")).to_contain_text("Saved")


def test_variables_are_fused(own, page):
    keys = Keyboard(page)
    page.goto(f"{own.url}/fuse")
    expect(page.locator("[data-predictor]").first).to_be_visible()
    keys.go_to("gas_therms")
    keys.press("Enter")
    expect(page.locator("[data-variable=gas_therms]")).to_have_attribute("aria-pressed", "true")
    keys.go_to("Name of the run", "INPUT")
    keys.type("By hand")
    keys.press("Enter")
    keys.go_to("Start")
    keys.press("Enter")
    expect(page.locator("section[data-status]").first).to_contain_text("By hand")
    names = [run.spec().name for run in list_runs(Workspace.open(own.workspace))]
    assert "By hand" in names


def test_a_run_is_judged(own, finished_run, page):
    keys = Keyboard(page)
    page.goto(f"{own.url}/validate?run={finished_run.run}")
    verdict = page.locator('button[data-variable="insecure"]')
    expect(verdict).to_be_visible()
    keys.go_to("insecure")
    keys.press("Enter")
    expect(verdict).to_have_attribute("aria-pressed", "true")
    expect(verdict).to_be_focused()
    keys.go_to("Distributions")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Distribution of insecure")).to_be_visible()
    keys.go_to("Compare places")
    keys.press("Enter")
    expect(page.get_by_text(re.compile("by more than the margin"))).to_be_visible()
    keys.go_to("SVG")
    with page.expect_download() as found:
        keys.press("Enter")
    assert "insecure" in found.value.path().read_text(encoding="utf-8")


def test_an_area_is_looked_at_and_compared(own, finished_run, page):
    keys = Keyboard(page)
    page.goto(f"{own.url}/explore?run={finished_run.run}&var=elec_kwh")
    ranked = page.get_by_role("list", name="Ranked areas").get_by_role("button")
    expect(ranked.first).to_be_visible()
    first, second = (" ".join(ranked.nth(place).text_content().split())[:16] for place in (0, 3))
    keys.go_to(first)
    keys.press("Enter")
    expect(page.get_by_text(re.compile("sure it lies between")).first).to_be_visible()
    keys.go_to(second)
    keys.press("Shift+Enter")
    expect(page.get_by_text("allowing for its choice").first).to_be_visible()


def test_a_run_is_published(own, finished_run, page):
    keys = Keyboard(page)
    page.goto(f"{own.url}/explore?run={finished_run.run}")
    expect(page.get_by_label("Legend")).to_be_visible()
    keys.go_to("Publish as data")
    keys.press("Enter")
    expect(page.get_by_role("textbox", name="Title", exact=True)).to_be_visible()
    keys.go_to("Title", "INPUT")
    keys.type("Energy insecurity")
    keys.go_to("Publish", "BUTTON")
    keys.press("Enter")
    expect(page.get_by_text("Published:")).to_be_visible(timeout=180_000)
