"""Donors to learn from and other households with known answers to be scored on.

Ways to draw are chosen on some worlds and reported on others. RECS is chosen on folds *inside* the
official donor half, so that the official recipient half is looked at for the report alone; the demo
has as many populations as there are seeds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import pandas as pd
from support.recs import recs_halves

from fusion_core.demo.samples.codebook import FUSION_VARIABLES
from fusion_core.demo.samples.donor import QUESTIONS, draw_donor
from fusion_core.demo.world.population import make_population
from fusion_core.demo.world.settings import DemoSize, stream

CHOOSING_FOLDS: Final = 3
DEMO_HOUSEHOLDS: Final = 1_500
CHOOSING_SEEDS: Final = (1,)
REPORT_SEEDS: Final = (11, 12)
FOLD_SEED: Final = 77


@dataclass(frozen=True)
class World:
    """What one scoring is about.

    Attributes
    ----------
    donor, recipient
        Households to learn from, and others whose answers are known.
    y, x, weight
        Fusion variables in order, predictors, and the weight column if any.
    groups
        Predictors whose subgroups' means are compared.
    """

    donor: pd.DataFrame
    recipient: pd.DataFrame
    y: list[str | list[str]]
    x: list[str]
    weight: str | None
    groups: tuple[str, ...]


@dataclass(frozen=True)
class WorldPlan:
    """A world that is made when its turn comes.

    Attributes
    ----------
    survey
        ``"RECS"`` or ``"demo"``.
    purpose
        ``"choose"`` or ``"report"``.
    name
        Which one.
    make
        Makes it.
    """

    survey: str
    purpose: str
    name: str
    make: Callable[[], World]


def all_worlds() -> list[WorldPlan]:
    """Return the plans."""
    return [
        WorldPlan("RECS", "report", "official", official_halves),
        *_demos("report", REPORT_SEEDS),
        *(
            WorldPlan("RECS", "choose", f"fold {fold}", partial(inner_fold, fold))
            for fold in range(CHOOSING_FOLDS)
        ),
        *_demos("choose", CHOOSING_SEEDS),
    ]


def _demos(purpose: str, seeds: tuple[int, ...]) -> list[WorldPlan]:
    return [WorldPlan("demo", purpose, f"seed {seed}", partial(demo, seed)) for seed in seeds]


def official_halves() -> World:
    """Return the halves the R package was run on."""
    halves = recs_halves()
    return _recs(
        halves.donor, pd.concat([halves.recipient[halves.predictors], halves.truth], axis=1)
    )


def inner_fold(fold: int) -> World:
    """Return the official donor half with one of the folds held out."""
    donor = recs_halves().donor
    number = np.random.default_rng(FOLD_SEED).permutation(len(donor)) % CHOOSING_FOLDS
    return _recs(donor[number != fold], donor[number == fold])


def demo(seed: int) -> World:
    """Return two samples of one invented population."""
    population = make_population(DemoSize.quick(), seed)
    donor, recipient = (
        draw_donor(population, DEMO_HOUSEHOLDS, stream(seed, name)).household
        for name in ("donor", "other donor")
    )
    fused = [list(step) if isinstance(step, tuple) else step for step in FUSION_VARIABLES]
    predictors = ["region", *(question.name for question in QUESTIONS)]
    return World(donor, recipient, fused, predictors, "weight", ("region", "income", "hometype"))


def _recs(donor: pd.DataFrame, recipient: pd.DataFrame) -> World:
    halves = recs_halves()
    return World(
        donor.reset_index(drop=True),
        recipient.reset_index(drop=True),
        list(halves.variables),
        halves.predictors,
        None,
        ("income", "race", "division"),
    )
