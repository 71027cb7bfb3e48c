"""An analyst follows an area over the years of a survey, and everybody can read it."""

import shutil

import pytest
from playwright.sync_api import expect
from test_accessibility import violations

from fusion_core.demo import add_later_year
from fusion_core.workspace.layout import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def two_years(demo_source, tmp_path_factory, app_server):
    folder = tmp_path_factory.mktemp("years") / "demo"
    shutil.copytree(demo_source, folder)
    add_later_year(Workspace.open(folder))
    return app_server(folder).url


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_an_area_is_followed_over_the_years(two_years, new_page, dark):
    page = new_page(url=two_years, dark=dark)
    page.goto(f"{two_years}/explore?run=survey:DEMOACS_2023&var=ten")
    expect(page.get_by_label("Legend")).to_be_visible()
    page.get_by_role("button", name="Years", exact=True).click()
    expect(page.get_by_text("Choose an area in the list to follow it")).to_be_visible()
    page.get_by_role("list", name="Ranked areas").get_by_role("button").first.click()
    expect(page.get_by_label("Lines").get_by_role("listitem")).to_have_count(3)
    rows = page.locator("table.years tbody tr").filter(has_text="2023")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("could be chance")
    page.wait_for_timeout(800)
    assert violations(page) == []
    page.reload()
    expect(page.locator("table.years tbody tr").filter(has_text="2023")).to_have_count(2)
