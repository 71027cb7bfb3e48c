"""What the class of a neighbourhood adds: known answers of the ACS, fused from NHTS with and without it.

    python tests/studies/location_study.py WORKSPACE      # writes assets/measured/location.md

A harmonized variable is hidden, fused from NHTS 2017 onto ACS 2024, and compared in every PUMA with
what the ACS itself says. WORKSPACE holds both surveys, their harmonies and the
local context of NHTS (`harmony places context add … --recipe nhts_density`). Donors and the
recipient's households of each PUMA are random subsets, the same for every variant.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from support.machine import describe

from fusion_core.estimates import DonorSample, Statistic, analyze
from fusion_core.fusion import fuse, train
from fusion_core.fusion.base import TrainSettings
from fusion_core.geography.known_places import donor_intersections
from fusion_core.geography.location import impute_location
from fusion_core.harmony.model import SurveyPair
from fusion_core.harmony.store import HarmonyStore
from fusion_core.prepare import assemble
from fusion_core.surveys.model import SurveyId
from fusion_core.workspace.files import write_text
from fusion_core.workspace.layout import Workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_core.prepare import PredictorPool

TABLE = Path(__file__).parents[2] / "assets" / "measured" / "location.md"
PAIR = SurveyPair(SurveyId("NHTS", "2017"), SurveyId("ACS", "2024"))
CONTEXT = "hbppopdn"
MEAN_DENSITY = "puma_density.DENS"
STATE = "hhstate"
QUESTIONS = ("hhfaminc", "hhsize", "numadlt", "hh_race", "hh_hisp", "homeown", STATE)
"""Questions of the donor whose harmonies predict."""
ANSWERS = {
    "tenure": ("homeown", "share", "2", ()),
    "Hispanic origin": ("hh_hisp", "share", "1", ()),
    "household size": ("hhsize", "mean", None, ("numadlt",)),
}
"""Question hidden, statistic, level, and what goes with it because it would reveal it."""
BY_STATE = "mean density, placed by state"
VARIANTS: dict[str, tuple[str, bool]] = {
    "state": ("", False),
    "state, mean density of the PUMA": (BY_STATE, False),
    "state, mean density, donors placed by their class": (MEAN_DENSITY, False),
    "state, class drawn": ("", True),
    "state, class drawn, mean density, donors placed by their class": (MEAN_DENSITY, True),
}
"""Which spatial predictor is used, and whether the class is drawn."""
DONORS, HOUSEHOLDS, IMPLICATES, SEED = 30_000, 150, 5, 2024
PLACING_SEED = 1
MANHATTAN = "36041"
MANHATTAN_TRUTH = (
    "Neither survey says the truth; the American Community Survey has published about 0.3, which no "
    "row holds."
)
CONFIDENCE = 0.90


@dataclass(frozen=True)
class Sides:
    """Donor and recipient of the study, all of the ACS, and the columns with the chances of each class.

    `predictors` are the harmonized columns by the donor's question.
    """

    donor: pd.DataFrame
    recipient: pd.DataFrame
    everyone: pd.DataFrame
    shares: tuple[str, ...]
    predictors: dict[str, str]


def harmonized(workspace: Workspace) -> dict[str, str]:
    """Return the column of each question's harmony, as the workspace has it."""
    harmonies = HarmonyStore(workspace.path, PAIR).load().harmonies
    found = {item.donor.variable: item.key for item in harmonies}
    lacking = [name for name in QUESTIONS if name not in found]
    if lacking:
        raise SystemExit(f"{PAIR.title} has no harmony of {', '.join(lacking)}")
    return {name: found[name] for name in QUESTIONS}


def sides(workspace: Workspace, pool: PredictorPool) -> Sides:
    """Take random donors, and as many households of each PUMA."""
    draw, predictors = np.random.default_rng(SEED), harmonized(workspace)
    shuffled = pool.donor.iloc[draw.permutation(len(pool.donor))]
    usable = shuffled["puma"].notna() & shuffled[CONTEXT].notna()
    donor = shuffled[usable].head(DONORS).sort_values("household_id").reset_index(drop=True)
    densities = pool.recipient.drop_duplicates("puma").set_index("puma")[MEAN_DENSITY]
    everyone = pool.recipient.assign(**{BY_STATE: pool.recipient[MEAN_DENSITY]})
    placed = impute_location(
        donor,
        everyone,
        donor_intersections(workspace, donor, [STATE], everyone["puma"].unique()),
        predictors=tuple(predictors.values()),
        generator=draw,
    )
    donor[BY_STATE] = placed.puma.map(densities).to_numpy()
    shuffled = everyone.iloc[draw.permutation(len(everyone))]
    recipient = shuffled.groupby("puma").head(HOUSEHOLDS).sort_values("household_id")
    return Sides(
        donor, recipient.reset_index(drop=True), everyone, pool.shares[CONTEXT], predictors
    )


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


