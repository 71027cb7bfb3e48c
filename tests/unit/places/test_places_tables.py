"""Tables of areas become predictors of PUMAs, or a sentence says why not."""

import dataclasses
import re
from pathlib import Path

import pandas as pd
import pytest

from fusion_core.errors import ConflictError, InputError
from fusion_core.geography.aggregation import AreaColumn
from fusion_core.geography.spatial import read_spatial_tables
from fusion_core.places.files import inspect_area_table
from fusion_core.places.recipes import find_recipe, read_recipe, recipe_names
from fusion_core.places.tables import TableRequest, add_table, make_table
from fusion_core.surveys import Dictionary, Survey, SurveyDescription, SurveyId, Variable
from fusion_core.surveys.model import variable_from_column
from fusion_core.workspace.layout import Workspace


@pytest.fixture
def workspace(tmp_path):
    return Workspace.create(tmp_path / "workspace")


def recipient(vintage="2022"):
    household = pd.DataFrame(
        {
            "household_id": ["a", "b", "c", "d"],
            "weight": [1.0, 3.0, 2.0, 4.0],
            "puma": ["0100100", "0100100", "0100200", "0200100"],
            "rooms": [2.0, 6.0, 5.0, 3.0],
            "fuel": pd.Categorical(["gas", "oil", "gas", "gas"]),
        }
    )
    variables = [
        Variable("household_id", role="key"),
        Variable("weight", type="continuous", role="weight"),
        Variable("puma", role="geography"),
        variable_from_column("rooms", household["rooms"], description="Rooms"),
        variable_from_column("fuel", household["fuel"], description="Fuel"),
    ]
    description = SurveyDescription(SurveyId("ACS", vintage), geography=("puma",))
    return Survey(description, Dictionary(variables), household)


def written(path: Path, text: str) -> Path:
    path.write_text(text.replace(" ", ""), encoding="utf-8")
    return path


@pytest.fixture
def tracts(tmp_path):
    return written(
        tmp_path / "tracts.csv",
        "tract20,price\n01001000100,1\n01001000200,3\n01001000300,\n",
    )


@pytest.fixture
def crosswalk(tmp_path):
    return written(
        tmp_path / "crosswalk.csv",
        "state,county20,tract20,pop20,puma20\n"
        "01,001,000100,100,00100\n01,001,000200,300,00100\n01,001,000300,600,00200\n",
    )


def request(path, **changes):
    given = {
        "level": "tract",
        "vintage": "2019",
        "columns": (AreaColumn("price", "price"),),
    }
    return TableRequest(path=path, **(given | changes))


def test_a_table_of_tracts_is_stored_as_predictors_with_all_that_was_found(
    workspace, tracts, crosswalk
):
    add_table(workspace, request(tracts, crosswalks=(crosswalk,)))
    (table,) = read_spatial_tables(workspace)
    assert table.name == "tracts"
    assert table.census == "2020"
    assert table.vintage == "2019"
    assert table.data["puma"].tolist() == ["0100100", "0100200"]
    assert table.data["price"].iloc[0] == pytest.approx(2.5)
    assert table.made["price"] == "mean over tracts, weighed by population"
    assert table.coverage["price"].share == pytest.approx(0.4)
    assert table.notes == ("Values for 1 of 2 PUMAs with 40.0 % of the population.",)


def test_a_table_of_the_same_name_is_replaced_only_on_demand(workspace, tracts, crosswalk):
    asked = request(tracts, crosswalks=(crosswalk,))
    add_table(workspace, asked)
    with pytest.raises(ConflictError, match="has a spatial table 'tracts' already"):
        add_table(workspace, asked)
    add_table(workspace, asked, may_replace=True)


def test_states_in_any_writing_reach_the_pumas_of_the_recipient(workspace, tmp_path):
    workspace.add_survey(recipient())
    path = tmp_path / "states.csv"
    path.write_text("state,price,homes\nAlabama/AL,5,60\nAK,7,40\n", encoding="utf-8")
    columns = (AreaColumn("price", "price"), AreaColumn("homes", "homes", "total"))
    table = make_table(workspace, request(path, level="state", columns=columns))
    assert table.data["price"].tolist() == [5.0, 5.0, 7.0]
    assert table.data["homes"].tolist() == pytest.approx([40.0, 20.0, 40.0])
    assert table.census == "2020"


