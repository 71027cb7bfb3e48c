"""A policy analyst maps two variables together, looks at one place, and at what the donor says."""

import re

import pytest
from looking import wait_until_painted
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


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


def test_two_variables_share_a_map_of_nine_colours(explore):
    page = explore()
    page.get_by_label("Together with").select_option("Electricity use in the year · elec_kwh")
    legend = page.locator(".two-way")
    expect(legend.locator("td")).to_have_count(9)
    expect(legend).to_contain_text("class uncertain in either variable")
    expect(page).to_have_url(re.compile("with=mean%3Aelec_kwh"))
    with page.expect_download() as found:
        page.get_by_role("button", name="SVG").click()
    assert "class uncertain in either variable" in found.value.path().read_text(encoding="utf-8")
    page.get_by_label("Together with").select_option("nothing (one variable)")
    expect(legend).to_have_count(0)


def test_only_one_place_is_looked_at(explore):
    page = explore()
    everywhere = page.get_by_role("list", name="Ranked areas").get_by_role("button")
    expect(everywhere).not_to_have_count(0)
    before = everywhere.count()
    field = page.get_by_label("Only in")
    field.fill("Port Linnet City")
    field.press("Enter")
    expect(page.locator(".map-title")).to_contain_text("Port Linnet City")
    expect(everywhere).not_to_have_count(before)
    assert 0 < everywhere.count() < before


def test_the_donor_alone_is_shown_below_the_fused_map(explore):
    page = explore()
    wait_until_painted(page.locator(".bk-Figure").first)
    page.get_by_role("button", name="Donor", exact=True).click()
    expect(page.get_by_text(re.compile(r"alone, by region: \d+ places"))).to_be_visible()
    expect(page.locator(".bk-Figure")).to_have_count(2)
    wait_until_painted(page.locator(".bk-Figure").nth(1))
    page.get_by_role("button", name="Map", exact=True).click()
    expect(page.locator(".bk-Figure:visible")).to_have_count(1)
