"""A tiny workspace with a finished run, made by hand so that no model has to be trained."""

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import MultiPolygon, box

from fusion_core.fusion import write_implicates
from fusion_core.fusion.implicates.implicates import FusedVariable, Implicates
from fusion_core.geography.boundaries import MAP_CRS, write_areas
from fusion_core.harmony.model.harmony import SurveyPair
from fusion_core.surveys.model import (
    Dictionary,
    Survey,
    SurveyDescription,
    SurveyId,
    Variable,
    variable_from_column,
)
from fusion_core.surveys.weight_design import WeightDesign
from fusion_core.validation import validate, write_validation
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import RunSpec, RunState, create_run

DONOR, RECIPIENT = SurveyId("HEAT", "2020"), SurveyId("CENSUS", "2021")
AREAS = ("0100100", "0100200", "0100300", "0100400", "0100500", "0100600")
HOUSEHOLDS_PER_AREA = 60
REPLICATES = 80
LEVELS = ("Yes", "No")


@dataclasses.dataclass(frozen=True)
class MappedWorkspace:
    """A workspace, and its finished run."""

    workspace: Workspace
    run: str


@pytest.fixture(scope="session")
def mapped_workspace(tmp_path_factory: pytest.TempPathFactory) -> MappedWorkspace:
    """Six square areas; "cold homes" rise from west to east, the last but one area is unsampled."""
    generator = np.random.default_rng(7)
    workspace = Workspace.create(tmp_path_factory.mktemp("mapped") / "w", title="Six squares")
    write_areas(workspace, _squares())
    recipient = _households(generator)
    workspace.add_survey(_recipient(recipient))
    donor = _donor(generator)
    workspace.add_survey(donor)
    spec = RunSpec(
        name="Winter",
        pair=SurveyPair(DONOR, RECIPIENT),
        fusion_variables=("cold", "kwh"),
        implicates=6,
        seed=11,
        preset="quick",
    )
    run = create_run(workspace, spec)
    run.input_folder.mkdir()
    recipient[
        ["household_id", "puma", "weight", *WeightDesign.successive_difference().columns]
    ].to_parquet(run.input_folder / "recipient.parquet")
    write_implicates(_fused(recipient, generator), run.implicates_folder)
    write_validation(_validation(donor, generator), run.validation_folder)
    run.write_state(RunState(status="finished", stage="validate", progress=1.0))
    return MappedWorkspace(workspace, run.id)


def _squares() -> gpd.GeoDataFrame:
    shapes = [box(10_000 * i, 0, 10_000 * (i + 1), 10_000) for i in range(len(AREAS))]
    # An area with an island, as coasts have.
    shapes[0] = MultiPolygon([shapes[0], box(-4000, 2000, -2000, 4000)])
    names = [f"Square {letter} PUMA" for letter in "ABCDEF"]
    return gpd.GeoDataFrame({"area_id": AREAS, "name": names}, geometry=shapes, crs=MAP_CRS)


def _households(generator: np.random.Generator) -> pd.DataFrame:
    sampled = [area for area in AREAS if area != AREAS[4]]
    rows = len(sampled) * HOUSEHOLDS_PER_AREA
    weight = generator.integers(80, 120, rows).astype(float)
    replicates = weight[:, None] * generator.choice([0.3, 1.0, 1.7], (rows, REPLICATES))
    return pd.DataFrame(
        {
            "household_id": [f"H{i:05d}" for i in range(rows)],
            "puma": np.repeat(sampled, HOUSEHOLDS_PER_AREA),
            "tenure": pd.Categorical(generator.choice(["Owner", "Renter"], rows)),
            "np": generator.integers(1, 6, rows),
            "hincp": generator.integers(5, 150, rows) * 1000,
            "weight": weight,
            **{f"replicate_{i + 1}": replicates[:, i] for i in range(REPLICATES)},
        }
    )


def _recipient(table: pd.DataFrame) -> Survey:
    units = {"hincp": "dollars per year", "np": "persons"}
    roles = {"household_id": "key", "puma": "geography"}
    names = ["household_id", "puma", "tenure", "np", "hincp"]
    variables = []
    for name in names:
        facts = {"unit": units.get(name, ""), "role": roles.get(name, "answer")}
        variables.append(variable_from_column(name, table[name], description=name.title(), **facts))
    description = SurveyDescription(
        RECIPIENT, design=WeightDesign.successive_difference(), geography=("puma",)
    )
    return Survey(description, Dictionary(variables), table)


def _donor(generator: np.random.Generator) -> Survey:
    rows = 600
    table = pd.DataFrame(
        {
            "household_id": [f"D{i}" for i in range(rows)],
            "cold": pd.Categorical(generator.choice(LEVELS, rows, p=[0.3, 0.7]), list(LEVELS)),
            "kwh": np.round(generator.lognormal(9, 0.4, rows)),
            "income": generator.integers(1, 6, rows),
            "weight": np.ones(rows),
        }
    )
    variables = [
        Variable("cold", "Home too cold in winter", levels=LEVELS),
        Variable("kwh", "Electricity use", type="continuous", unit="kWh per year", median=8100.0),
        Variable("income", "Income group", type="integer"),
    ]
    return Survey(SurveyDescription(DONOR), Dictionary(variables), table)


def _fused(recipient: pd.DataFrame, generator: np.random.Generator) -> Implicates:
    place = recipient["puma"].map({area: i for i, area in enumerate(AREAS)}).to_numpy()
    chance = (0.05 + 0.14 * place)[:, None]
    cold = (generator.random((len(recipient), 6)) > chance).astype(np.int16)
    kwh = np.round(generator.lognormal(9, 0.4, (len(recipient), 6)))
    return Implicates(
        {"cold": FusedVariable("cold", cold, LEVELS), "kwh": FusedVariable("kwh", kwh)}
    )


def _validation(donor: Survey, generator: np.random.Generator):
    table = donor.table("household")
    rows = len(table)
    shuffled = np.stack([generator.permutation(rows) for _ in range(4)], axis=1)
    cold = table["cold"].cat.codes.to_numpy()[shuffled]
    implicates = Implicates(
        {
            "cold": FusedVariable("cold", cold, LEVELS),
            "kwh": FusedVariable("kwh", table["kwh"].to_numpy()[shuffled]),
        }
    )
    table = table.assign(region=pd.Categorical(generator.choice(["North", "South"], rows)))
    return validate(table, implicates, ["income", "region"], weight=None)