def test_pumas_of_another_census_are_told_by_their_codes(workspace, tmp_path):
    def named(first, last):
        return pd.DataFrame({"household_id": [f"{n:02}" for n in range(first, last)]}).assign(
            weight=1.0, puma=[f"01{n:05}" for n in range(first, last)]
        )

    told = recipient()
    answers = {"rooms": 2.0, "fuel": pd.Categorical(["gas"] * 20, ["gas", "oil"])}
    workspace.add_survey(dataclasses.replace(told, household=named(0, 20).assign(**answers)))
    columns = (AreaColumn("price", "price"),)

    def table(first, last):
        file = tmp_path / "pumas.csv"
        named(first, last).assign(price=1.0)[["puma", "price"]].to_csv(file, index=False)
        return request(file, level="puma", columns=columns)

    with pytest.raises(InputError) as caught:
        make_table(workspace, table(10, 40))
    assert "20 of the table's 30 PUMAs are none of the 2020 census" in caught.value.message
    assert "10 of the 20 PUMAs of" in caught.value.message
    # A part of the areas, or more of them, is no other census.
    assert len(make_table(workspace, table(0, 8)).data)
    assert len(make_table(workspace, table(0, 40)).data)


def test_a_table_says_itself_what_its_rows_are_about(workspace, tmp_path):
    workspace.add_survey(recipient())
    path = written(tmp_path / "states.csv", "state,price,kind\nAL,5,a\nAK,7,b\n")
    asked = request(path, level="", columns=(AreaColumn("price", "price"),))
    assert "The rows are read as states, by state." in make_table(workspace, asked).notes
    with pytest.raises(InputError, match="among: price, kind"):
        make_table(workspace, request(path, level="", columns=()))
    unknown = written(tmp_path / "places.csv", "place,price\nhere,5\n")
    with pytest.raises(InputError, match="Give the level: block_group, tract"):
        make_table(workspace, request(unknown, level=""))


def test_columns_are_offered_with_what_would_be_made_of_them(tmp_path):
    path = written(
        tmp_path / "t.csv",
        "GEOID20,name,pop,homes,jobs2019,price,rural\n"
        "01001000100,Tract 1,5,2,7,3.5,yes\n01001000200,Tract 2,6,3,8,4.5,no\n",
    )
    found = inspect_area_table(path)
    assert (found.level, found.census, found.key) == ("tract", "2020", ("GEOID20",))
    expected = {"pop": "total", "homes": "total", "price": "mean", "rural": "mode"}
    assert {name: found.columns[name] for name in expected} == expected


def test_the_recipient_summarizes_itself(workspace):
    workspace.add_survey(recipient())
    table = make_table(workspace, TableRequest(recipe="acs_pums"))
    data = table.data.set_index("puma")
    assert data.loc["0100100", "rooms_mean"] == pytest.approx(5.0)
    assert data.loc["0100100", "fuel_1_gas"] == pytest.approx(0.25)
    assert table.census == "2020"
    assert table.columns["fuel_2_oil"] == "Fuel: oil"


def test_pumas_of_another_census_than_the_surveys_are_refused(workspace, tmp_path):
    workspace.add_survey(recipient("2022"))
    path = written(tmp_path / "pumas.csv", "puma,price\n0100100,1\n")
    with pytest.raises(InputError, match="PUMAs of the 2010 census and the surveys those of 2020"):
        make_table(workspace, request(path, level="puma", census="2010"))


def test_codes_no_crosswalk_knows_are_counted_with_their_place(workspace, tmp_path, crosswalk):
    path = written(tmp_path / "some.csv", "tract,price\n01001000100,1\n01001000900,2\n")
    table = make_table(workspace, request(path, crosswalks=(crosswalk,)))
    assert any(
        "1 of 2 tracts are not in crosswalk.csv and were left out: 01001000900" in note
        and "some.csv, column 'tract', row 3" in note
        for note in table.notes
    )


