"""Tables may name counties by words; those of the workspace's boundaries say their codes."""

import pandas as pd
import pytest
from shapely.geometry import box

from fusion_core.errors import InputError
from fusion_core.geography.aggregation import AreaColumn
from fusion_core.geography.boundaries import write_areas
from fusion_core.places.files import find_unnamed_key
from fusion_core.places.tables import TableRequest, make_table
from fusion_core.workspace.layout import Workspace

COUNTIES = {"17031": "Cook", "55025": "Dane", "22033": "East Baton Rouge"}


@pytest.fixture
def workspace(tmp_path):
    import geopandas as gpd

    created = Workspace.create(tmp_path / "w", title="")
    areas = gpd.GeoDataFrame(
        {"area_id": list(COUNTIES), "name": list(COUNTIES.values())},
        geometry=[box(place, 0, place + 1, 1) for place in range(3)],
        crs="EPSG:5070",
    )
    write_areas(created, areas, "county")
    return created


@pytest.fixture
def crosswalk(tmp_path):
    path = tmp_path / "crosswalk.csv"
    path.write_text(
        "state,county20,tract20,pop20,puma20\n17,031,000100,100,03101\n55,025,000100,300,00101\n"
        "22,033,000100,50,01500\n"
    )
    return path


def made(workspace, crosswalk, tmp_path, text):
    path = tmp_path / "table.csv"
    path.write_text(text)
    request = TableRequest(
        path=path,
        level="county",
        vintage="2019",
        columns=(AreaColumn("price", "price"),),
        crosswalks=(crosswalk,),
    )
    return make_table(workspace, request)


@pytest.mark.parametrize(
    "text",
    [
        'area,price\n"Cook County, Illinois",5\n"Dane County, WI",7\n"East Baton Rouge Parish, LA",9\n',
        "state,county,price\nIL,Cook County,5\nWisconsin,Dane,7\nLA,East Baton Rouge Parish,9\n",
        (
            "state_name,county_name,price\nIllinois,Cook County,5\nWisconsin,Dane,7\n"
            "Louisiana,East Baton Rouge,9\n"
        ),
        "GEOID,price\n17031,5\n55025,7\n22033,9\n",
    ],
)
def test_names_and_codes_lead_to_the_same_predictors(workspace, crosswalk, tmp_path, text):
    table = made(workspace, crosswalk, tmp_path, text)
    found = dict(zip(table.data["puma"], table.data["price"], strict=True))
    assert found == {"1703101": 5.0, "5500101": 7.0, "2201500": 9.0}


def test_it_is_said_how_many_were_found_by_name(workspace, crosswalk, tmp_path):
    text = 'area,price\n"Cook County, Illinois",5\n"Dane County, WI",7\n'
    assert any(
        "2 counties were found by their names in 'area'" in note
        for note in made(workspace, crosswalk, tmp_path, text).notes
    )


def test_a_name_nobody_knows_is_reported_with_its_row(workspace, crosswalk, tmp_path):
    text = 'county,price\n"Cook County, Illinois",5\n"Dane County, WI",7\n"Dame County, WI",7\n'
    with pytest.raises(InputError, match=r"Dame County, WI.*row 4.*county boundaries"):
        made(workspace, crosswalk, tmp_path, text)


def test_without_boundaries_it_is_said_where_the_codes_come_from(tmp_path, crosswalk):
    bare = Workspace.create(tmp_path / "bare", title="")
    text = 'county,price\n"Cook County, Illinois",5\n'
    with pytest.raises(InputError, match="add county boundaries first"):
        made(bare, crosswalk, tmp_path, text)


def test_a_column_of_different_whole_codes_is_the_key_whatever_its_name():
    frame = pd.DataFrame({"NOTE": ["x", "y"], "COMPID": ["100100", "4200101"], "POP": ["5", "7"]})
    key = find_unnamed_key(frame.astype("category"), "puma")
    assert key is not None
    assert (key.columns, key.codes.codes.tolist()) == (("COMPID",), ["0100100", "4200101"])


@pytest.mark.parametrize("values", [["100100", "100100"], ["100100", "x"], ["9900100", "100100"]])
def test_a_column_with_repeated_or_wrong_codes_is_no_key(values):
    frame = pd.DataFrame({"COMPID": values}).astype("category")
    assert find_unnamed_key(frame, "puma") is None
