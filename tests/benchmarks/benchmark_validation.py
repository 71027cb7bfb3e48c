"""How long validating takes, against the R package on the same implicates."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from support.measuring import Usage, in_own_process, metered
from support.recs import R_VALIDATE
from support.reporting import Row, require_shared_data, run_alone

from fusion_core.fusion import Implicates
from fusion_core.validation import validate

REPEATS = 5
GOAL_TIMES_FASTER = 10


def validating(folder: Path, repeats: int) -> list[Usage]:
    """Validate the R package's own implicates of the donor half, in its own subsets."""
    bins = pd.read_csv(folder / "validate_subset_bins_donor.csv").astype(str)
    donor = pd.read_parquet(folder / "donor.parquet")
    names = list(bins.columns)
    donor[names] = bins.astype("category")
    frame = pd.read_parquet(folder / "fused_donor_M40_default.parquet")
    frame[["insulation", "aircon"]] = frame[["insulation", "aircon"]].astype("category")
    fused = Implicates.from_long(frame, implicate="M")
    usages = []
    for _ in range(repeats):
        with metered() as meter:
            validate(donor, fused, names, weight=None)
        usages.append(meter.usage)
    return usages


def measure(*, quick: bool) -> list[Row]:
    """Validate several times in one process; the first time says what a single call takes."""
    folder = require_shared_data() / "reference" / "fusionmodel"
    usages = in_own_process(validating, folder, 2 if quick else REPEATS)
    what = "RECS half, 40 implicates, 130 subsets, with curves and scores"
    best = min(item.wall for item in usages)
    busy = f"{min(item.cpu for item in usages):.2f} s processor time"
    first = Row(topic="validate", what=f"{what}, first call", value=usages[0].wall, unit="s")
    again = Row(
        topic="validate", what=f"{what}, best of {len(usages)}", value=best, unit="s", note=busy
    )
    goal = f"goal: {GOAL_TIMES_FASTER} × faster than R"
    met = Row(
        topic="validate",
        what="as often faster than R",
        value=R_VALIDATE / best,
        unit="times",
        baseline=goal,
        ratio=R_VALIDATE / best / GOAL_TIMES_FASTER,
    )
    return [first.against("R", R_VALIDATE), again.against("R", R_VALIDATE), met]


if __name__ == "__main__":
    sys.exit(run_alone(measure))