@pytest.mark.parametrize(
    ("text", "changes", "says"),
    [
        ("puma,price\n00100,1\n", {"level": "puma"}, r"lacks its state.*column 'puma', row 2"),
        ("puma,price\n9900100,1\n", {"level": "puma"}, r"not a known PUMA.*'puma', row 2"),
        ("tract,price\n99001000100,1\n", {}, r"no state has the code 99.*'tract', row 2"),
        ("tract,price\n01001000100,1\n,2\n", {}, r"identifier.*is missing.*row 3"),
        ("tract,price\n01001000100,1\n01001000100,2\n", {}, r"more than one row.*row 3"),
        ("tract,price\n01001000100,cheap\n", {}, r"'cheap' is not a number.*'price', row 2"),
        ("tract,price\n01001000900,1\n", {}, r"None of the 1 tracts is in crosswalk.csv"),
        ("tract,price\n01001000100,1\n", {"vintage": ""}, "The years the numbers describe"),
        ("tract,price\n01001000100,1\n", {"vintage": "2019-2015"}, "ends before it begins"),
        ("tract,price\n01001000100,1\n", {"vintage": "lately"}, "'lately' is not a vintage"),
        ("tract,price\n01001000100,1\n", {"crosswalks": ()}, "needs a crosswalk to PUMAs"),
        ("tract,price\n01001000100,1\n", {"columns": ()}, "No columns are named"),
        ("tract,price\n01001000100,1\n", {"census": "2010"}, "No crosswalk leads from 2010 tracts"),
        ("place,price\nhere,1\n", {}, "No column looks like the code of a tract"),
        (
            "tract,price,w\n01001000100,1,-2\n",
            {"columns": (AreaColumn("price", "price", weight="w"),)},
            r"weight is negative.*column 'w', row 2",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence_and_nothing_is_stored(
    workspace, crosswalk, text, changes, says
):
    path = written(crosswalk.parent / "wrong.csv", text)
    with pytest.raises(InputError) as caught:
        add_table(workspace, request(path, **({"crosswalks": (crosswalk,)} | changes)))
    assert re.search(says, caught.value.message, re.DOTALL), caught.value.message
    assert "\n" not in caught.value.message
    assert read_spatial_tables(workspace) == []
    assert not list(workspace.geography_folder.rglob("*wrong*"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tract20,puma20,state,pop20\n01001000100,00100,01,-5\n", r"negative.*'pop20', row 2"),
        ("tract20,puma20,pop20\n01001000100,00100,5\n", r"two kinds of areas|lacks its state"),
        ("tract20,puma20,pop20\n01001000100,0100100,\n", r"weight is missing.*row 2"),
        (
            "tract20,puma20,pop20\n01001000100,0100100,1\n01001000100,0100100,2\n",
            "occurs more than once",
        ),
        ("a,b\n1,2\n", "do not name two kinds of areas"),
    ],
)
def test_a_wrong_crosswalk_is_refused_with_its_place(workspace, tmp_path, tracts, text, says):
    path = written(tmp_path / "walk.csv", text)
    with pytest.raises(InputError) as caught:
        make_table(workspace, request(tracts, crosswalks=(path,)))
    assert re.search(says, caught.value.message, re.DOTALL), caught.value.message


def test_geocorr_files_have_a_second_header_row(workspace, tmp_path):
    walk = tmp_path / "geocorr.csv"
    walk.write_text(
        "zcta,state,puma22,pop20,afact\n"
        '"ZIP census tabulation area","State code","PUMA (2022)","Total population","factor"\n'
        "36003,01,00100,10,0.4\n36003,01,00200,15,0.6\n",
        encoding="utf-8",
    )
    path = written(tmp_path / "zips.csv", "zip,rate\n36003,2\n")
    asked = request(
        path, level="zip", columns=(AreaColumn("rate", "rate", "total"),), crosswalks=(walk,)
    )
    table = make_table(workspace, asked)
    assert table.data["rate"].tolist() == pytest.approx([0.8, 1.2])
    assert table.census == "2020"


def test_years_of_a_range_are_averaged_and_a_missing_year_is_refused(workspace, tmp_path):
    workspace.add_survey(recipient())
    path = tmp_path / "seds.csv"
    path.write_text(
        "State,MSN,year,usd_per_mmbtu\n"
        "AL,ESRCD,2018,30\nAL,ESRCD,2019,40\nAK,ESRCD,2018,50\nAK,ESRCD,2019,0\nUS,ESRCD,2019,9\n",
        encoding="utf-8",
    )
    asked = TableRequest(path=path, recipe="eia_seds", vintage="2018-2019")
    table = make_table(workspace, asked)
    assert table.data["electricity_price"].tolist() == [35.0, 35.0, 50.0]
    with pytest.raises(InputError, match=r"no rows of 2020 .*It holds 2018 to 2019"):
        make_table(workspace, TableRequest(path=path, recipe="eia_seds", vintage="2020"))


def test_of_a_file_with_several_years_the_latest_is_used_and_said_where_none_is_asked_for(
    workspace, tmp_path
):
    workspace.add_survey(recipient())
    path = tmp_path / "seds.csv"
    path.write_text(
        "State,MSN,year,usd_per_mmbtu\n"
        "AL,ESRCD,2018,30\nAL,ESRCD,2019,40\nAK,ESRCD,2018,50\nAK,ESRCD,2019,60\n",
        encoding="utf-8",
    )
    table = make_table(workspace, TableRequest(path=path, recipe="eia_seds"))
    assert table.vintage == "2019"
    assert table.data["electricity_price"].tolist() == [40.0, 40.0, 60.0]
    assert (
        "Of the years 2018 to 2019 in column 'year', 2019 is used; give the vintage for others."
        in table.notes
    )


def test_tracts_of_no_stated_census_are_those_of_the_crosswalk(workspace, tmp_path, crosswalk):
    path = written(tmp_path / "plain.csv", "tract,price\n01001000100,1\n01001000300,3\n")
    table = make_table(workspace, request(path, crosswalks=(crosswalk,)))
    assert (
        "The tracts are taken to be those of the 2020 census, as in the crosswalk." in table.notes
    )


def test_rows_of_one_zip_code_are_added_up_where_the_recipe_says_so(workspace, tmp_path):
    walk = written(tmp_path / "walk.csv", "zcta,puma20,pop20\n36003,0100100,10\n")
    path = tmp_path / "soi.csv"
    path.write_text("zipcode,agi_stub,N1,A00100\n0,1,99,99\n36003,1,10,200\n36003,2,30,800\n")
    asked = TableRequest(path=path, recipe="irs_soi", vintage="2018", crosswalks=(walk,))
    table = make_table(workspace, asked)
    assert table.data["income_per_return"].tolist() == pytest.approx([25_000.0])
    assert table.data["returns"].tolist() == [40.0]
    assert any("left out" in note and "NUMDEP" in note for note in table.notes)


def test_every_recipe_of_the_package_can_be_read_and_says_where_its_layout_is_from():
    assert recipe_names() == (
        "acs_pums",
        "acs_sf",
        "eia_seds",
        "epa_sld",
        "irs_soi",
        "utility_rates",
    )
    for name in recipe_names():
        recipe = find_recipe(name)
        assert recipe.layout in {"checked", "from general knowledge"}
        assert recipe.title
        assert recipe.source


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("title = 3", "'title' must be a text"),
        ("level = 'tract'", "has no title"),
        ("title = 'x'\nlevle = 'tract'", "no entry of a recipe 'levle'"),
        ("title = 'x'\n[[columns]]\nname = 'a'\nstatistic = 'median'", "no statistic 'median'"),
        ("title = 'x'\n[[columns]]\nname = 'a'\nstatistic = 'ratio'", "names what it is 'per'"),
        ("title = ", "not valid TOML"),
    ],
)
def test_a_wrong_recipe_is_refused_in_a_sentence(tmp_path, text, says):
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=says):
        read_recipe(path)
