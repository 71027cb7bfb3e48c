"""The donor of a run knows of its location what its survey publishes, not what was drawn."""

import numpy as np
import pandas as pd
import pytest
from small_run import AREAS, RECIPIENT, add_recipient, add_run

from fusion_core.estimates.runs.run_donor import donor_of_run
from fusion_core.geography.location import write_intersections
from fusion_core.surveys import Dictionary, Survey, SurveyDescription, SurveyId
from fusion_core.surveys.model import variable_from_column
from fusion_core.workspace.files import write_json
from fusion_core.workspace.layout import Workspace

DEGREES = dict(zip(AREAS, (1.0, 2.0, 9.0), strict=True))
PLACES = pd.DataFrame({"region": ["cold", "cold", "warm"], "puma": AREAS, "share": [1.0, 1.0, 1.0]})


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace.create(tmp_path / "workspace")
    add_recipient(workspace)
    write_intersections(workspace, "region", PLACES)
    return workspace


def finished(workspace, *, publishes_puma=False, drawn=True):
    """Return a run whose donor lives in two regions, and its prepared recipient."""
    rng = np.random.default_rng(1)
    region = np.repeat(["cold", "warm"], 60)
    survey = pd.DataFrame(
        {
            "household_id": [f"D{row}" for row in range(120)],
            "region": region,
            "energy": rng.normal(50, 10, 120),
            "fuel": pd.Categorical(rng.choice(["gas", "oil"], 120)),
            "weight": 1.0,
        }
    )
    puma = np.where(region == "cold", rng.choice(AREAS[:2], 120), AREAS[2])
    if publishes_puma:
        survey["puma"] = puma
    geography = ("region", "puma") if publishes_puma else ("region",)
    variables = [variable_from_column(name, survey[name]) for name in ("energy", "fuel")]
    described = SurveyDescription(SurveyId("RECS", "2015"), geography=geography)
    workspace.add_survey(Survey(described, Dictionary(variables), survey))
    run = add_run(workspace, RECIPIENT)
    recipient = pd.read_parquet(run.input_folder / "recipient.parquet")
    recipient["climate.warmth"] = recipient["puma"].map(DEGREES)
    donor = survey.assign(size__np=rng.integers(1, 6, 120).astype(float))
    if drawn:
        donor["puma"] = puma
        donor["climate.warmth"] = donor["puma"].map(DEGREES)
    recipient.to_parquet(run.input_folder / "recipient.parquet")
    donor.to_parquet(run.input_folder / "donor.parquet")
    rows = [("size__np", "harmony"), ("climate.warmth", "spatial")]
    record = {"predictors": [{"predictor": name, "source": source} for name, source in rows]}
    write_json(record, run.input_folder / "prepare.json")
    return run, recipient


def sample(workspace, **changes):
    run, recipient = finished(workspace, **changes)
    return donor_of_run(workspace, run, recipient, ("energy", "fuel"))


def test_households_of_one_place_have_one_location(workspace):
    location = sample(workspace).own.numbers[:, 1]
    assert len(np.unique(location[:60])) == len(np.unique(location[60:])) == 1
    assert location[0] != location[-1]


def test_recipients_keep_the_location_of_their_puma(workspace):
    assert len(np.unique(sample(workspace).recipient.numbers[:, 1])) == len(AREAS)


def test_a_donor_that_publishes_its_puma_keeps_it(workspace):
    location = sample(workspace, publishes_puma=True).own.numbers[:, 1]
    assert len(np.unique(location)) == len(AREAS)


def test_a_donor_that_was_not_placed_has_no_location(workspace):
    assert sample(workspace, drawn=False).own.numbers.shape == (120, 1)


def test_a_run_without_a_prepared_donor_has_no_sample(workspace):
    run, recipient = finished(workspace)
    (run.input_folder / "donor.parquet").unlink()
    assert donor_of_run(workspace, run, recipient, ("energy", "fuel")) is None
