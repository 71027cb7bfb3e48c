"""A workspace small enough to fuse in a second."""

import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

from fusion_core.geography.boundaries import write_areas
from fusion_core.geography.location import write_intersections
from fusion_core.geography.spatial import SpatialTable, write_spatial_table
from fusion_core.harmony.model.harmony import Harmony, LevelGroup, Side, SurveyPair
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.surveys.model import (
    Dictionary,
    Survey,
    SurveyDescription,
    SurveyId,
    variable_from_column,
)
from fusion_core.surveys.weight_design import WeightDesign
from fusion_core.workspace.layout import Workspace

PAIR = SurveyPair(SurveyId("TOY", "2020"), SurveyId("TOYACS", "2022"))
PUMAS = ("9900100", "9900200", "9900300", "9900400")
REGIONS = {"9900100": "North", "9900200": "North", "9900300": "South", "9900400": "South"}
ROLES = {
    "household_id": "key",
    "weight": "weight",
    "puma": "geography",
    "region": "geography",
}


def households(rows: int, prefix: str, generator: np.random.Generator) -> pd.DataFrame:
    rooms = generator.integers(1, 10, rows)
    owner = generator.random(rows) < 0.3 + 0.05 * rooms
    age = generator.integers(18, 90, rows)
    return pd.DataFrame(
        {
            "household_id": [f"{prefix}{number:05d}" for number in range(rows)],
            "weight": generator.uniform(50, 150, rows),
            "rooms": rooms,
            "tenure": pd.Categorical(
                np.where(owner, "Owner", "Renter"), categories=["Owner", "Renter"]
            ),
            "age": age,
            "puma": generator.choice(PUMAS, rows),
        }
    )


def survey(identifier: SurveyId, table: pd.DataFrame, geography: tuple[str, ...]) -> Survey:
    replicates = [name for name in table.columns if name.startswith("replicate_")]
    variables = [
        variable_from_column(
            name,
            table[name],
            role="replicate weight" if name in replicates else ROLES.get(name, "answer"),
        )
        for name in table.columns
    ]
    design = WeightDesign.successive_difference(len(replicates)) if replicates else WeightDesign()
    description = SurveyDescription(
        identifier, title=identifier.title, design=design, geography=geography
    )
    return Survey(description, Dictionary(variables), table)


def toy_donor(generator: np.random.Generator) -> Survey:
    table = households(240, "d", generator)
    table["region"] = pd.Categorical(table["puma"].map(REGIONS), categories=["North", "South"])
    table["kwh"] = 900.0 * table["rooms"] + generator.normal(0, 400, len(table)).round()
    table["cooling"] = pd.Categorical(
        np.where(generator.random(len(table)) < 0.1 * table["rooms"], "Central", "None"),
        categories=["None", "Central"],
    )
    table["share_heat"] = generator.integers(0, 65, len(table)) / 64
    table["share_other"] = 1 - table["share_heat"]
    table["constant"] = 1
    # A question with another meaning in the recipient: the distributions differ.
    table["age"] //= 2
    return survey(PAIR.donor, table.drop(columns="puma"), ("region",))


def toy_recipient(generator: np.random.Generator) -> Survey:
    table = households(400, "r", generator).rename(
        columns={"rooms": "rmsp", "tenure": "ten", "age": "agep"}
    )
    table["ten"] = table["ten"].cat.rename_categories({"Owner": "Owned", "Renter": "Rented"})
    for number in range(1, 5):
        table[f"replicate_{number}"] = table["weight"] * generator.uniform(0.8, 1.2, len(table))
    return survey(PAIR.recipient, table, ("puma",))


def toy_harmonies() -> list[Harmony]:
    tenure = Harmony(
        Side("tenure", levels=(LevelGroup("Owner", 1), LevelGroup("Renter", 2))),
        Side("ten", levels=(LevelGroup("Owned", 1), LevelGroup("Rented", 2))),
    )
    return [tenure, Harmony(Side("rooms"), Side("rmsp")), Harmony(Side("age"), Side("agep"))]


def toy_spatial(column: str = "hdd") -> SpatialTable:
    data = pd.DataFrame({"puma": PUMAS, column: [3000.0, 3500.0, 5000.0, 5500.0]})
    return SpatialTable("climate", "Climate normals", data, {column: "Heating degree days"})


@pytest.fixture
def toy_pair() -> SurveyPair:
    return PAIR


@pytest.fixture(scope="session")
def toy_template(tmp_path_factory) -> Workspace:
    """Two surveys of 240 and 400 households, three harmonies, four PUMAs and one spatial table."""
    generator = np.random.default_rng(7)
    workspace = Workspace.create(
        tmp_path_factory.mktemp("template") / "toy", title="Toy", synthetic=True
    )
    workspace.add_survey(toy_donor(generator))
    workspace.add_survey(toy_recipient(generator))
    store = HarmonyStore(workspace.path, PAIR)
    for harmony in toy_harmonies():
        store.save(harmony, author="test", expected_revision=0)
    write_spatial_table(workspace, toy_spatial())
    shares = pd.DataFrame({"region": REGIONS.values(), "puma": REGIONS.keys(), "share": 1.0})
    write_intersections(workspace, "region", shares)
    areas = gpd.GeoDataFrame(
        {"area_id": PUMAS, "name": [f"Area {puma}" for puma in PUMAS]},
        geometry=[box(place, 0, place + 1, 1) for place in range(len(PUMAS))],
        crs="EPSG:5070",
    )
    write_areas(workspace, areas)
    return workspace


@pytest.fixture
def toy_workspace(toy_template, tmp_path) -> Workspace:
    """A copy of the template a test may change."""
    shutil.copytree(toy_template.path, tmp_path / "toy")
    return Workspace.open(tmp_path / "toy")