def known_answer_table(given: Sides) -> pd.DataFrame:
    """Fuse every known answer with every variant; one row each."""
    rows = []
    for title, (question, kind, level, revealing) in ANSWERS.items():
        variable = given.predictors[question]
        truth = known_answers(given.everyone, variable, level)
        hidden = (question, *revealing)
        rest = [column for name, column in given.predictors.items() if name not in hidden]
        for variant, (density, drawn) in VARIANTS.items():
            predictors = [*rest, density] if density else rest
            statistic = Statistic(kind, variable, level=level)
            found = fused_estimates(given, variable, predictors, statistic, drawn=drawn)
            rows.append({"hidden": title, "known of location": variant} | compared(found, truth))
    return pd.DataFrame(rows)


def manhattan_vehicles(workspace: Workspace, given: Sides) -> pd.DataFrame:
    """Fuse vehicles onto Manhattan, where the fewest of all households have one."""
    survey = workspace.survey(
        PAIR.donor, household_columns=["household_id", "hhvehcnt"], person_columns=[]
    )
    vehicles = survey.table("household").set_index("household_id")["hhvehcnt"].astype(float)
    donor = given.donor.assign(hhvehcnt=given.donor["household_id"].map(vehicles))
    inside = given.everyone["puma"].str.startswith(MANHATTAN)
    recipient = given.everyone[inside].assign(puma="Manhattan").reset_index(drop=True)
    rows = []
    for variant, (density, drawn) in VARIANTS.items():
        predictors = [*given.predictors.values(), *([density] if density else [])]
        sides_here = Sides(donor, recipient, recipient, given.shares, given.predictors)
        statistic = Statistic("mean", "hhvehcnt")
        found = fused_estimates(sides_here, "hhvehcnt", predictors, statistic, drawn=drawn)
        rows.append({"known of location": variant} | found[["estimate", "moe"]].iloc[0].to_dict())
    return pd.DataFrame(rows)


METHOD = """
NHTS 2017 → ACS 2024: {donors:,} random donors, {households} random households of each of the 2,462
PUMAs, {implicates} implicates, preset quick, seed {seed}; the truth is the ACS of all households of the
PUMA. Hidden is one harmonized variable at a time, with those that would reveal it; the others – income,
size, adults, race, origin, tenure, state – and what the table says of location predict it. The class is
NHTS's density of the block group, drawn from each PUMA's block groups. The mean density of a PUMA is a
spatial predictor, joined to donors by an imputed PUMA: one of their state, or of their state and class.
Nothing was chosen on these figures. Repeat: `python tests/studies/location_study.py WORKSPACE`

| hidden | known of location | RMSE | slope | correlation | mean 90 % margin | PUMAs inside |
|---|---|---|---|---|---|---|
"""
READING = """
The slope is that of the fused on the true value of PUMAs: 1 where all of the difference between areas is
there. Margins are those of the recipient's and the donor's samples alone, without the part that varies
between areas beyond the predictors.

## Vehicles per household in Manhattan

| known of location | vehicles | 90 % margin |
|---|---|---|
"""


def report(known: pd.DataFrame, manhattan: pd.DataFrame) -> str:
    """Write the figures as a page."""
    asked = {"donors": DONORS, "households": HOUSEHOLDS, "implicates": IMPLICATES, "seed": SEED}
    answers = "\n".join(
        f"| {row['hidden']} | {row['known of location']} | {row['RMSE']:.3f} | {row['slope']:.2f} | "
        f"{row['correlation']:.2f} | {row['mean margin']:.3f} | {row['inside']:.0%} |"
        for row in known.to_dict("records")
    )
    vehicles = "\n".join(
        f"| {row['known of location']} | {row['estimate']:.2f} | {row['moe']:.2f} |"
        for row in manhattan.to_dict("records")
    )
    head = f"# What the class of a neighbourhood adds\n\n{describe()}{METHOD.format(**asked)}"
    return f"{head}{answers}\n{READING}{vehicles}\n\n{MANHATTAN_TRUTH}\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("workspace", type=Path)
    opened = Workspace.open(parser.parse_args().workspace)
    chosen = sides(opened, assemble(opened, PAIR, seed=PLACING_SEED))
    write_text(report(known_answer_table(chosen), manhattan_vehicles(opened, chosen)), TABLE)
