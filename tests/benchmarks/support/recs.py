"""The RECS 2015 halves the R package was run on, and what it took: the yardstick of many benchmarks.

Times are fusionModel 2.4's best of three runs on two cores of another machine, in seconds: orders
of magnitude.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

import pandas as pd
from support.reporting import require_shared_data

R_TRAIN_PAPER: Final = 19.8
R_TRAIN_DEFAULT: Final = 9.6
R_VALIDATE: Final = 4.3
R_FUSE: Final = {
    (2_843, 40): 8.2,
    (50_000, 10): 23.0,
    (50_000, 40): 75.0,
    (200_000, 10): 99.0,
    (1_300_000, 10): 953.0,
}
"""Seconds by recipient rows and implicates, model of five variables and 13 predictors."""
R_MEMORY_NATIONAL: Final = 8.0
"""GB for 1,300,000 households and 10 implicates."""


@dataclass(frozen=True)
class Halves:
    """RECS 2015 in two halves.

    Attributes
    ----------
    donor, recipient
        Odd and even households, categories typed.
    truth
        What the recipient half really answered.
    predictors, variables
        Names of the columns.
    """

    donor: pd.DataFrame
    recipient: pd.DataFrame
    truth: pd.DataFrame
    predictors: list[str]
    variables: list[str]


def recs_halves() -> Halves:
    """Read the halves.

    Raises
    ------
    Unavailable
        If the shared data are not at hand.
    """
    folder = require_shared_data() / "reference" / "fusionmodel"
    schema = json.loads((folder / "donor_recipient_schema.json").read_text(encoding="utf-8"))
    donor, recipient, truth = (
        _typed(pd.read_parquet(folder / f"{name}.parquet"), schema["donor"])
        for name in ("donor", "recipient", "recipient_truth")
    )
    return Halves(donor, recipient, truth, schema["predictors"], schema["fusion_vars"])


def _typed(frame: pd.DataFrame, schema: dict[str, dict[str, object]]) -> pd.DataFrame:
    for column in frame.columns:
        levels = schema.get(column, {}).get("levels")
        if levels and frame[column].dtype != bool:
            ordered = schema[column]["type"] == "ordinal"
            frame[column] = pd.Categorical(frame[column], levels, ordered=ordered)
    return frame
