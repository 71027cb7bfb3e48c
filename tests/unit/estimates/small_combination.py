"""Two donors on one recipient, with draws whose chances are known."""

import numpy as np
import pandas as pd
from small_run import DESIGN, RECIPIENT, ROWS

from fusion_core.fusion import FusedVariable, Implicates, write_implicates
from fusion_core.fusion.base import Stream
from fusion_core.harmony.model.harmony import SurveyPair
from fusion_core.surveys import SurveyId
from fusion_core.workspace.runs import RunSpec, create_run


def add_travel_run(
    workspace,
    *,
    recipient=RECIPIENT,
    donor="NHTS_2017",
    implicates=3,
    order=None,
    streams=(),
    m_name="miles",
):
    """Add a run of another donor: whether travel is a burden, and miles."""
    generator = np.random.default_rng(5)
    pair = SurveyPair(SurveyId.parse(donor), recipient)
    run = create_run(workspace, RunSpec("travel", pair, ("burden", m_name), seed=4))
    household = workspace.survey(recipient).table("household")
    rows = np.arange(ROWS) if order is None else order
    run.input_folder.mkdir(parents=True)
    kept = ["household_id", "puma", "weight", *DESIGN.columns]
    table = household[kept].assign(people__np=household["np"].astype(float))
    table.iloc[rows].reset_index(drop=True).to_parquet(run.input_folder / "recipient.parquet")
    burden = generator.integers(0, 2, (ROWS, implicates)).astype(np.int8)[rows]
    miles = (household["np"].to_numpy()[:, None] + generator.random((ROWS, implicates)))[rows]
    write_implicates(
        Implicates(
            {
                "burden": FusedVariable("burden", burden, ("No", "Yes"), streams=tuple(streams)),
                m_name: FusedVariable(m_name, miles, streams=tuple(streams)),
            }
        ),
        run.implicates_folder,
    )
    return run


def drawn(source, name):
    """Return the draws of a variable as labels or numbers, shape (rows, M)."""
    fused = source.implicates[name]
    return np.array(fused.levels)[fused.values] if fused.levels else fused.values


def stream(seed, names):
    return Stream(seed, "of one donor", names)


def weighted(source, values):
    """Return the weighted mean over households and implicates."""
    weight = source.weights.full
    return float(np.average(np.asarray(values, dtype=float).mean(axis=1), weights=weight))


def frame_of(source):
    return pd.DataFrame(source.table)
