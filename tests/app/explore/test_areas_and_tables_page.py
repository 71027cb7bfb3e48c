"""Counties put together of PUMAs, and an independent table as a layer of the map."""

import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

from fusion_core.estimates import Statistic
from fusion_core.estimates.places import estimates_by_shares
from fusion_core.estimates.runs import EstimateCache
from fusion_core.geography.boundaries import MAP_CRS, read_areas, write_areas
from fusion_core.geography.location import write_intersections
from fusion_core.workspace.independent_tables import StoredTable, keep_table, stored_tables
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import open_run
from harmony_app.explore.data.catalogue import read_catalogue
from harmony_app.explore.data.estimates import Estimator
from harmony_app.explore.page import ExplorePage
from harmony_app.shell.session import Session

COLD = Statistic("count", "cold", level="Yes")
COUNTIES = {"01001": "West", "01003": "Middle", "01005": "East"}


@pytest.fixture(scope="module")
def with_counties(mapped_workspace, tmp_path_factory):
    """Three counties side by side; the first border cuts a PUMA in two."""
    folder = tmp_path_factory.mktemp("counties") / "w"
    shutil.copytree(mapped_workspace.workspace.path, folder)
    workspace = Workspace.open(folder)
    pumas = sorted(read_areas(workspace)["area_id"])
    rows = [(pumas[0], "01001", 1.0), (pumas[1], "01001", 0.5), (pumas[1], "01003", 0.5)]
    rows += [(pumas[2], "01003", 1.0), (pumas[3], "01005", 1.0), (pumas[5], "01005", 1.0)]
    write_intersections(
        workspace, "county", pd.DataFrame(rows, columns=["puma", "county", "share"])
    )
    squares = [box(place * 1000, 0, place * 1000 + 1000, 1000) for place in range(3)]
    frame = pd.DataFrame({"area_id": list(COUNTIES), "name": list(COUNTIES.values())})
    write_areas(workspace, gpd.GeoDataFrame(frame, geometry=squares, crs=MAP_CRS), "county")
    run = open_run(workspace, mapped_workspace.run)
    found = estimates_by_shares(workspace, run, COLD, "county")
    counted = pd.DataFrame(
        {"geoid": found["county"], "homes": (found["estimate"] * [1.5, 1.0, 0.5]).round(3)}
    ).astype(str)
    kept = StoredTable("homes", "county", "homes.csv", "homes", COLD.short)
    keep_table(workspace, kept, counted, ("geoid", "homes", ""))
    return workspace


@pytest.fixture
def make_page(with_counties):
    def make(**query: str) -> ExplorePage:
        session = Session(with_counties, "ann", "light", query)
        estimator = Estimator(with_counties, EstimateCache())
        return ExplorePage(session, read_catalogue(with_counties), estimator)

    return make


def test_counties_are_offered_and_say_how_much_is_allocated(make_page):
    page = make_page()
    page.controls.area_kind.value = "county"
    table = page._answer.table
    assert table["name"].tolist() == ["West, AL", "Middle, AL", "East, AL"]
    assert table["allocated"].iloc[2] == 0
    assert 0 < table["allocated"].iloc[0] < 1
    assert "The border of 2 of 3 cuts PUMAs" in page.centre.notes.object
    assert "Put together of PUMAs" in page.note.text()
    assert [item["ranks"] for item in page.side.ranked.items] != ["", "", ""]


def test_counties_are_compared_and_their_implicates_shown(make_page):
    page = make_page(by="county", area="01001,01005")
    assert "Do they differ?" in page.side.comparison.object
    assert "Estimate in each of 6 implicates" in page.side.card.object
    page.choose_area("01003")
    assert "of PUMAs its border cuts" in page.side.card.object
    assert not page.side.breakdown.visible
    page.side.against.value = "all"
    assert "all areas together" in page.side.comparison.object


