"""How long a map takes: the whole country with 80 replicate weights, and the next question."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from measuring import in_own_process, metered
from reporting import Row, run_alone

from fusion_core.estimates import Statistic, compare
from fusion_core.estimates.analysis import estimate_points, estimate_targets
from fusion_core.estimates.report import result_frame
from fusion_core.estimates.sources import EstimateSource
from fusion_core.estimates.weights import WeightMatrix
from fusion_core.fusion.implicates import FusedVariable, Implicates
from fusion_core.surveys import WeightDesign

DESIGN = WeightDesign.successive_difference(80)
MEAN = Statistic("mean", "energy")
STATISTICS = (
    MEAN,
    Statistic("share_above", "energy", threshold=10_000),
    Statistic("share", "fuel"),
)
MEDIAN = Statistic("median", "energy")
STATE = (25_000, 60)
COUNTRY = (1_300_000, 2_351)
IMPLICATES = 40
NEXT = Statistic("total", "energy")
BY = ("puma",)
FIRST_COLOURS = "first colours, without margins"
GOAL_MAP, GOAL_FIRST_COLOURS = 2.0, 0.3


def seconds(work: Callable[[], Any]) -> float:
    """Return the wall time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def sample(households: int, areas: int) -> tuple[pd.DataFrame, WeightMatrix, Implicates]:
    """Draw a state, or the country, with float32 replicate weights."""
    generator = np.random.default_rng(1)
    area = np.sort(generator.integers(0, areas, households))
    weight = generator.integers(20, 200, households).astype(np.float32)
    factors = generator.choice(np.array([0.3, 1.0, 1.7], dtype=np.float32), (households, 80))
    weights = WeightMatrix(np.hstack([weight[:, None], weight[:, None] * factors]), DESIGN)
    shape = (households, IMPLICATES)
    energy = generator.gamma(2.0, 5000.0, shape).astype(np.float32)
    fuel = generator.integers(0, 3, shape, dtype=np.int8)
    fused = Implicates(
        {
            "energy": FusedVariable("energy", energy),
            "fuel": FusedVariable("fuel", fuel, ("gas", "oil", "wood")),
        }
    )
    return pd.DataFrame({"puma": area, "weight": weight}), weights, fused


def first_colours(source: EstimateSource, statistic: Statistic) -> pd.DataFrame:
    """Estimate by area without margins of error."""
    groups, keys = source.groups(BY, "")
    points = estimate_points(groups, source.weights, source.targets([statistic], ""))
    return result_frame(keys, points, confidence=0.9)


def answer(source: EstimateSource, statistic: Statistic) -> pd.DataFrame:
    """Estimate by area with margins of error from all replicate weights and implicates."""
    groups, keys = source.groups(BY, "")
    targets = source.targets([statistic], "")
    blocks = estimate_targets(groups, source.weights, targets, sums=source.sums(BY, ""))
    return result_frame(keys, blocks, confidence=0.9)


def map_seconds(
    households: int, areas: int, statistics: tuple[Statistic, ...]
) -> tuple[dict[str, float], float]:
    """Return seconds by question, data in memory and code compiled, and the largest memory."""
    few = EstimateSource(*sample(1_000, 3))
    for statistic in statistics:
        answer(few, statistic)
    source = EstimateSource(*sample(households, areas))
    found = {}
    with metered() as meter:
        found["households put into areas, once"] = seconds(lambda: source.groups(BY, ""))
        found[FIRST_COLOURS] = seconds(lambda: first_colours(source, MEAN))
        for statistic in statistics:
            found[f"{statistic.label}, first asked"] = seconds(
                lambda statistic=statistic: answer(source, statistic)
            )
        found[f"{NEXT.label}, after its mean"] = seconds(lambda: answer(source, NEXT))
    return found, meter.usage.memory


def compare_seconds(households: int, areas: int) -> float:
    """Return the seconds from tables to the answer whether two areas differ."""
    table, weights, fused = sample(households, areas)
    replicates = pd.DataFrame(weights.values[:, 1:], columns=list(DESIGN.columns))
    table = pd.concat([table, replicates], axis=1)

    def ask() -> pd.DataFrame:
        return compare(fused, MEAN, {"puma": 1}, {"puma": 2}, recipient=table, design=DESIGN)

    ask()
    return seconds(ask)


def measure(*, quick: bool) -> list[Row]:
    """Measure maps of a state and, not quickly, of the country; and a comparison."""
    rows = []
    for households, areas in (STATE,) if quick else (STATE, COUNTRY):
        is_country = (households, areas) == COUNTRY
        statistics = STATISTICS if is_country or quick else (*STATISTICS, MEDIAN)
        found, memory = in_own_process(map_seconds, households, areas, statistics)
        what = f"{households:,} × {IMPLICATES} × 81 weights, {areas:,} areas"
        for label, value in found.items():
            row = Row(topic="estimate", what=f"{what}: {label}", value=value, unit="s")
            goal = GOAL_FIRST_COLOURS if label == FIRST_COLOURS else GOAL_MAP
            rows.append(row.against("goal", goal) if is_country else row)
        rows.append(
            Row(topic="estimate", what=f"{what}: peak memory", value=memory / 1e9, unit="GB")
        )
    compared = in_own_process(compare_seconds, *STATE)
    what = f"{STATE[0]:,} × {IMPLICATES}: compare two areas, table to answer"
    return [*rows, Row(topic="estimate", what=what, value=compared, unit="s")]


if __name__ == "__main__":
    sys.exit(run_alone(measure))
