"""What the class of a neighbourhood adds: known answers of the ACS, fused from NHTS with and without it.

    python tests/studies/location_study.py WORKSPACE      # writes assets/measured/location.md

A harmonized variable is hidden, fused from NHTS 2017 onto ACS 2024, and compared in every PUMA with
what the ACS itself says. WORKSPACE holds both surveys, their harmonies and the
local context of NHTS (`harmony places context add … --recipe nhts_density`). Donors and the
recipient's households of each PUMA are random subsets, the same for every variant.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fusion_core.estimates import DonorSample, Statistic, analyze
from fusion_core.fusion import fuse, train
from fusion_core.fusion.base import TrainSettings
from fusion_core.harmony.model import SurveyPair
from fusion_core.prepare import assemble
from fusion_core.surveys.model import SurveyId
from fusion_core.workspace.layout import Workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_core.prepare import PredictorPool

TABLE = Path(__file__).parents[2] / "assets" / "measured" / "location.md"
PAIR = SurveyPair(SurveyId("NHTS", "2017"), SurveyId("ACS", "2024"))
CONTEXT = "hbppopdn"
MEAN_DENSITY = "puma_density.DENS"
PREDICTORS = (
    "hhfaminc__hincp",
    "hhsize__np",
    "numadlt__agep",
    "hh_race__rac1p",
    "hh_hisp__hisp",
    "homeown__ten",
    "state__state",
)
ANSWERS = {
    "tenure": ("homeown__ten", "share", "2", ()),
    "Hispanic origin": ("hh_hisp__hisp", "share", "1", ()),
    "household size": ("hhsize__np", "mean", None, ("numadlt__agep",)),
}
"""Variable hidden, statistic, level, and what goes with it because it would reveal it."""
VARIANTS = {
    "state": (False, False),
    "state, PUMA's mean density": (True, False),
    "state, class drawn": (False, True),
    "state, mean density and class drawn": (True, True),
}
"""Whether the spatial predictor and the drawn class are used."""
DONORS, HOUSEHOLDS, IMPLICATES, SEED = 30_000, 150, 5, 2024
MANHATTAN = "36041"
CONFIDENCE = 0.90


@dataclass(frozen=True)
class Sides:
    """Donor and recipient of the study, all of the ACS, and the columns with the chances of each class."""

    donor: pd.DataFrame
    recipient: pd.DataFrame
    everyone: pd.DataFrame
    shares: tuple[str, ...]


def sides(pool: PredictorPool) -> Sides:
    """Take random donors, and as many households of each PUMA."""
    draw = np.random.default_rng(SEED)
    donor = pool.donor[pool.donor["puma"].notna() & pool.donor[CONTEXT].notna()]
    donor = donor.iloc[np.sort(draw.permutation(len(donor))[:DONORS])].reset_index(drop=True)
    shuffled = pool.recipient.iloc[draw.permutation(len(pool.recipient))]
    recipient = shuffled.groupby("puma").head(HOUSEHOLDS).sort_values("household_id")
    return Sides(donor, recipient.reset_index(drop=True), pool.recipient, pool.shares[CONTEXT])


def fused_estimates(
    given: Sides, variable: str, predictors: Sequence[str], statistic: Statistic, *, drawn: bool
) -> pd.DataFrame:
    """Fuse a variable and estimate its statistic in every PUMA, with margins."""
    model = train(
        given.donor,
        [variable],
        list(predictors),
        weight="weight",
        donor_name=str(PAIR.donor),
        given={CONTEXT: given.shares} if drawn else None,
        seed=SEED,
        settings=TrainSettings.preset("quick"),
    )
    target = given.recipient.drop(columns=variable, errors="ignore")
    implicates = fuse(target, model, implicates=IMPLICATES, seed=SEED)
    sample = DonorSample.of(model, given.donor, target)
    return analyze(
        implicates, statistic, by="puma", recipient=target, donor=sample, confidence=CONFIDENCE
    )


def known_answers(households: pd.DataFrame, variable: str, level: str | None) -> pd.DataFrame:
    """Return what the ACS says of each PUMA."""
    column = households[variable]
    values = (column == level).astype(float) if level else column.astype(float)
    weight = households["weight"].where(values.notna(), 0.0)
    sums = pd.DataFrame(
        {"wx": weight * values.fillna(0.0), "w": weight, "puma": households["puma"]}
    )
    sums = sums.groupby("puma")[["wx", "w"]].sum()
    return (sums["wx"] / sums["w"]).rename("truth").reset_index()


def compared(found: pd.DataFrame, truth: pd.DataFrame) -> dict[str, float]:
    """Score estimates against known answers of the same areas."""
    both = found.merge(truth, on="puma")
    estimate, known = both["estimate"].to_numpy(), both["truth"].to_numpy()
    return {
        "RMSE": float(np.sqrt(np.mean((estimate - known) ** 2))),
        "slope": float(np.cov(estimate, known)[0, 1] / known.var(ddof=1)),
        "correlation": float(np.corrcoef(estimate, known)[0, 1]),
        "mean margin": float(both["moe"].mean()),
        "inside": float(np.mean(np.abs(estimate - known) <= both["moe"])),
    }


def study(workspace: Workspace) -> pd.DataFrame:
    """Fuse every known answer with every variant."""
    given = sides(assemble(workspace, PAIR, seed=SEED))
    return known_answer_table(given)


def known_answer_table(given: Sides) -> pd.DataFrame:
    """Fuse every known answer with every variant; one row each."""
    rows = []
    for title, (variable, kind, level, revealing) in ANSWERS.items():
        truth = known_answers(given.everyone, variable, level)
        rest = [name for name in PREDICTORS if name not in (variable, *revealing)]
        for variant, (mean_density, drawn) in VARIANTS.items():
            predictors = [*rest, MEAN_DENSITY] if mean_density else rest
            statistic = Statistic(kind, variable, level=level)
            found = fused_estimates(given, variable, predictors, statistic, drawn=drawn)
            rows.append({"hidden": title, "known of location": variant} | compared(found, truth))
            print(rows[-1], flush=True)
    return pd.DataFrame(rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("workspace", type=Path)
    asked = parser.parse_args()
    print(study(Workspace.open(asked.workspace)).to_string())