def test_the_answer_sheet_speaks_of_a_county_and_ranks_counties(make_page):
    page = make_page(by="county")
    answer = page._answer
    sheet = page._estimator.sheet(page.source, answer.request, answer.table, "01001")
    assert "West, AL" in sheet.question
    assert len(sheet.rows) == 3
    row = answer.table.iloc[0]
    assert sheet.figure.startswith(f"{100 * row['estimate']:.1f} %")


def test_a_median_of_counties_is_refused_in_a_sentence(make_page):
    page = make_page(by="county", var="kwh", stat="median")
    assert (
        "A median cannot be computed for areas that cut through PUMAs" in page.centre.status.object
    )


def test_a_table_brings_its_areas_and_what_it_holds(make_page):
    page = make_page()
    page.controls.table.value = "homes"
    state = page.state
    assert (state.area_kind, state.kind, state.variable) == ("county", "count", "cold")
    assert state.measure == "difference"
    assert list(page.centre.measure.options)[-2:] == ["Their value", "Difference"]
    np.testing.assert_allclose(
        page._answer.table["difference"] / page._answer.table["external"], [-1 / 3, 0, 1], atol=1e-4
    )
    assert "rank correlation" in page.centre.findings.object
    assert "less" in page.centre.legend.object
    assert "Independent table" in page.centre.map._source.data["interval"][0]
    assert "homes (homes.csv)" in page.note.text()
    assert "Estimate minus homes (homes.csv)" in page.files.figure()


def test_another_statistic_than_the_table_holds_is_compared_by_rank_alone(make_page):
    page = make_page(by="county", var="kwh", stat="mean", against_table="homes", show="difference")
    assert "places higher" in page.centre.legend.object
    assert "Altogether" not in page.centre.findings.object
    assert "rank" in page.centre.map._source.data["interval"][0]


def test_a_table_stands_beside_what_the_recipient_answered_itself(make_page):
    page = make_page(by="county", var="hincp", stat="mean", against_table="homes")
    assert page.source.is_fused
    alone = make_page(
        run="survey:CENSUS_2021", by="county", var="hincp", stat="mean", against_table="homes"
    )
    shown = [item._answer.table[["estimate", "external", "rank"]] for item in (page, alone)]
    pd.testing.assert_frame_equal(*shown)
    assert page._answer.table["external"].notna().all()


def test_other_areas_let_the_table_go(make_page):
    page = make_page(by="county", against_table="homes", show="table")
    page.controls.area_kind.value = "puma"
    assert (page.state.table, page.state.measure) == ("", "estimate")
    assert page.centre.findings.object == ""


def test_a_table_that_is_not_there_is_named(make_page):
    page = make_page(against_table="homse")
    assert "homse" in page.centre.status.object


def test_a_kept_table_is_called_something_else_and_links_stay(make_page):
    page = make_page(against_table="homes", by="county", show="difference")
    care = page.controls.kept_tables
    care.rename.clicks += 1
    assert care.title.value == "homes (homes.csv)"
    care.title.value = "Homes counted"
    assert "Homes counted" in page.controls.table.options
    assert page.state.table == "homes"
    assert "Homes counted" in page.note.text()
    care.rename.clicks += 1
    care.title.value = ""
    assert "homes (homes.csv)" in page.controls.table.options


def test_a_kept_table_is_removed_and_put_back(make_page, with_counties):
    page = make_page(against_table="homes", by="county", show="difference")
    care = page.controls.kept_tables
    before = stored_tables(with_counties)
    care.remove.clicks += 1
    assert (page.state.table, page.state.measure) == ("", "estimate")
    assert list(page.controls.table.options.values()) == [""]
    assert "Removed “homes (homes.csv)”" in care.message.object
    assert stored_tables(with_counties) == ((), ())
    care.undo.clicks += 1
    assert stored_tables(with_counties) == before
    assert not care.undo.visible
    page.controls.table.value = "homes"
    assert page.state.measure == "difference"
    assert not care.message.visible
