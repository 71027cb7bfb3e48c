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
from fusion_core.estimates.analysis import estimate_targets
from fusion_core.estimates.groups import group_rows
from fusion_core.estimates.report import result_frame
from fusion_core.estimates.targets import build_targets
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
RUNS = 3
GOAL_MAP = 2.0


def best(work: Callable[[], Any], runs: int = RUNS) -> float:
    """Return the shortest of some wall times in seconds."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


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


def map_seconds(
    households: int, areas: int, statistics: tuple[Statistic, ...]
) -> tuple[dict[str, float], float]:
    """Return the seconds of a map by statistic, warm, and the largest memory in bytes."""
    table, weights, fused = sample(households, areas)
    found = {}
    with metered() as meter:
        groups, keys = group_rows(table, ["puma"])
        for statistic in statistics:
            targets = build_targets(statistic, fused, table, households)

            def estimate(targets: Any = targets) -> pd.DataFrame:
                return result_frame(
                    keys, estimate_targets(groups, weights, targets), confidence=0.9
                )

            found[statistic.label] = best(estimate)
    return found, meter.usage.memory


def compare_seconds(households: int, areas: int) -> float:
    """Return the seconds from tables to the answer whether two areas differ."""
    table, weights, fused = sample(households, areas)
    replicates = pd.DataFrame(weights.values[:, 1:], columns=list(DESIGN.columns))
    table = pd.concat([table, replicates], axis=1)
    return best(
        lambda: compare(fused, MEAN, {"puma": 3}, {"puma": 9}, recipient=table, design=DESIGN)
    )


def measure(*, quick: bool) -> list[Row]:
    """Measure maps of a state and, not quickly, of the country; and a comparison."""
    rows = []
    for households, areas in (STATE,) if quick else (STATE, COUNTRY):
        is_country = (households, areas) == COUNTRY
        statistics = STATISTICS if is_country or quick else (*STATISTICS, MEDIAN)
        seconds, memory = in_own_process(map_seconds, households, areas, statistics)
        what = f"{households:,} × {IMPLICATES} × 81 weights, {areas:,} areas"
        for label, value in seconds.items():
            row = Row(topic="estimate", what=f"{what}: {label}", value=value, unit="s", note="warm")
            rows.append(row.against("goal", GOAL_MAP) if is_country else row)
        rows.append(
            Row(topic="estimate", what=f"{what}: peak memory", value=memory / 1e9, unit="GB")
        )
    seconds = in_own_process(compare_seconds, *STATE)
    what = f"{STATE[0]:,} × {IMPLICATES}: compare two areas, table to answer"
    return [*rows, Row(topic="estimate", what=what, value=seconds, unit="s", note="warm")]


if __name__ == "__main__":
    sys.exit(run_alone(measure))
