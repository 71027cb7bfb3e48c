"""How long maps, medians and comparisons take, from a demo state to the whole country.

``--write`` measures everything and writes assets/measured/estimates.md.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from support import machine
from support.made_up_households import made_up
from support.measuring import in_own_process, metered
from support.reporting import Row, markdown, number, run_alone

from fusion_core.estimates import Statistic, compare
from fusion_core.estimates.api.analysis import estimate_points, estimate_targets
from fusion_core.estimates.margins.report import result_frame
from fusion_core.estimates.runs.estimate_data import EstimateData
from fusion_core.estimates.statistics.weights import WeightMatrix
from fusion_core.estimates.variance.donor_sample import DonorSample
from fusion_core.estimates.variance.pooling import margin_multiplier
from fusion_core.fusion.implicates.implicates import FusedVariable, Implicates
from fusion_core.surveys import WeightDesign

DESIGN = WeightDesign.successive_difference(80)
MEAN = Statistic("mean", "energy")
STATE = (25_000, 60)
COUNTRY = (1_300_000, 2_351)
IMPLICATES = 40
DONORS, DONOR_REPLICATES, PREDICTORS = 5_686, 96, 13
FUELS = ("gas", "oil", "wood")
GOAL_MAP, GOAL_FIRST_PAINT = 2.0, 0.3
TABLE = Path(__file__).parents[2] / "assets" / "measured" / "estimates.md"
COMMAND = "python tests/benchmarks/benchmark_estimates.py --write"


def seconds_of(work: Callable[[], Any]) -> tuple[float, float]:
    """Return the processor and the wall seconds of some work."""
    start, processor = time.perf_counter(), time.process_time()
    work()
    return time.process_time() - processor, time.perf_counter() - start


def sample(households: int, areas: int) -> tuple[pd.DataFrame, WeightMatrix, Implicates]:
    """Draw a state, or the country, with float32 replicate weights."""
    generator = np.random.default_rng(1)
    area = np.sort(generator.integers(0, areas, households))
    weight = generator.integers(20, 200, households).astype(np.float32)
    weights = np.empty((households, 81), dtype=np.float32)
    weights[:, 0] = weight
    for replicate in range(1, 81):
        factor = generator.choice(np.array([0.3, 1.0, 1.7], dtype=np.float32), households)
        weights[:, replicate] = weight * factor
    energy = np.empty((households, IMPLICATES), dtype=np.float32)
    for implicate in range(IMPLICATES):
        energy[:, implicate] = generator.gamma(2.0, 5000.0, households)
    fuel = generator.integers(0, 3, (households, IMPLICATES), dtype=np.int8)
    fused = {
        "energy": FusedVariable("energy", energy),
        "fuel": FusedVariable("fuel", fuel, FUELS),
    }
    table = pd.DataFrame({"puma": area, "state": area // 46, "weight": weight})
    return table, WeightMatrix(weights, DESIGN), Implicates(fused)


def donor_sample(households: int) -> DonorSample:
    """Draw a donor as large as RECS 2015, and the recipient's predictors."""
    design = WeightDesign.fay(DONOR_REPLICATES, 0.5)
    donor = made_up(DONORS, predictors=PREDICTORS, variables=0, seed=2)
    recipient = made_up(households, predictors=PREDICTORS, variables=0, seed=3)
    generator = np.random.default_rng(4)
    answers = {
        "energy": generator.gamma(2.0, 5000.0, DONORS),
        "fuel": pd.Categorical.from_codes(generator.integers(0, len(FUELS), DONORS), FUELS),
    }
    weight = donor.table["weight"]
    replicates = {name: weight * generator.choice([0.5, 1.5], DONORS) for name in design.columns}
    return DonorSample.build(
        pd.concat([donor.table, pd.DataFrame(answers | replicates)], axis=1),
        recipient.table,
        predictors=donor.predictors,
        variables=tuple(answers),
        design=design,
    )


