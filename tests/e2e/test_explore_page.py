"""A policy analyst answers questions on the Explore page."""

import re

import pandas as pd
import pytest
from looking import wait_until_inside, wait_until_painted
from playwright.sync_api import expect

from fusion_core.estimates import Statistic
from fusion_core.estimates.runs.estimate_run import area_estimates
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import open_run

pytestmark = pytest.mark.browser

SHARE = Statistic("share", "insecure", level="Yes")


@pytest.fixture
def explore(finished_server, finished_run, new_page):
    """Open the page with the share of energy-insecure households."""

    def open_page(query: str = "", **options):
        page = new_page(url=finished_server.url, **options)
        page.goto(
            f"{finished_server.url}/explore?run={finished_run.run}&var=insecure&stat=share&level=Yes{query}"
        )
        expect(page.get_by_label("Legend")).to_be_visible()
        return page

    return open_page


@pytest.fixture(scope="module")
def estimates(finished_run) -> pd.DataFrame:
    workspace = Workspace.open(finished_run.workspace)
    frame = area_estimates(workspace, open_run(workspace, finished_run.run), SHARE)
    return frame.sort_values("estimate", ascending=False, ignore_index=True)


def ranking(page):
    return page.get_by_role("list", name="Ranked areas").get_by_role("button")


def test_the_three_highest_areas_and_how_sure_we_are(explore, estimates):
    page = explore()
    for place in range(3):
        row = estimates.iloc[place]
        button = ranking(page).nth(place)
        expect(button).to_have_attribute("data-area", row["puma"])
        expect(button).to_contain_text(f"{row['estimate'] * 100:.1f}")
        sure = f"between {row['lower'] * 100:.1f} and {row['upper'] * 100:.1f}"
        assert sure in button.get_attribute("title").replace("\N{NO-BREAK SPACE}", " ")
    expect(ranking(page)).to_have_count(len(estimates))
    told = re.compile("not distinguishable from the first|The order is not known")
    expect(page.get_by_text(told).first).to_be_visible()
    expect(ranking(page).nth(0).locator(".ranks")).to_contain_text(re.compile("1|any rank"))


def test_an_area_is_chosen_compared_and_let_go(explore, estimates):
    page = explore()
    highest, lowest = estimates["puma"].iloc[0], estimates["puma"].iloc[-1]
    ranking(page).nth(0).click()
    expect(page.get_by_text("90 % sure it lies between")).to_be_visible()
    expect(page.get_by_text("Estimate in each of 5 implicates")).to_be_visible()
    expect(page.get_by_text("True value (demo)")).to_be_visible()
    page.locator(f'button[data-area="{lowest}"]').click(modifiers=["Shift"])
    found = page.locator(".verdict")
    pairs = len(estimates) * (len(estimates) - 1) // 2
    expect(found).to_contain_text(f"allowing for its choice among {pairs:,} comparisons")
    expect(found).not_to_contain_text("real")
    expect(page).to_have_url(re.compile(f"area={highest}%2C{lowest}"))
    page.get_by_role("button", name="✕").click()
    expect(found).to_be_hidden()


def test_a_click_on_the_map_opens_the_area(explore):
    page = explore()
    figure = page.locator(".bk-Figure")
    wait_until_painted(figure)
    frame = figure.bounding_box()
    middle = (frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2)
    page.mouse.move(*middle)
    page.mouse.click(*middle)
    expect(page.get_by_text("of the uncertainty comes from fusion")).to_be_visible()


def test_the_map_toggles_between_estimate_margin_and_cv(explore):
    page = explore()
    legend = page.get_by_label("Legend")
    estimate = legend.inner_text()
    page.get_by_role("button", name="± MOE").click()
    expect(legend).not_to_have_text(estimate)
    margin = legend.inner_text()
    page.get_by_role("button", name="CV", exact=True).click()
    expect(legend).not_to_have_text(margin)
    expect(page).to_have_url(re.compile("show=cv"))
    page.get_by_role("button", name="Estimate", exact=True).click()
    expect(legend).to_have_text(re.compile(re.escape(estimate.split("\n")[0])))


def test_a_bad_filter_is_told_at_its_field_and_a_good_one_narrows(explore):
    page = explore()
    field = page.get_by_label("and for whom")
    field.fill("__import__('os')")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    field.fill("hincp < 40000")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(page.locator(".map-subtitle")).to_contain_text("among households where hincp < 40000")


def test_table_method_and_download(explore):
    page = explore()
    page.get_by_role("button", name="Table", exact=True).click()
    expect(page.locator(".tabulator-row").first).to_be_visible()
    page.get_by_role("button", name="Method", exact=True).click()
    expect(page.get_by_role("heading", name="How not to use these estimates")).to_be_visible()
    page.get_by_role("button", name="Map", exact=True).click()
    with page.expect_download() as found:
        page.get_by_text("CSV", exact=True).click()
    text = found.value.path().read_text(encoding="utf-8")
    assert "# Run: " in text
    with page.expect_download() as found:
        page.get_by_role("button", name="PNG").click()
    assert found.value.path().read_bytes().startswith(b"\x89PNG")


def test_another_variable_keeps_the_page_usable(explore):
    page = explore()
    page.get_by_label("Variable", exact=True).select_option(
        "Electricity use in the year · elec_kwh"
    )
    expect(page.get_by_role("heading", name="Electricity use in the year")).to_be_visible()
    page.get_by_label("Show").select_option("share of households above …")
    expect(page.locator(".map-subtitle")).to_contain_text("Share of households above")


def test_the_survey_alone_needs_no_run(finished_server, new_page):
    page = new_page()
    page.goto(f"{finished_server.url}/explore?run=survey:DEMOACS_2022&var=ten")
    expect(page.get_by_label("Legend")).to_be_visible()
    expect(page.get_by_text("Survey estimates: 80 replicate weights")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_cut_off_on_a_small_screen(explore, dark):
    page = explore(width=1024, height=768, dark=dark)
    ranking(page).nth(0).click()
    expect(page.get_by_text("90 % sure it lies between")).to_be_visible()
    page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")
    for label in ("Estimates from", "Classes by", "Hatch areas when"):
        field = page.get_by_label(label)
        field.scroll_into_view_if_needed()  # the column is longer than the window, and scrolls
        wait_until_inside(field)
