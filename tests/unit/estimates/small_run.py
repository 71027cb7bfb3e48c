"""A survey of 300 households in three areas and finished runs on it, for tests of estimates."""

import numpy as np
import pandas as pd

from fusion_core.fusion import FusedVariable, Implicates, write_implicates
from fusion_core.harmony.model.harmony import SurveyPair
from fusion_core.surveys import Dictionary, Survey, SurveyDescription, SurveyId, WeightDesign
from fusion_core.surveys.model import variable_from_column
from fusion_core.workspace.runs import RunSpec, create_run

ROWS = 300
DESIGN = WeightDesign.successive_difference(8)
RECIPIENT = SurveyId("ACS", "2022")
LATER = SurveyId("ACS", "2023")
AREAS = ("4100100", "4100200", "4100300")


def add_recipient(workspace, survey=RECIPIENT, *, seed=11, areas=AREAS):
    """Add a recipient survey with replicate weights."""
    generator = np.random.default_rng(seed)
    household = pd.DataFrame(
        {
            "household_id": [f"{row:05d}" for row in range(ROWS)],
            "puma": generator.choice(list(areas), ROWS),
            "np": generator.integers(1, 6, ROWS),
            "tenure": pd.Categorical(generator.choice(["Owner", "Renter"], ROWS)),
            "weight": generator.integers(20, 200, ROWS).astype(float),
        }
    )
    replicates = household[["weight"]].to_numpy() * generator.choice([0.3, 1.0, 1.7], (ROWS, 8))
    household[list(DESIGN.columns)] = replicates
    answers = ["np", "tenure"]
    described = SurveyDescription(survey, design=DESIGN, geography=("puma",))
    dictionary = Dictionary([variable_from_column(name, household[name]) for name in answers])
    workspace.add_survey(Survey(described, dictionary, household))


def add_run(workspace, recipient=RECIPIENT, *, name="test", seed=12, shift=0.0):
    """Add a run with two fused variables; `shift` is added to every household's energy."""
    generator = np.random.default_rng(seed)
    spec = RunSpec(name, SurveyPair(SurveyId("RECS", "2015"), recipient), ("energy", "fuel"))
    run = create_run(workspace, spec)
    household = workspace.survey(recipient).table("household")
    run.input_folder.mkdir(parents=True)
    kept = ["household_id", "puma", "weight", *DESIGN.columns]
    household[kept].assign(size__np=household["np"].astype(float)).to_parquet(
        run.input_folder / "recipient.parquet"
    )
    size = household["np"].to_numpy()[:, None]
    energy = size * 10 + generator.gamma(2.0, 5.0, (ROWS, 4)) + shift
    fuel = generator.integers(0, 2, (ROWS, 4)).astype(np.int8)
    variables = {
        "energy": FusedVariable("energy", energy),
        "fuel": FusedVariable("fuel", fuel, ("gas", "oil")),
    }
    write_implicates(Implicates(variables), run.implicates_folder)
    return run