def map_seconds(households: int, areas: int) -> tuple[dict[str, tuple[float, float]], float]:
    """Return the seconds of each question in the order a visitor asks, and the peak memory."""
    table, weights, fused = sample(households, areas)
    donor = donor_sample(households)
    found = {}
    margin_multiplier(np.ones(1), 0.9)  # loads SciPy
    with metered() as meter:
        source = EstimateData(table, weights, fused, donor)

        def ask(statistic: Statistic, by: tuple[str, ...] = ("puma",)) -> pd.DataFrame:
            breakdown = source.breakdown(by, "")
            groups, keys = breakdown.groups, breakdown.keys
            targets = source.targets([statistic], "")
            sums = source.sums(by, "")
            blocks = estimate_targets(groups, weights, targets, donor=donor, sums=sums)
            return result_frame(keys, blocks, confidence=0.9)

        def colour_first() -> pd.DataFrame:
            breakdown = source.breakdown(("puma",), "")
            groups, keys = breakdown.groups, breakdown.keys
            points = estimate_points(groups, weights, source.targets([MEAN], ""))
            return result_frame(keys, points, confidence=0.9)

        median = Statistic("median", "energy")
        found["rows by area (once)"] = seconds_of(lambda: source.breakdown(("puma",), ""))
        found["first paint: mean of energy, no margins"] = seconds_of(colour_first)
        found["map: mean of energy"] = seconds_of(lambda: ask(MEAN))
        found["map: mean of energy, again from the sums kept"] = seconds_of(lambda: ask(MEAN))
        found["map: total of energy, after its mean"] = seconds_of(
            lambda: ask(Statistic("total", "energy"))
        )
        found["by state: mean of energy, after the map"] = seconds_of(lambda: ask(MEAN, ("state",)))
        found["everybody: mean of energy, after the map"] = seconds_of(lambda: ask(MEAN, ()))
        found["map: share above 10,000"] = seconds_of(
            lambda: ask(Statistic("share_above", "energy", threshold=10_000))
        )
        found["map: share of one of three fuels"] = seconds_of(
            lambda: ask(Statistic("share", "fuel", level="oil"))
        )
        # Compiled code is loaded, or compiled once for all, before it is timed.
        source_of_one = np.ones((2, 1))
        median_target = source.targets([median], "")[0].target
        median_target.replicated(source_of_one, slice(0, 2))
        found["map: median of energy"] = seconds_of(lambda: ask(median))
        gini = Statistic("gini", "energy")
        source.targets([gini], "")[0].target.replicated(source_of_one, slice(0, 2))
        found["map: Gini coefficient of energy"] = seconds_of(lambda: ask(gini))
    return found, meter.usage.memory


def compare_seconds(households: int, areas: int) -> tuple[float, float]:
    """Return the seconds from tables to the answer whether two areas differ."""
    table, weights, fused = sample(households, areas)
    replicates = pd.DataFrame(weights.values[:, 1:], columns=list(DESIGN.columns))
    table = pd.concat([table, replicates], axis=1)
    return seconds_of(
        lambda: compare(fused, MEAN, {"puma": 3}, {"puma": 9}, recipient=table, design=DESIGN)
    )


def measure(*, quick: bool) -> list[Row]:
    """Measure maps of a state and, not quickly, of the country; and a comparison."""
    rows = []
    for households, areas in (STATE,) if quick else (STATE, COUNTRY):
        seconds, memory = in_own_process(map_seconds, households, areas)
        what = f"{households:,} × {IMPLICATES} × 81 weights, {areas:,} areas"
        for label, value in seconds.items():
            row = timed(f"{what}: {label}", value)
            if (households, areas) == COUNTRY and label.startswith("map: "):
                row = row.against("goal", GOAL_MAP)
            elif (households, areas) == COUNTRY and label.startswith("first paint"):
                row = row.against("goal", GOAL_FIRST_PAINT)
            rows.append(row)
        rows.append(
            Row(topic="estimate", what=f"{what}: peak memory", value=memory / 1e9, unit="GB")
        )
    seconds = in_own_process(compare_seconds, *STATE)
    what = f"{STATE[0]:,} × {IMPLICATES}: compare two areas, table to answer"
    return [*rows, timed(what, seconds)]


def timed(what: str, seconds: tuple[float, float]) -> Row:
    """Return processor seconds, which others' work hardly changes, with the wall time beside."""
    note = f"wall {number(seconds[1])} s"
    return Row(topic="estimate", what=what, value=seconds[0], unit="CPU s", note=note)


def write() -> int:
    """Measure everything and write the table for readers."""
    rows = markdown(measure(quick=False))
    text = (
        f"# Estimates: how long a map takes\n\n{machine.describe()}\n"
        "- Data in memory (drawn with seed 1), one question after the other in one process\n"
        "- Processor seconds of all threads, which others' work hardly changes, and wall time; medians "
        "and Gini coefficients use all cores, so the goal for them is one of wall time\n"
        "- Every margin from 80 replicate weights × 40 implicates and "
        f"the error of a donor of {DONORS:,} households × {DONOR_REPLICATES} replicate weights, "
        f"{PREDICTORS} predictors\n- Repeat with `{COMMAND}`\n\n{rows}"
    )
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    TABLE.write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(write() if "--write" in sys.argv else run_alone(measure))
