"""Smoothing a survey's own variables, and a donor's at the places it publishes."""

import numpy as np
import pandas as pd
import pytest
from small_run import RECIPIENT, add_recipient, add_run
from typer.testing import CliRunner

from fusion_core.cli.main import app
from fusion_core.errors import InputError
from fusion_core.estimates import Statistic
from fusion_core.estimates.runs import area_estimates, survey_area_estimates
from fusion_core.estimates.smoothing import smooth_donor, smooth_survey
from fusion_core.geography.location import write_intersections
from fusion_core.geography.spatial import SpatialTable, write_spatial_table
from fusion_core.surveys import Dictionary, Survey, SurveyDescription, SurveyId, WeightDesign
from fusion_core.surveys.model import variable_from_column
from fusion_core.workspace.layout import Workspace

AREAS = tuple(f"41{number:05d}" for number in range(100, 1300, 100))
ZONES = tuple(f"zone {number}" for number in range(8))
PERSONS = Statistic("mean", "np")
RENTERS = Statistic("share", "tenure", level="Renter")


@pytest.fixture
def workspace(tmp_path):
    made = Workspace.create(tmp_path / "workspace")
    add_recipient(made, areas=AREAS)
    return made


@pytest.fixture
def run(workspace):
    return add_run(workspace)


def add_donor(workspace, zones=ZONES, rows=400):
    draw = np.random.default_rng(4)
    design = WeightDesign.successive_difference(8)
    household = pd.DataFrame(
        {
            "household_id": [f"D{row}" for row in range(rows)],
            "zone": np.asarray(zones)[np.arange(rows) % len(zones)],
            "energy": draw.gamma(2.0, 20.0, rows),
            "fuel": pd.Categorical(draw.choice(["gas", "oil"], rows)),
            "weight": draw.integers(1, 9, rows).astype(float),
        }
    )
    replicates = household[["weight"]].to_numpy() * draw.choice([0.3, 1.0, 1.7], (rows, 8))
    household[list(design.columns)] = replicates
    described = SurveyDescription(SurveyId("RECS", "2015"), design=design, geography=("zone",))
    answers = [variable_from_column(name, household[name]) for name in ("energy", "fuel")]
    workspace.add_survey(Survey(described, Dictionary(answers), household))
    shares = pd.DataFrame(
        {
            "puma": AREAS,
            "zone": [zones[each % len(zones)] for each in range(len(AREAS))],
            "share": 1.0,
        }
    )
    write_intersections(workspace, "zone", shares)


def test_direct_estimates_stand_beside_what_became_of_them(workspace):
    found = smooth_survey(workspace, RECIPIENT, PERSONS)
    direct = survey_area_estimates(workspace, RECIPIENT, PERSONS)
    assert found.table["direct"].to_numpy() == pytest.approx(direct["estimate"].to_numpy())
    assert found.table["direct_moe"].to_numpy() == pytest.approx(direct["moe"].to_numpy())
    assert sorted(found.table["rank"]) == list(range(1, len(AREAS) + 1))
    assert "Fay–Herriot model of 12 areas" in found.sentence


def test_estimates_shrink_towards_what_all_areas_say(workspace):
    table = smooth_survey(workspace, RECIPIENT, RENTERS).table
    assert table["estimate"].var() < table["for_maps"].var() <= table["direct"].var() * 1.05
    assert (
        table[["estimate", "for_maps", "lower", "upper"]]
        .apply(lambda column: column.between(0, 1).all())
        .all()
    )


def test_a_covariate_of_a_spatial_table_is_used(workspace):
    draw = np.random.default_rng(5)
    data = pd.DataFrame({"puma": AREAS, "dense": draw.normal(size=len(AREAS))})
    write_spatial_table(workspace, SpatialTable("density", "Density", data))
    found = smooth_survey(workspace, RECIPIENT, PERSONS, covariates=("density.dense",))
    assert len(found.model.coefficients) == 2
    assert "with density.dense as covariate" in found.sentence


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"statistic": Statistic("total", "np")}, "total of areas of different size"),
        ({"statistic": Statistic("share", "tenure")}, "Each level"),
        ({"covariates": ("density.dense",)}, "no covariate 'density.dense'"),
        ({"where": "puma = '4100100'"}, "1 area with a direct estimate"),
        ({"by": "tenure", "covariates": ("density.dense",)}, "Spatial tables know PUMAs"),
    ],
)
def test_what_cannot_be_smoothed_is_refused_in_a_sentence(workspace, change, sentence):
    asked = {"statistic": PERSONS} | change
    with pytest.raises(InputError, match=sentence):
        smooth_survey(workspace, RECIPIENT, asked.pop("statistic"), **asked)


@pytest.mark.parametrize(
    "statistic", [Statistic("mean", "energy"), Statistic("share", "fuel", level="oil")]
)
def test_pumas_agree_with_the_smoothed_place_they_lie_in(workspace, run, statistic):
    add_donor(workspace)
    found = smooth_donor(workspace, run, statistic)
    homes = area_estimates(workspace, run, Statistic("count"), "puma").set_index("puma")["estimate"]
    pumas = found.pumas.assign(homes=homes.reindex(found.pumas["puma"]).to_numpy())
    places = found.table.set_index("zone")["estimate"]
    for place, rows in pumas.groupby("place"):
        mean = np.average(rows["estimate"], weights=rows["homes"])
        assert mean == pytest.approx(places[place])
    assert (pumas["moe"] > 0).all()
    # Within a place the order of the fused PUMAs is kept.
    assert all(
        (rows["fused"].rank() == rows["estimate"].rank()).all()
        for _, rows in pumas.groupby("place")
    )


def test_a_donor_of_few_places_is_not_smoothed(workspace, run):
    add_donor(workspace, ZONES[:4])
    with pytest.raises(InputError, match="4 areas with a direct estimate are too few"):
        smooth_donor(workspace, run, Statistic("mean", "energy"))


def test_the_command_prints_and_writes_the_table(workspace, tmp_path):
    target = tmp_path / "smoothed.csv"
    told = CliRunner().invoke(
        app, ["smooth", "ACS_2022", "-v", "np", "-w", str(workspace.path), "--to", str(target)]
    )
    assert told.exit_code == 0, told.output
    assert "Fay–Herriot" in told.output
    assert len(pd.read_csv(target, dtype={"puma": str})) == len(AREAS)


def test_a_run_is_smoothed_for_everybody_only(workspace):
    add_run(workspace)
    add_donor(workspace)
    command = ["smooth", "latest", "-v", "energy", "--where", "np > 2", "-w", str(workspace.path)]
    told = CliRunner().invoke(app, command)
    assert told.exit_code == 2
    assert "Leave out --where" in told.output
