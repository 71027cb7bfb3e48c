"""PUMAs of one census are never drawn on the boundaries of another, and nothing is left out silently."""

import dataclasses

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from fusion_core.errors import InputError
from fusion_core.geography.boundaries import MAP_CRS, import_boundaries, read_areas, write_areas
from fusion_core.geography.definitions import (
    boundary_census,
    census_of_year,
    check_definitions,
    check_table_definition,
    survey_censuses,
    without_boundaries,
)
from fusion_core.surveys.model import SurveyDescription, SurveyId
from fusion_core.surveys.storage import read_description, write_description
from fusion_core.workspace.layout import Workspace


@pytest.fixture
def workspace(tmp_path):
    return Workspace.create(tmp_path / "w", title="Areas")


def store(workspace, census=""):
    areas = gpd.GeoDataFrame(
        {"area_id": ["0100100", "0100200"], "name": ["North", "South"]},
        geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)],
        crs=MAP_CRS,
    )
    write_areas(workspace, areas.assign(census=census) if census else areas)


def described(name="ACS", vintage="2019", **changes):
    return dataclasses.replace(SurveyDescription(SurveyId(name, vintage)), **changes)


@pytest.mark.parametrize(
    ("year", "census"),
    [(2006, "2000"), (2011, "2000"), (2012, "2010"), (2021, "2010"), (2022, "2020")],
)
def test_the_acs_changed_its_pumas_in_2012_and_2022(year, census):
    assert census_of_year(year) == census


@pytest.mark.parametrize(
    ("description", "known"),
    [
        (described(vintage="2006-2010"), ("2000",)),
        (described(vintage="2017-2021"), ("2010",)),
        (described(vintage="2018-2022"), ()),
        (described(vintage="2019-2023", puma_censuses=("2020",)), ("2020",)),
        (described(name="CENSUS"), ()),
        (described(synthetic=True), ()),
    ],
)
def test_the_definition_is_what_the_reader_found_or_the_years_tell(description, known):
    assert survey_censuses(description) == known


def test_equal_codes_of_another_census_are_refused_in_a_sentence(workspace):
    store(workspace, "2010")
    with pytest.raises(
        InputError, match=r"2006-2010 holds PUMAs of the 2000 census.*those of 2010"
    ):
        check_definitions(workspace, described(vintage="2006-2010"), "puma")
    assert check_definitions(workspace, described(), "puma") == ""
    assert check_definitions(workspace, described(vintage="2006-2010"), "state") == ""


def test_two_definitions_in_one_column_are_refused(workspace):
    store(workspace, "2010")
    mixed = described(vintage="2018-2022", puma_censuses=("2020", "2010"))
    with pytest.raises(InputError, match="of the 2020 and 2010 censuses in one column"):
        check_definitions(workspace, mixed, "puma")


def test_an_unknown_definition_is_said_to_be_unknown(workspace):
    store(workspace)
    assert "the boundaries show is unknown" in check_definitions(workspace, described(), "puma")
    store(workspace, "2010")
    other = described(name="OTHER")
    assert "OTHER 2019 does not say which census defined its PUMAs" in check_definitions(
        workspace, other, "puma"
    )


def test_an_invented_place_has_no_census(workspace):
    store(workspace, "2010")
    assert check_definitions(workspace, described(synthetic=True), "puma") == ""


def test_boundaries_remember_the_census_their_columns_name(workspace, tmp_path):
    source = gpd.GeoDataFrame(
        {"GEOID20": ["0100100"], "NAMELSAD20": ["North"]},
        geometry=[box(-87, 32, -86, 33)],
        crs="EPSG:4269",
    )
    source.to_file(tmp_path / "areas.gpkg")
    write_areas(workspace, import_boundaries(tmp_path / "areas.gpkg"))
    assert boundary_census(workspace) == "2020"
    write_areas(workspace, import_boundaries(tmp_path / "areas.gpkg", census="2010"))
    assert boundary_census(workspace) == "2010"


def test_the_definition_is_stored_with_the_survey(tmp_path):
    (tmp_path / "s").mkdir()
    write_description(described(puma_censuses=("2000",)), tmp_path / "s")
    assert read_description(tmp_path / "s").puma_censuses == ("2000",)


def test_areas_without_boundaries_are_counted_and_named(workspace):
    store(workspace)
    areas = read_areas(workspace)
    found = pd.Series(["0100100", "0100200", "0100300", "0100400", None])
    assert without_boundaries(found, areas, "puma") == (
        "2 of 4 PUMAs have no boundaries and are not drawn: 0100300, 0100400."
    )
    assert without_boundaries(found[:2], areas, "puma") == ""
    assert without_boundaries(["North", "South"], areas, "region") == "", "known by name"
    many = [f"02{place:05d}" for place in range(8)]
    assert without_boundaries(many, areas, "puma").endswith("and 3 more.")


def test_a_spatial_table_of_another_census_is_refused_and_an_unknown_one_is_not():
    survey = SurveyDescription(SurveyId("ACS", "2022"))
    check_table_definition("2020", survey, table="climate")
    check_table_definition("", survey, table="climate")
    with pytest.raises(InputError, match="'climate' holds PUMAs of the 2010 census and ACS 2022"):
        check_table_definition("2010", survey, table="climate")


def test_states_by_label_have_the_boundaries_that_are_stored_by_code():
    areas = pd.DataFrame({"area_id": ["01", "02"], "name": ["Alabama", "Alaska"]})
    assert without_boundaries(["Alabama/AL", "AK", "2"], areas, "state") == ""
    assert "1 of 2 states have no boundaries" in without_boundaries(["AL", "WY"], areas, "state")
