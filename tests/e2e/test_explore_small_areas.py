"""An analyst maps block groups of a city, sees which can be trusted, merges them, and brings own places."""

import re
import shutil

import pytest
from looking import wait_until_painted
from playwright.sync_api import expect

from fusion_core.demo import RECIPIENT
from fusion_core.downscaling import DownscaleRequest, downscale
from fusion_core.geography.boundaries import read_areas
from fusion_core.workspace.layout import Workspace

pytestmark = pytest.mark.browser

CITY = "Port Linnet City"


@pytest.fixture(scope="module")
def allocated(finished_run, tmp_path_factory):
    """The finished run, with the households of a city allocated to its block groups."""
    folder = tmp_path_factory.mktemp("allocated") / "demo"
    shutil.copytree(finished_run.workspace, folder)
    workspace = Workspace.open(folder)
    pumas = read_areas(workspace, "puma")
    inside = pumas.loc[pumas["name"].str.startswith(CITY), "area_id"].astype(str)
    request = DownscaleRequest(
        "city",
        RECIPIENT,
        (folder / "tables" / "block_groups.csv", folder / "tables" / "tracts.csv"),
        folder / "tables" / "constraints.csv",
        pumas=tuple(inside)[:4],
        draws=8,
    )
    return folder, downscale(workspace, request)


@pytest.fixture(scope="module")
def allocated_server(app_server, allocated):
    return app_server(allocated[0])


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 768)])
def test_block_groups_are_hatched_and_merged_until_they_can_be_trusted(
    new_page, allocated_server, finished_run, width, height
):
    page = new_page(width=width, height=height)
    page.goto(
        f"{allocated_server.url}/explore?run={finished_run.run}&var=elec_kwh&stat=mean&by=block_group"
        f"&within={CITY}&hatch=cv:0.12"
    )
    legend = page.get_by_label("Legend")
    expect(legend).to_contain_text(re.compile(r"too uncertain to rely on, CV over 12.% \(\d+.area"))
    wait_until_painted(page.locator(".bk-Figure").first)
    told = page.get_by_role("status").filter(has_text="These block groups have")
    expect(told).to_contain_text(re.compile(r"for a CV of 12 % an area needs about [\d,]+"))
    ranked = page.get_by_role("list", name="Ranked areas").get_by_role("button")
    expect(ranked.first).to_contain_text(re.compile(r"any rank|\d–\d"))
    before = ranked.count()
    page.get_by_label("Merge neighbours until none is hatched").check()
    expect(told).to_contain_text("were merged with neighbours")
    expect(page).to_have_url(re.compile("merge=yes"))
    assert ranked.count() < before
    ranked.first.click()
    expect(page.get_by_text(re.compile("sure it lies between")).first).to_be_visible()


def test_places_of_ones_own_are_a_map(new_page, allocated_server, allocated, finished_run):
    tracts = sorted({area[:11] for area in allocated[1].puma_of_areas()})
    half = len(tracts) // 2
    rows = [f"{area},{'North' if place < half else 'South'}" for place, area in enumerate(tracts)]
    content = "\n".join(["area,place", *rows]).encode()
    page = new_page()
    page.goto(
        f"{allocated_server.url}/explore?run={finished_run.run}&var=insecure&stat=share&level=Yes"
    )
    expect(page.get_by_label("Legend")).to_be_visible()
    page.get_by_role("button", name="Add places of your own").click()
    expect(page.get_by_text("File of places")).to_be_visible()
    page.locator("input[type=file]").set_input_files(
        {"name": "valley.csv", "mimeType": "text/csv", "buffer": content}
    )
    expect(page.get_by_text("Upload complete").first).to_be_visible()
    page.get_by_label("Name of the places").fill("valley")
    page.get_by_label("Name of the places").press("Enter")
    page.get_by_role("button", name="Keep and map").click()
    expect(page).to_have_url(re.compile("by=places%3Avalley"))
    ranked = page.get_by_role("list", name="Ranked areas").get_by_role("button")
    expect(ranked).to_have_count(2)
    expect(ranked.filter(has_text="North")).to_have_count(1)
