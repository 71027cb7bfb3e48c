"""Donors to learn from and other households with known answers to be scored on.

Ways to draw are chosen on some worlds and reported on others. RECS is chosen on folds *inside* the
official donor half, so that the official recipient half is looked at for the report alone; the demo
has as many populations as there are seeds; of the two large surveys, NHTS 2017 and AHS 2019, one half
of the households is for choosing, the other for the report.

A household that is in both of a demo's samples is no recipient: 13 % are, and a way to draw that finds
a household's twin among the donors would look better than it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import pandas as pd
from support.recs import recs_halves
from support.reporting import require_shared_data

from fusion_core.demo.samples.codebook import FUSION_VARIABLES
from fusion_core.demo.samples.donor import QUESTIONS, draw_donor
from fusion_core.demo.world.population import make_population
from fusion_core.demo.world.settings import DemoSize, stream

CHOOSING_FOLDS: Final = 3
DEMO_HOUSEHOLDS: Final = 1_500
CHOOSING_SEEDS: Final = (1,)
REPORT_SEEDS: Final = (11, 12)
FOLD_SEED: Final = 77
NHTS_NUMBERS: Final = ("HHVEHCNT", "DRVRCNT")
NHTS_CLASSES: Final = ("BUS", "PRICE", "WEBUSE17")
NHTS_AMOUNTS: Final = (
    "HTPPOPDN",
    "HBPPOPDN",
    "HTEEMPDN",
    "HTHTNRNT",
    "HHSIZE",
    "NUMADLT",
    "WRKCOUNT",
)
NHTS_PREDICTORS: Final = (*NHTS_AMOUNTS, "HHFAMINC", "HOMEOWN", "CENSUS_D", "URBRUR", "MSACAT")
NHTS_DONORS: Final = {"choose": (3_000,), "report": (3_000, 22_000)}
MANY: Final = "NHTS, many donors"
NHTS_RECIPIENTS: Final = 3_000
AHS_HOUSEHOLDS: Final = 3_000


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
        ``"RECS"``, ``"demo"``, ``"NHTS"``, ``"AHS"``, or `MANY`.
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
        *_large("report", 1),
        *_demos("choose", CHOOSING_SEEDS),
        *_large("choose", 0),
        *(
            WorldPlan("RECS", "choose", f"fold {fold}", partial(inner_fold, fold))
            for fold in range(CHOOSING_FOLDS)
        ),
    ]


def _large(purpose: str, half: int) -> list[WorldPlan]:
    return [
        *(
            WorldPlan(
                "NHTS" if count == min(NHTS_DONORS[purpose]) else MANY,
                purpose,
                f"{count:,} donors",
                partial(nhts, half, count),
            )
            for count in NHTS_DONORS[purpose]
        ),
        WorldPlan("AHS", purpose, f"{AHS_HOUSEHOLDS:,} donors", partial(ahs, half)),
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
    """Return two samples of one invented population, without a household in common."""
    population = make_population(DemoSize.quick(), seed)
    donor, recipient = (
        draw_donor(population, DEMO_HOUSEHOLDS, stream(seed, name)).household
        for name in ("donor", "other donor")
    )
    fused = [list(step) if isinstance(step, tuple) else step for step in FUSION_VARIABLES]
    predictors = ["region", *(question.name for question in QUESTIONS)]
    answers = [
        *predictors,
        *(name for step in fused for name in ([step] if isinstance(step, str) else step)),
    ]
    asked = pd.util.hash_pandas_object(donor[answers].astype(str), index=False)
    others = ~pd.util.hash_pandas_object(recipient[answers].astype(str), index=False).isin(asked)
    return World(
        donor,
        recipient[others].reset_index(drop=True),
        fused,
        predictors,
        "weight",
        ("region", "income", "hometype"),
    )


def nhts(half: int, donors: int) -> World:
    """Return households of one half of NHTS 2017, with their local density as predictors."""
    path = require_shared_data() / "public" / "nhts" / "nhts2017_hhpub.parquet"
    columns = [*NHTS_NUMBERS, *NHTS_CLASSES, *NHTS_PREDICTORS, "WTHHFIN"]
    table = pd.read_parquet(path, columns=columns)
    for name in (*NHTS_NUMBERS, "WTHHFIN", *NHTS_AMOUNTS):
        table[name] = pd.to_numeric(table[name], errors="coerce").clip(lower=0)
    for name in {*NHTS_CLASSES, *NHTS_PREDICTORS} - {*NHTS_AMOUNTS}:
        table[name] = table[name].where(~table[name].astype(str).str.startswith("-"))
        table[name] = table[name].astype("category")
    table = table.dropna().reset_index(drop=True)
    donor, recipient = _parts(table, half, donors, NHTS_RECIPIENTS)
    groups = ("HHFAMINC", "CENSUS_D", "URBRUR")
    return World(
        donor, recipient, [*NHTS_CLASSES, *NHTS_NUMBERS], list(NHTS_PREDICTORS), "WTHHFIN", groups
    )


def ahs(half: int) -> World:
    """Return owners of one half of AHS 2019, whose costs and values have long tails."""
    path = require_shared_data() / "public" / "ahs" / "ahs_national_2019_7vars.parquet"
    table = pd.read_parquet(path)
    known = (table["TOTHCAMT"] >= 0) & table["TENURE"].isin(["1", "2"]) & (table["HINCP"] > -6)
    table = table[known].astype({"TENURE": "category", "TOTHCAMT": float, "HINCP": float})
    table["CENTRAL"] = table["CONTROL"].astype(str).str[:2].astype("category")
    donor, recipient = _parts(table.reset_index(drop=True), half, AHS_HOUSEHOLDS, AHS_HOUSEHOLDS)
    return World(
        donor, recipient, ["TOTHCAMT"], ["TENURE", "HINCP", "CENTRAL"], "WEIGHT", ("TENURE",)
    )


def _parts(
    table: pd.DataFrame, half: int, donors: int, recipients: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return some donors and other households of a half of a large survey."""
    order = np.random.default_rng(FOLD_SEED).permutation(len(table))
    rows = order[order % 2 == half]
    parts = rows[:donors], rows[donors : donors + recipients]
    first, second = (table.iloc[part].reset_index(drop=True) for part in parts)
    return first, second


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
