"""A statistician decides on the Validate page whether fused variables can be trusted."""

import re
import shutil

import pytest
from looking import wait_until_inside, wait_until_painted
from playwright.sync_api import expect

from fusion_core.validation import read_validation
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import open_run
from harmony_app.validate.tabs.verdict_list import ASSETS

pytestmark = pytest.mark.browser

VERDICTS = ASSETS / "verdicts.js"


@pytest.fixture
def validate(finished_server, finished_run, new_page):
    def open_page(**options):
        page = new_page(url=finished_server.url, **options)
        page.goto(f"{finished_server.url}/validate?run={finished_run.run}")
        expect(page.get_by_role("list", name="Verdicts")).to_be_visible()
        return page

    return open_page


def test_curves_are_drawn_and_verdicts_can_be_read(validate, finished_run):
    page = validate()
    run = open_run(Workspace.open(finished_run.workspace), finished_run.run)
    for sentence in read_validation(run.validation_folder).verdicts:
        expect(page.get_by_text(sentence.split(": ", 1)[1]).first).to_be_visible()
    for title in ("How far off?", "Better than the average?", "How much less sure?"):
        expect(page.get_by_role("heading", name=title)).to_be_visible()
    figures = page.locator(".bk-Figure")
    expect(figures).to_have_count(3)
    for index in range(3):
        wait_until_painted(figures.nth(index))
    page.get_by_role("heading", name="Variable by variable").scroll_into_view_if_needed()
    expect(figures).to_have_count(4)
    wait_until_painted(figures.nth(3))


def test_a_variable_is_looked_at_in_detail(validate):
    page = validate()
    verdict = page.locator('button[data-variable="insecure"]')
    verdict.click()
    expect(verdict).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Distributions").click()
    expect(page.get_by_role("heading", name="Distribution of insecure")).to_be_visible()
    expect(page.get_by_role("heading", name="Dependence of insecure")).to_be_visible()
    expect(page).to_have_url(re.compile("var=insecure"))
    expect(page).to_have_url(re.compile("tab=distributions"))


def test_a_finished_run_is_checked_with_unseen_households(
    finished_run, app_server, new_page, tmp_path
):
    shutil.copytree(finished_run.workspace, tmp_path / "own")
    server, page = app_server(tmp_path / "own"), new_page()
    page.goto(f"{server.url}/validate?run={finished_run.run}&tab=unseen")
    expect(page.get_by_text("Takes about")).to_be_visible()
    page.get_by_label("How thoroughly").select_option("3 parts (quicker)")
    page.get_by_role("button", name="Check with unseen households").click()
    expect(page.get_by_role("progressbar", name="Progress of the check")).to_be_visible()
    page.reload()
    chip = page.get_by_role("link", name="checking")
    expect(chip).to_have_attribute("href", re.compile("tab=unseen"))
    expect(page.get_by_text("in 3 parts; each part fused")).to_be_visible(timeout=180_000)
    page.get_by_role("button", name="unseen", exact=True).click()
    expect(page).to_have_url(re.compile("unseen=1"))
    page.get_by_role("button", name="Households", exact=True).click()
    expect(page.get_by_text("elec_kwh: draws are")).to_be_visible()
    wait_until_painted(page.locator(".bk-Figure").first)


def test_a_published_table_is_compared(validate, tmp_path):
    page = validate()
    page.get_by_role("button", name="Other table").click()
    page.get_by_label("Variable").select_option("insecure")
    file = page.locator("input[type=file]")
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("GEOID,Households\n1,5\n", encoding="utf-8")
    file.set_input_files(wrong)
    expect(page.get_by_text("Upload complete").first).to_be_visible()
    # Codes are judged as soon as the file is there, so nothing has to be tried first.
    said = page.get_by_role("alert").filter(
        has_text="No area of the run is named in column 'GEOID'"
    )
    expect(said).to_be_visible()
    expect(page.get_by_role("button", name="Compare")).to_be_disabled()


def test_subsets_are_narrowed_to_one_family(validate):
    page = validate()
    page.get_by_label("Subsets").select_option("pairs of levels")
    expect(page).to_have_url(re.compile("subsets=pairs"))
    expect(page.locator('button[data-variable="insecure"]')).to_be_visible()


def test_the_figure_and_the_numbers_can_be_taken_away(validate):
    page = validate()
    with page.expect_download() as found:
        page.get_by_text("Curves CSV").click()
    assert found.value.path().read_text(encoding="utf-8").startswith("variable,metric,share,value")
    with page.expect_download() as found:
        page.get_by_text("SVG", exact=True).click()
    assert "How far off?" in found.value.path().read_text(encoding="utf-8")


def test_subsets_brushed_in_one_panel_are_listed_below(validate):
    page = validate()
    expect(page.get_by_role("heading", name="Furthest off")).to_be_visible()
    panel = page.locator(".bk-Figure").nth(1)
    wait_until_painted(panel)
    panel.scroll_into_view_if_needed()
    box = panel.bounding_box()
    page.mouse.move(box["x"] + 80, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 20, box["y"] + 180, steps=6)
    page.mouse.up()
    expect(page.get_by_role("heading", name=re.compile(r"\d selected"))).to_be_visible()


@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_cut_off_on_a_small_screen(validate, dark):
    page = validate(width=1024, height=768, dark=dark)
    figures = page.locator(".bk-Figure")
    expect(figures).to_have_count(3)
    page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")
    for figure in figures.all():
        wait_until_inside(figure)


SHOW_LIST = """async ([code, items]) => {
  const source = "data:text/javascript," + encodeURIComponent(code);
  const { render } = await import(source);
  document.body.append(render({ model: { items, chosen: "", on() {}, send_msg() {} } }));
}"""


@pytest.mark.parametrize(("count", "searchable"), [(3, False), (44, True)])
def test_a_long_list_of_variables_is_narrowed_by_any_word(new_page, count, searchable):
    page = new_page()
    facts = {
        "description": "Energy",
        "verdict": "good",
        "scores": "",
        "colour": "#000",
        "dash": "",
        "width": 2,
    }
    items = [{"variable": f"v{place}", **facts} for place in range(count - 1)]
    items.append({"variable": "insecure", **facts, "description": "Could not pay a bill"})
    page.evaluate(SHOW_LIST, [VERDICTS.read_text(encoding="utf-8"), items])
    entries, search = page.get_by_role("listitem"), page.get_by_label("Search this list")
    expect(entries).to_have_count(count)
    if not searchable:
        expect(search).to_be_hidden()
        return
    search.fill("BILL pay")
    expect(entries).to_have_count(1)
    search.fill("nothing like it")
    expect(page.get_by_text("No variable has that name.")).to_be_visible()
