"""What out-of-fold validation costs, and whether it says what a held-out half says.

A validation should foretell how well households are described that the donor survey did not ask.
On the RECS halves that can be checked: models trained on one half are validated in the usual way
and out of fold, and then asked about the other half, whose answers are known.

    python tests/studies/validation_study.py --write
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from support.machine import describe
from support.measuring import metered
from support.recs import Halves, recs_halves

from fusion_core.fusion import TrainSettings, fuse, fuse_out_of_fold, train
from fusion_core.validation import validate
from fusion_core.validation.internal.validate import SUMMARY_COVERAGE, Validation

TARGET = Path(__file__).parents[2] / "assets" / "measured" / "validation.md"
SUBSETS = ["income", "age", "race", "education"]
IMPLICATES, FOLDS, SEED = 20, 5, 1
PRESET = "production"
COMMAND = "python tests/studies/validation_study.py --write"


@dataclass(frozen=True)
class Found:
    """One direction of the study: which half was the donor, what was found, processor seconds."""

    donor: str
    validations: dict[str, Validation]
    seconds: dict[str, float]


def study(halves: Halves, donor: pd.DataFrame, other: pd.DataFrame, name: str) -> Found:
    """Validate the models of one half in three ways."""
    y, x = halves.variables, halves.predictors
    settings = TrainSettings.preset(PRESET).replace(workers=1)
    seconds = {}
    with metered() as meter:
        model = train(donor, y, x, seed=SEED, settings=settings)
    seconds["train"] = meter.usage.cpu
    with metered() as meter:
        inside = validate(donor, fuse(donor, model, implicates=IMPLICATES, seed=SEED), SUBSETS)
    seconds["inside"] = meter.usage.cpu
    with metered() as meter:
        folds = fuse_out_of_fold(
            donor, y, x, implicates=IMPLICATES, seed=SEED, settings=settings, folds=FOLDS
        )
        outside = validate(donor, folds, SUBSETS)
    seconds["outside"] = meter.usage.cpu
    held = validate(other, fuse(other, model, implicates=IMPLICATES, seed=SEED), SUBSETS)
    found = {"usual": inside, "out of fold": outside, "other half": held}
    return Found(name, found, seconds)


def report(found: list[Found]) -> str:
    """Return the document."""
    return "\n".join(
        [
            "# Validation: known and unseen households\n",
            describe(),
            (
                f"- RECS 2015 halves, preset {PRESET}, {IMPLICATES} implicates, {FOLDS} folds, seed"
                f" {SEED}, uniform weights, one thread. Repeat: `{COMMAND}`\n"
            ),
            (
                "“Usual” asks a model about the households it was trained on, “out of fold” cuts these"
                " households into parts and asks models of the others, “other half” asks the model"
                " about households whose answers nobody used: the truth the first two try to foretell."
                " Nothing was chosen on these figures.\n"
            ),
            "## Skill (1 − score / score of draws from all households) and 80 % ranges\n",
            _quality(found),
            "\n## Cost in processor seconds\n",
            _costs(found),
            "",
        ]
    )


def _quality(found: list[Found]) -> str:
    rows = [
        (
            "| donor | variable | skill: usual | out of fold | other half | ranges hold: usual |"
            " out of fold | other half | mean error of subsets: usual | out of fold | other half |"
        ),
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for item in found:
        tables = [each.summary.set_index("variable") for each in item.validations.values()]
        for name in tables[0].index:
            cells = [
                _percent(table.loc[name, column])
                for column in ("skill", "coverage", "absolute_percent_error")
                for table in tables
            ]
            rows.append(f"| {item.donor} | {name} | {' | '.join(cells)} |")
    gaps = _gaps(found)
    return "\n".join(rows) + (
        f"\n\nThe mean distance from the other half, over {len(gaps)} variables: skill"
        f" {100 * gaps['usual'].abs().mean():.1f} points usual,"
        f" {100 * gaps['out of fold'].abs().mean():.1f} out of fold (signed"
        f" {100 * gaps['usual'].mean():+.1f} and {100 * gaps['out of fold'].mean():+.1f}). Ranges are"
        f" the middle {100 * SUMMARY_COVERAGE:.0f} % of a household's draws. Subset errors on the other half"
        " also hold the sampling error between the halves, which no validation on the donor can see."
    )


def _gaps(found: list[Found]) -> pd.DataFrame:
    """Return how far the skill of either validation is from that on the other half."""
    parts = []
    for item in found:
        skill = {
            name: each.summary.set_index("variable")["skill"]
            for name, each in item.validations.items()
        }
        parts.append(
            pd.DataFrame(
                {name: skill[name] - skill["other half"] for name in ("usual", "out of fold")}
            )
        )
    return pd.concat(parts)


def _costs(found: list[Found]) -> str:
    rows = [
        "| donor | train | usual validation | out-of-fold validation | ÷ train |",
        "|---|---|---|---|---|",
    ]
    for item in found:
        seconds = item.seconds
        rows.append(
            f"| {item.donor} | {seconds['train']:.1f} | {seconds['inside']:.1f} |"
            f" {seconds['outside']:.1f} | {seconds['outside'] / seconds['train']:.1f} |"
        )
    return "\n".join(rows)


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %" if pd.notna(value) else "–"


def main() -> None:
    """Run the study in both directions and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {TARGET.name}")
    arguments = parser.parse_args()
    halves = recs_halves()
    other = halves.recipient.assign(**{name: halves.truth[name] for name in halves.variables})
    # The first fit and walk compile; what is measured is the work.
    small = TrainSettings.preset("quick").replace(maximum_trees=2, leaves=(4,))
    model = train(halves.donor, halves.variables, halves.predictors, settings=small, seed=0)
    fuse(halves.donor.head(50), model, implicates=2, seed=0)
    document = report(
        [
            study(halves, halves.donor, other, "odd rows"),
            study(halves, other, halves.donor, "even rows"),
        ]
    )
    if arguments.write:
        TARGET.parent.mkdir(parents=True, exist_ok=True)
        TARGET.write_text(document, encoding="utf-8")
    print(document)


if __name__ == "__main__":
    main()
