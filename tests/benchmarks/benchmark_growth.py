"""How time and memory grow when one size is ten times as large: the exponent of every stage.

Each stage runs at a base size and with one of its sizes times ten, every time in a fresh process
that has loaded its libraries and compiled code before the clock starts. So what is left of fixed
costs – reading a model, one part of a file – is small beside the base size; the figures behind an
exponent stand in its note.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from support.made_up_households import made_up
from support.measuring import Usage, exponent, in_own_process, metered
from support.reporting import Row, number, run_alone

from fusion_core.estimates import Statistic, analyze
from fusion_core.fusion import FusedVariable, Implicates, TrainSettings, fuse_to_folder, train
from fusion_core.surveys import WeightDesign
from fusion_core.validation import validate

DESIGN = WeightDesign.successive_difference(80)
LEVELS = ("gas", "oil", "wood", "none")
PART_MEMORY = 300_000_000
SUBSET_VARIABLES = 3
TIMES = 10


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large a problem is.

    Attributes
    ----------
    recipients, implicates, donors, variables, predictors
        Recipient households N, implicates M, donor households, fusion variables, predictors.
    areas
        Areas estimates are made for.
    """

    recipients: int
    implicates: int
    donors: int
    variables: int
    predictors: int
    areas: int = 50


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the path from donor to estimates.

    Attributes
    ----------
    name
        As the table calls it.
    work
        Does the stage at some sizes and tells what it took.
    base, quick
        Sizes it starts from.
    grows
        Sizes made ten times as large, one at a time.
    """

    name: str
    work: Callable[[Sizes], Usage]
    base: Sizes
    quick: Sizes
    grows: tuple[str, ...]


def train_once(sizes: Sizes) -> Usage:
    """Train and save, with one worker."""
    donor = made_up(sizes.donors, predictors=sizes.predictors, variables=sizes.variables, seed=1)
    settings = TrainSettings()
    few = donor.table[:200]
    train(
        few,
        donor.variables[:1],
        donor.predictors,
        settings=settings.replace(maximum_trees=5),
        seed=0,
    )
    with tempfile.TemporaryDirectory() as folder, metered() as meter:
        model = train(
            donor.table,
            donor.variables,
            donor.predictors,
            weight="weight",
            settings=settings,
            seed=0,
        )
        model.save(Path(folder) / "model")
    return meter.usage


def fuse_once(sizes: Sizes) -> Usage:
    """Fuse from Parquet to Parquet with one thread and little memory for parts."""
    settings = TrainSettings.preset("quick")
    donor, recipient = (
        made_up(rows, predictors=sizes.predictors, variables=sizes.variables, seed=seed)
        for seed, rows in ((1, sizes.donors), (2, sizes.recipients))
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        train(
            donor.table,
            donor.variables,
            donor.predictors,
            weight="weight",
            settings=settings,
            seed=0,
        ).save(folder / "model")
        inputs = recipient.table[list(recipient.predictors)]
        inputs[:500].to_parquet(folder / "few.parquet", index=False)
        inputs.to_parquet(folder / "recipient.parquet", index=False)
        del donor, recipient, inputs
        fuse_to_folder(
            folder / "few.parquet", folder / "model", folder / "first", implicates=2, seed=0
        )
        with metered() as meter:
            fuse_to_folder(
                folder / "recipient.parquet",
                folder / "model",
                folder / "implicates",
                implicates=sizes.implicates,
                memory=PART_MEMORY,
                seed=0,
            )
    return meter.usage


def estimate_once(sizes: Sizes) -> Usage:
    """Estimate means and shares by area from 80 replicate weights and all implicates."""
    draw = np.random.default_rng(1)
    table = pd.DataFrame(
        draw.uniform(50, 150, (sizes.recipients, 81)), columns=["weight", *DESIGN.columns]
    ).assign(puma=np.sort(draw.integers(0, sizes.areas, sizes.recipients)))
    implicates = made_up_implicates(sizes.recipients, sizes, draw)
    statistics = [
        Statistic("share" if item.is_categorical else "mean", item.name)
        for item in implicates.variables.values()
    ]

    def estimate(rows: int) -> None:
        few = Implicates(
            {
                name: replace(item, values=item.values[:rows])
                for name, item in implicates.variables.items()
            }
        )
        analyze(few, statistics, by="puma", recipient=table[:rows], design=DESIGN)

    estimate(1_000)
    with metered() as meter:
        estimate(sizes.recipients)
    return meter.usage


def validate_once(sizes: Sizes) -> Usage:
    """Compare implicates of the donor with what it answered, in subsets of three variables."""
    draw = np.random.default_rng(1)
    implicates = made_up_implicates(sizes.donors, sizes, draw)
    observed = implicates.frame(0)
    subsets = [f"by_{place}" for place in range(SUBSET_VARIABLES)]
    for name in subsets:
        observed[name] = draw.integers(0, 5, sizes.donors).astype(str)
    warm_up = made_up_implicates(300, replace(sizes, implicates=2, variables=1), draw)
    validate(warm_up.frame(0).assign(by=["a", "b", "c"] * 100), warm_up, ["by"], weight=None)
    with metered() as meter:
        validate(observed, implicates, subsets, weight=None)
    return meter.usage


def made_up_implicates(rows: int, sizes: Sizes, draw: np.random.Generator) -> Implicates:
    """Draw implicates at random: amounts and categories in turn."""
    variables = {}
    for place in range(sizes.variables):
        name, shape = f"y{place}", (rows, sizes.implicates)
        if place % 2:
            codes = draw.integers(0, len(LEVELS), shape, dtype=np.int8)
            variables[name] = FusedVariable(name, codes, LEVELS)
        else:
            variables[name] = FusedVariable(name, draw.gamma(2.0, 5_000.0, shape))
    return Implicates(variables)


STAGES = (
    Stage(
        "train",
        train_once,
        base=Sizes(0, 0, donors=3_000, variables=2, predictors=10),
        quick=Sizes(0, 0, donors=300, variables=1, predictors=5),
        grows=("donors", "variables", "predictors"),
    ),
    Stage(
        "fuse",
        fuse_once,
        base=Sizes(40_000, 4, donors=1_000, variables=4, predictors=10),
        quick=Sizes(4_000, 2, donors=300, variables=2, predictors=5),
        grows=("recipients", "implicates", "donors", "variables", "predictors"),
    ),
    Stage(
        "estimate",
        estimate_once,
        base=Sizes(100_000, 4, donors=0, variables=2, predictors=0),
        quick=Sizes(20_000, 2, donors=0, variables=2, predictors=0),
        grows=("recipients", "implicates", "variables", "areas"),
    ),
    Stage(
        "validate",
        validate_once,
        base=Sizes(0, 10, donors=3_000, variables=4, predictors=0),
        quick=Sizes(0, 5, donors=500, variables=2, predictors=0),
        grows=("donors", "implicates", "variables"),
    ),
)


REMARKS = {
    ("train", "predictors"): "; more than 30 are screened before any tree grows",
    ("fuse", "variables"): "; the first of a chain depend on few others and cost less",
    ("estimate", "recipients"): "; memory holds the recipient's 80 replicate weights",
}
"""What explains an exponent that differs from what one would expect."""


def rows_of(stage: Stage, dimension: str, sizes: Sizes, once: Usage, more: Usage) -> list[Row]:
    """Say how a stage's time and memory grow with one size."""
    at, remark = asdict(sizes)[dimension], REMARKS.get((stage.name, dimension), "")
    what = f"{stage.name}: {at:,} → {TIMES * at:,} {dimension}"
    return [
        Row(
            topic="growth",
            what=what,
            value=exponent(once.cpu, more.cpu),
            unit="exponent of time",
            note=f"{number(once.cpu)} → {number(more.cpu)} s{remark}",
        ),
        Row(
            topic="growth",
            what=what,
            value=exponent(once.memory, more.memory),
            unit="exponent of memory",
            note=f"{number(once.memory / 1e9)} → {number(more.memory / 1e9)} GB",
        ),
    ]


def measure(*, quick: bool) -> list[Row]:
    """Measure every stage at its base and with each size, quickly two of them, ten times as large."""
    rows = []
    for stage in STAGES:
        sizes = stage.quick if quick else stage.base
        once = in_own_process(stage.work, sizes)
        for dimension in stage.grows[:2] if quick else stage.grows:
            more = replace(sizes, **{dimension: TIMES * getattr(sizes, dimension)})
            rows += rows_of(stage, dimension, sizes, once, in_own_process(stage.work, more))
    return rows


if __name__ == "__main__":
    sys.exit(run_alone(measure))
