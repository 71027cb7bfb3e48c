"""How long maps, comparisons and validations take, from a demo state to the whole country."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fusion_core.estimates import Statistic, compare
from fusion_core.estimates.analysis import estimate_targets
from fusion_core.estimates.groups import group_rows
from fusion_core.estimates.report import result_frame
from fusion_core.estimates.targets import build_targets
from fusion_core.estimates.weights import WeightMatrix
from fusion_core.fusion.implicates import FusedVariable, Implicates
from fusion_core.surveys import WeightDesign
from fusion_core.validation import validate

REFERENCE = Path(__file__).parents[3] / "shared" / "data" / "reference" / "fusionmodel"
# fusionModel 2.4 on two cores, best of three runs, in seconds.
R_VALIDATE, R_ANALYZE = 4.3, 3.3
DESIGN = WeightDesign.successive_difference(80)
STATISTICS = [
    Statistic("mean", "energy"),
    Statistic("share_above", "energy", threshold=10_000),
    Statistic("share", "fuel"),
    Statistic("median", "energy"),
]


def best(work: Callable[[], Any], runs: int = 3) -> float:
    """Return the shortest of some wall times in seconds."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def sample(
    households: int, areas: int, implicates: int
) -> tuple[pd.DataFrame, WeightMatrix, Implicates]:
    """Draw a state, or the country, with float32 replicate weights."""
    generator = np.random.default_rng(1)
    area = np.sort(generator.integers(0, areas, households))
    weight = generator.integers(20, 200, households).astype(np.float32)
    factors = generator.choice(np.array([0.3, 1.0, 1.7], dtype=np.float32), (households, 80))
    weights = WeightMatrix(np.hstack([weight[:, None], weight[:, None] * factors]), DESIGN)
    energy = generator.gamma(2.0, 5000.0, (households, implicates)).astype(np.float32)
    fuel = generator.integers(0, 3, (households, implicates), dtype=np.int8)
    fused = Implicates(
        {
            "energy": FusedVariable("energy", energy),
            "fuel": FusedVariable("fuel", fuel, ("gas", "oil", "wood")),
        }
    )
    return pd.DataFrame({"puma": area, "weight": weight}), weights, fused


def map_times(title: str, households: int, areas: int, implicates: int, runs: int) -> None:
    table, weights, fused = sample(households, areas, implicates)
    start = time.perf_counter()
    groups, keys = group_rows(table, ["puma"])
    print(f"| {title} | group rows by area (once) | {time.perf_counter() - start:.3f} |")
    for statistic in STATISTICS:
        if statistic.kind == "median" and households > 200_000:
            continue
        targets = build_targets(statistic, fused, table, households)

        def estimate(targets: Any = targets) -> pd.DataFrame:
            return result_frame(keys, estimate_targets(groups, weights, targets), confidence=0.9)

        print(f"| {title} | {statistic.label} | {best(estimate, runs):.3f} |")


def main() -> None:
    print("## Estimates\n\n| data | work | seconds |\n|---|---|---|")
    map_times("25,000 households × 40 × 81 weights, 60 areas", 25_000, 60, 40, 3)
    if "--national" in sys.argv:
        map_times("1,300,000 households × 40 × 81 weights, 2,351 areas", 1_300_000, 2351, 40, 2)
    table, weights, fused = sample(25_000, 60, 40)
    table = pd.concat(
        [table, pd.DataFrame(weights.values[:, 1:], columns=list(DESIGN.columns))], axis=1
    )
    seconds = best(
        lambda: compare(
            fused, STATISTICS[0], {"puma": 3}, {"puma": 9}, recipient=table, design=DESIGN
        )
    )
    print(f"| 25,000 households × 40 | compare two areas, table to answer | {seconds:.3f} |")
    if REFERENCE.exists():
        validate_times()


def validate_times() -> None:
    bins = pd.read_csv(REFERENCE / "validate_subset_bins_donor.csv").astype(str)
    donor = pd.read_parquet(REFERENCE / "donor.parquet")
    names = list(bins.columns)
    donor[names] = bins.astype("category")
    frame = pd.read_parquet(REFERENCE / "fused_donor_M40_default.parquet")
    frame[["insulation", "aircon"]] = frame[["insulation", "aircon"]].astype("category")
    fused = Implicates.from_long(frame, implicate="M")
    seconds = best(lambda: validate(donor, fused, names), 5)
    ratio = R_VALIDATE / seconds
    print(f"| RECS half, M = 40, 130 subsets | validate, with curves and scores | {seconds:.3f} |")
    print(
        f"\nfusionModel's `validate` takes {R_VALIDATE} s on the same data: {ratio:.0f} × faster."
    )


if __name__ == "__main__":
    main()
