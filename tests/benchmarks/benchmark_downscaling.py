"""Households allocated to block groups: two complete public problems, and tables held out of them.

The problems are those of Knox County, Tennessee (ACS 2015–2019, 182 constraints), which pymedm 2.2.8
solved in 26 s and 47 s on two cores, with 99.96 % and 99.93 % of the block groups' counts inside their
margins. How good an allocation is shows on tables it was not told of.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
import pandas as pd
from support.measuring import Usage, in_own_process, metered
from support.reporting import SHARED, Row, Unavailable, run_alone

from fusion_core.downscaling import (
    AllocationProblem,
    PublishedCounts,
    allocate,
    allocation_problem,
    hold_out,
    redraw,
)

FOLDER = SHARED / "public" / "pmedm_knox_2019"
RECORDED = {"4701601": (26.0, 99.96), "4701603": (47.0, 99.93)}
HELD_OUT = {"tenure by vehicles": "txv_", "commuting time": "cmt_mins_"}
DRAWS = 5


@dataclass(frozen=True, slots=True)
class Solved:
    """What one problem took and how good its solution is."""

    usage: Usage
    draw: float
    households: int
    areas: int
    inside: float
    entropy: float
    effective: float
    held_out: dict[str, tuple[float, float, float, float]]


def knox(puma: str) -> AllocationProblem:
    """Read the problem of one PUMA."""

    def read(name: str) -> pd.DataFrame:
        return pd.read_parquet(FOLDER / f"{name}_{puma}.parquet")

    tables = [
        PublishedCounts.of(
            read(f"cg{level}").set_index("GEOID").astype(float),
            read(f"sg{level}").set_index("GEOID").astype(float),
        )
        for level in (1, 2)
    ]
    households = read("cind").set_index("SERIALNO").astype(float)
    return allocation_problem(households, read("wt")["wt"].to_numpy(float), tables)


def solve(puma: str) -> Solved:
    """Solve one problem, redraw it, and hold out two tables."""
    asked = knox(puma)
    allocate(asked.without(asked.names[30:]))  # compiles
    with metered() as meter:
        found = allocate(knox(puma))
    with metered() as redrawn:
        for _ in redraw(found, DRAWS, np.random.default_rng(1)):
            pass
    scores = {}
    for title, beginning in HELD_OUT.items():
        names = [name for name in asked.names if name.startswith(beginning)]
        score = hold_out(asked, names)
        scores[title] = (score.error, score.absolute, even_error(asked, names), score.inside)
    return Solved(
        meter.usage,
        redrawn.usage.cpu / DRAWS,
        *found.weights.shape,
        found.inside,
        found.entropy,
        float(np.median(found.effective_households)),
        scores,
    )


def even_error(asked: AllocationProblem, names: list[str]) -> float:
    """Error where every block group has the PUMA's households, in proportion to its own number."""
    columns = [asked.names.index(name) for name in names]
    share = asked.finest.counts[:, asked.names.index("occhu")]
    share = share / share.sum()
    even = share[:, None] * (asked.weights @ asked.characteristics[:, columns])
    off = (even - asked.finest.counts[:, columns]) / asked.finest.errors[:, columns]
    return float(np.sqrt((off**2).mean()))


def measure(*, quick: bool) -> list[Row]:
    """Measure both problems, or quickly the smaller one."""
    if not FOLDER.exists():
        raise Unavailable(f"The problems of {FOLDER.name} are not beside the checkout.")
    rows = []
    for puma in list(RECORDED)[: 1 if quick else 2]:
        rows += problem_rows(puma, in_own_process(solve, puma))
    return rows


def problem_rows(puma: str, found: Solved) -> list[Row]:
    """Return the figures of one problem."""
    seconds, inside = RECORDED[puma]
    title = f"PUMA {puma}, {found.households:,} households × {found.areas} block groups"

    def row(what: str, value: float, unit: str, note: str = "") -> Row:
        return Row(topic="downscale", what=f"{title}: {what}", value=value, unit=unit, note=note)

    rows = [
        row("solved, processor time", found.usage.cpu, "s").against("pymedm, 2 cores", seconds),
        row("peak memory", found.usage.memory / 1e9, "GB"),
        row("solved again for a draw of the published counts", found.draw, "s"),
        row("counts outside their margins", 100 - 100 * found.inside, "%").against(
            "pymedm", 100 - inside
        ),
        row(
            "entropy of the weights",
            found.entropy,
            "",
            f"half the block groups rest on more than {found.effective:.0f} effective households",
        ),
    ]
    for table, (error, absolute, even, met) in found.held_out.items():
        note = f"{100 * met:.0f} % inside the margins, absolute error {100 * absolute:.0f} %"
        rows.append(
            row(f"held out, {table}", error, "standard errors", note).against(
                "the PUMA's households everywhere", even
            )
        )
    return rows


if __name__ == "__main__":
    sys.exit(run_alone(measure))
