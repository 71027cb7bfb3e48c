"""`harmony places` adds, lists and checks boundaries and spatial tables."""

import geopandas as gpd
import pandas as pd
import pytest
from command_line import Harmony
from shapely import box

from fusion_core.geography.spatial import SpatialTable, write_spatial_table
from fusion_core.surveys import Dictionary, Survey, SurveyDescription, SurveyId
from fusion_core.surveys.model import variable_from_column
from fusion_core.workspace.files import read_json, write_json
from fusion_core.workspace.layout import Workspace


@pytest.fixture
def harmony(tmp_path):
    return Harmony(Workspace.create(tmp_path / "ws").path)


@pytest.fixture
def shapes(tmp_path):
    path = tmp_path / "areas.parquet"
    boxes = [box(-86, 32, -85, 33), box(-85, 32, -84, 33)]
    frame = gpd.GeoDataFrame({"GEOID10": ["0100100", "0100200"]}, geometry=boxes, crs="EPSG:4269")
    frame.to_parquet(path)
    return path


def test_boundaries_in_geoparquet_are_added_with_their_census(harmony, shapes):
    added = harmony.json("places", "add", shapes, "--no-inset")
    assert (added["areas"], added["census"], added["stored"]) == (2, "2010", True)
    refused = harmony.json("places", "add", shapes, code=2)
    assert "has puma boundaries already" in refused["error"]["message"]
    assert harmony.json("places", "list")["boundaries"][0]["census"] == "2010"


def test_a_check_stores_nothing(harmony, shapes):
    assert harmony.json("places", "add", shapes, "--check")["stored"] is False
    assert harmony.json("places", "list") == {"boundaries": [], "tables": [], "contexts": []}


def test_a_table_is_added_with_a_statistic_for_each_column(harmony, shapes, tmp_path):
    harmony("places", "add", shapes)
    file = tmp_path / "states.csv"
    file.write_text("state,price,cars,people\nAlabama,3,10,20\n")
    command = ("places", "add", file, "--level", "state", "--vintage", "2019", "--mean", "price")
    added = harmony.json(*command, "--total", "cars", "--ratio", "each=cars/people")
    assert [item["name"] for item in added["predictors"]] == ["price", "cars", "each"]
    assert added["pumas"] == 2
    assert added["predictors"][0]["coverage"] == {"pumas": 2, "of": 2, "share": 1.0}
    assert "Added" in harmony(*command, "--replace").stdout


def test_a_local_context_is_added_listed_and_removed(harmony, tmp_path):
    household = pd.DataFrame(
        {
            "household_id": ["a", "b"],
            "weight": [1.0, 1.0],
            "density": pd.Categorical(["low", "high"], categories=["low", "high"]),
        }
    )
    variables = [variable_from_column("density", household["density"])]
    described = SurveyDescription(SurveyId("NHTS", "2017"))
    Workspace.open(harmony.workspace).add_survey(
        Survey(described, Dictionary(variables), household)
    )
    file = tmp_path / "block_groups.csv"
    file.write_text(
        "state,county20,tract20,bg20,puma20,pop20,people\n"
        "01,001,000100,1,00100,100,40\n01,001,000100,2,00100,300,700\n"
    )
    command = ("places", "context", "add", file, "--donor", "NHTS_2017", "--variable", "density")
    rest = ("--measure", "people", "--cuts", "100", "--title", "density of the block group")

    checked = harmony.json(*command, *rest, "--check")
    assert (checked["stored"], checked["pumas"], checked["census"]) == (False, 1, "2020")
    assert "Added density" in harmony(*command, *rest).stdout
    assert "already" in harmony.json(*command, *rest, code=2)["error"]["message"]
    assert "not a cut point" in harmony.json(*command, "--cuts", "few", code=2)["error"]["message"]
    (listed,) = harmony.json("places", "context", "list")["contexts"]
    assert harmony.json("places", "list")["contexts"] == [listed]
    assert "density of the block group" in harmony("places", "list").stdout
    assert listed["classes"][1] == {"level": "high", "lower": 100.0, "upper": None}
    assert harmony.json("places", "context", "remove", "density") == {"removed": "density"}
    assert "No local context yet" in harmony("places", "context", "list").stdout


def test_recipes_are_listed_with_how_well_their_layout_is_known(harmony):
    found = {
        item["recipe"]: item["layout"] for item in harmony.json("places", "recipes")["recipes"]
    }
    assert found["irs_soi"] == "from general knowledge"
    assert found["eia_seds"] == "checked"
    (local,) = harmony.json("places", "recipes")["context_recipes"]
    assert local["variable"] == "HBPPOPDN"


def test_tables_stored_before_definitions_and_coverage_are_listed(harmony):
    workspace = Workspace.open(harmony.workspace)
    data = pd.DataFrame({"puma": ["0100100"], "hdd": [1.0]})
    write_spatial_table(workspace, SpatialTable("climate", "Climate", data))
    path = workspace.geography_folder / "predictors" / "climate.json"
    record = read_json(path)
    for entry in ("census", "notes"):
        record.pop(entry)
    write_json(record, path)
    (table,) = harmony.json("places", "list")["tables"]
    assert (table["table"], table["census"], table["notes"]) == ("climate", "", [])
    assert "climate" in harmony("places", "list").stdout


def test_the_check_names_a_table_of_another_census_than_the_boundaries(harmony, shapes):
    harmony("places", "add", shapes)
    workspace = Workspace.open(harmony.workspace)
    data = pd.DataFrame({"puma": ["0100100"], "hdd": [1.0]})
    write_spatial_table(workspace, SpatialTable("climate", "Climate", data, census="2020"))
    (finding,) = harmony.json("places", "check")["findings"]
    assert (
        "holds PUMAs of the 2020 census and the boundaries are those of 2010"
        in (finding["sentence"])
    )
