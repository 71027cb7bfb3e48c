"""A table of block groups becomes the mix of a donor's published classes in each PUMA."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import ConflictError, InputError
from fusion_core.geography.local_context import read_contexts
from fusion_core.places.context_recipes import context_recipe_names, find_context_recipe
from fusion_core.places.contexts import ContextRequest, add_context, make_context
from fusion_core.places.local_density import local_density
from fusion_core.surveys import Dictionary, Survey, SurveyDescription, SurveyId, Variable
from fusion_core.surveys.model import variable_from_column
from fusion_core.workspace.layout import Workspace

DONOR = SurveyId("NHTS", "2017")
TABLE = (
    "state,county20,tract20,bg20,puma20,pop20,density,owners,renters\n"
    "01,001,000100,1,00100,100,40,30,5\n"
    "01,001,000100,2,00100,300,700,10,40\n"
    "01,001,000200,1,00200,500,250,90,10\n"
    "01,001,000200,2,00200,0,9000,0,0\n"
)


def donor(levels=("50", "300", "750", "-9")) -> Survey:
    household = pd.DataFrame(
        {
            "household_id": ["a", "b", "c", "d"],
            "weight": [1.0, 2.0, 1.0, 1.0],
            "hbppopdn": pd.Categorical(levels, categories=levels),
        }
    )
    variables = [
        Variable("household_id", role="key"),
        Variable("weight", type="continuous", role="weight"),
        variable_from_column("hbppopdn", household["hbppopdn"]),
    ]
    return Survey(SurveyDescription(DONOR), Dictionary(variables), household)


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace.create(tmp_path / "workspace")
    workspace.add_survey(donor())
    return workspace


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "block_groups.csv"
    path.write_text(TABLE)
    return path


def request(path: Path, **changes) -> ContextRequest:
    given = {
        "donor": DONOR,
        "variable": "HBPPOPDN",
        "measure": "density",
        "cuts": (100.0, 500.0),
        "vintage": "2020",
    }
    return ContextRequest(path, **(given | changes))


def test_people_of_each_class_are_added_up_by_puma(workspace, table):
    add_context(workspace, request(table, title="density of the block group"))

    (made,) = read_contexts(workspace)
    mix = made.mix.set_index("puma")
    assert made.variable == "hbppopdn"
    assert [(item.level, item.lower, item.upper) for item in made.classes] == [
        ("50", None, 100),
        ("300", 100, 500),
        ("750", 500, None),
    ]
    assert mix.loc["0100100"].to_dict() == {"50": 100, "300": 0, "750": 300}
    assert mix.loc["0100200"].to_dict() == {"50": 0, "300": 500, "750": 0}
    assert (made.weight, made.census, made.vintage) == ("population", "2020", "2020")
    assert any("overlaps" in note and "300 56 % (50 %)" in note for note in made.notes)
    assert any("20.00 % of the donor's households" in note for note in made.notes)


def test_homes_of_a_column_may_be_counted_instead(workspace, table):
    made = make_context(workspace, request(table, weight="owners"))

    assert made.weight == "owners"
    assert made.mix.set_index("puma").loc["0100100"].to_dict() == {"50": 30, "300": 0, "750": 10}


def test_a_mix_may_be_told_apart_by_a_predictor(workspace, table):
    columns = {"1": "owners", "2": "renters"}
    made = make_context(workspace, request(table, by="tenure__ten", by_columns=columns))

    mix = made.mix.set_index(["puma", "level"])
    assert mix.loc[("0100100", "1")].to_dict() == {"50": 30, "300": 0, "750": 10}
    assert mix.loc[("0100100", "2")].to_dict() == {"50": 5, "300": 0, "750": 40}


def test_a_table_may_name_the_classes_itself(workspace, table):
    table.write_text(TABLE.replace(",40,30", ",50,30").replace(",700,", ",750,"))
    text = table.read_text().replace(",250,", ",300,").replace(",9000,", ",unknown,")
    table.write_text(text)

    made = make_context(workspace, request(table, cuts=()))

    assert made.mix.set_index("puma").loc["0100100"].to_dict() == {"50": 100, "300": 0, "750": 300}


def test_the_way_to_pumas_may_be_a_file_of_its_own(workspace, table, tmp_path):
    rows = [line.split(",") for line in TABLE.split()]
    crosswalk = tmp_path / "tract_to_puma.csv"
    crosswalk.write_text(
        "state,county20,tract20,puma20,pop20\n01,001,000100,00300,400\n01,001,000200,00300,500\n"
    )
    table.write_text("\n".join(",".join([*row[:4], *row[5:]]) for row in rows))

    # A file of tracts says where block groups are, not how many people live in each.
    made = make_context(workspace, request(table, crosswalks=(crosswalk,), weight="pop20"))

    assert made.mix.set_index("puma").loc["0100300"].to_dict() == {
        "50": 100,
        "300": 500,
        "750": 300,
    }
    with pytest.raises(InputError, match="no population to weigh by"):
        make_context(workspace, request(table, crosswalks=(crosswalk,), weight="population"))


def test_names_of_places_are_classes_that_do_not_rise(workspace, table, tmp_path):
    """A donor names large metropolitan areas; counties of small ones and of none are elsewhere."""
    workspace.add_survey(donor(("35620", "31080", "XXXXX", "-9")), may_replace=True)
    counties = tmp_path / "counties.csv"
    counties.write_text("state,county,cbsa\n01,001,35620\n01,003,12100\n01,005,\n")
    table.write_text(
        "state,county20,tract20,bg20,puma20,pop20\n01,001,000100,1,00100,100\n"
        "01,003,000200,1,00100,300\n01,005,000200,1,00200,500\n"
    )

    asked = request(counties, measure="cbsa", cuts=(), level="county", crosswalks=(table,))
    made = make_context(workspace, dataclasses.replace(asked, places=True, other="XXXXX"))

    assert not made.ordered
    mix = made.mix.set_index("puma")
    assert mix.loc["0100100"].to_dict() == {"35620": 100, "31080": 0, "XXXXX": 300}
    assert mix.loc["0100200"].to_dict() == {"35620": 0, "31080": 0, "XXXXX": 500}
    with pytest.raises(InputError, match="answer of the donor"):
        make_context(workspace, dataclasses.replace(asked, other="none"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"variable": "htppopdn"}, "htppopdn"),
        ({"measure": "crowding"}, "crowding"),
        ({"measure": ""}, "which measure"),
        ({"cuts": (100.0,)}, "2 classes and the donor has 3"),
        ({"cuts": (500.0, 100.0)}, "not in increasing order"),
        ({"weight": "homes"}, "homes"),
        ({"by": "tenure__ten"}, "a column per level"),
        ({"vintage": "lately"}, "not a vintage"),
        ({"recipe": "nhts_dense"}, "nhts_density"),
        ({"measure": "local density"}, "latitude"),
    ],
)
def test_a_request_that_cannot_be_met_says_why_and_stores_nothing(workspace, table, change, words):
    with pytest.raises(InputError, match=words):
        add_context(workspace, request(table, **change))
    assert read_contexts(workspace) == []


def test_an_earlier_context_is_replaced_only_on_request(workspace, table):
    add_context(workspace, request(table))

    with pytest.raises(ConflictError, match="already"):
        add_context(workspace, request(table))
    add_context(workspace, request(table, vintage="2021"), may_replace=True)
    assert read_contexts(workspace)[0].vintage == "2021"


def test_the_recipe_knows_the_donors_codes_and_labels(tmp_path, table):
    recipe = find_context_recipe("nhts_density")
    for place in (0, 1):
        spelled = tuple(item.levels[place] for item in recipe.classes)
        workspace = Workspace.create(tmp_path / f"workspace {place}")
        workspace.add_survey(donor((*spelled[:3], "-9")))

        made = make_context(workspace, request(table, recipe="nhts_density", variable="", cuts=()))

        assert [item.level for item in made.classes][:3] == list(spelled[:3])
    assert context_recipe_names() == ("nhts_density",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title = ", "not valid TOML"),
        ('title = "a"', "variable"),
        ('colour = "a"', "colour"),
        ("title = 3", "must be a text"),
        ('title="a"\nvariable="b"\nmeasure="c"\n[[classes]]\nupper=3', "not written as expected"),
    ],
)
def test_a_wrong_recipe_says_where(tmp_path, text, words):
    path = tmp_path / "mine.toml"
    path.write_text(text)

    with pytest.raises(InputError, match=words):
        find_context_recipe(str(path))


def test_density_is_high_where_centres_are_near():
    # Two grids of centres with 1,000 people each: a quarter mile and four miles apart.
    place = np.stack(np.meshgrid(np.arange(12), np.arange(12)), axis=-1).reshape(-1, 2)
    degree = 1 / 69.1
    dense, sparse = place * 0.25 * degree, 5 + place * 4 * degree
    centres = np.vstack([dense, sparse])

    found = local_density(centres[:, 0], centres[:, 1], np.full(len(centres), 1000.0))

    # On a grid of spacing d there live 1,000 / d² on a square mile.
    assert np.median(found[:144]) == pytest.approx(16_000, rel=0.4)
    assert np.median(found[144:]) == pytest.approx(62.5, rel=0.4)


def test_density_is_computed_of_the_columns_their_names_say(workspace, tmp_path):
    """Whatever else of the table is used: here its population weighs too."""
    file = tmp_path / "centres.csv"
    rows = [
        f"01,001,{tract:06d},1,{100 + part:05d},1000,{-86 + part + 0.004 * tract},32"
        for part, tracts in ((0, range(1, 9)), (1, range(11, 19)))
        for tract in tracts
    ]
    header = "state,county20,tract20,bg20,puma20,pop20,lon,lat"
    file.write_text("\n".join([header, *rows]))

    made = [
        make_context(workspace, request(file, measure="local density", weight=weight))
        for weight in ("", "pop20")
    ]

    # Eight centres a quarter mile apart on a line, 1,000 people each: dense.
    for context in made:
        assert context.mix[["50", "300", "750"]].to_numpy().tolist() == [[0, 0, 8000], [0, 0, 8000]]


def test_a_few_centres_tell_no_density():
    with pytest.raises(InputError, match="too few"):
        local_density(np.zeros(3), np.zeros(3), np.ones(3))


def test_block_group_centres_show_the_classes_nhts_published(tmp_path, shared_data):
    """The national mix by nearest centres agrees with NHTS 2017's own, PUMA by PUMA one mix."""
    centres = shared_data / "public/spatial/blockgroup2020_centers_pop_puma20.parquet"
    households = pd.read_parquet(
        shared_data / "public/nhts/nhts2017_hhpub.parquet",
        columns=["HOUSEID", "HBPPOPDN", "WTHHFIN"],
    )
    table = pd.DataFrame(
        {
            "household_id": households["HOUSEID"].astype(str),
            "weight": households["WTHHFIN"].astype(float),
            "hbppopdn": households["HBPPOPDN"].astype("category"),
        }
    )
    described = donor()
    variables = [*described.dictionary.values()]
    variables[2] = variable_from_column("hbppopdn", table["hbppopdn"])
    workspace = Workspace.create(tmp_path / "workspace")
    workspace.add_survey(Survey(described.description, Dictionary(variables), table))

    made = make_context(
        workspace, ContextRequest(centres, DONOR, recipe="nhts_density", vintage="2020")
    )

    assert made.mix["puma"].nunique() == 2462
    published = table.groupby("hbppopdn", observed=True)["weight"].sum().reindex(made.levels)
    mix = made.mix[made.levels].sum()
    assert np.abs(mix / mix.sum() - published / published.sum()).sum() / 2 < 0.06
