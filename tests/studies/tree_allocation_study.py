"""Trees against maximum entropy: households allocated to block groups both ways, scored on tables held out.

The tree-based way is that of the paper's reference 24 (Graetz, Ummel & Aldana Cohen 2022) as far as its
abstract tells; its text was not at hand. Every tree splits a PUMA's households by published
characteristics in random order. At each split an area's households go to either side as they do in the
PUMA, tilted by the odds of the area's published share against the PUMA's, which is shrunk by its error.
Leaves share out their households by weight; a forest is the mean of its trees. `raked` then scales each
area's weights to its published counts, one after the other.

    python tests/studies/tree_allocation_study.py [TREES]
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

from benchmark_downscaling import HELD_OUT, RECORDED, even_error, knox

from fusion_core.downscaling import AllocationProblem, allocate

Floats = NDArray[np.float64]
DEPTH = 10
FEWEST = 12
TRIED = 8
RARE = 0.02
SWEEPS = 20


def forest(problem: AllocationProblem, trees: int, rng: np.random.Generator) -> Floats:
    """Return weights, shape (households, areas): the mean of random trees."""
    marks = problem.characteristics > 0
    homes = np.maximum(problem.finest.counts[:, names_of(problem, "occhu")[0]], 1.0)
    share = problem.weights @ marks / problem.weights.sum()
    grower = Grower(
        np.zeros((len(marks), len(homes))),
        marks,
        problem.weights,
        tilts(problem, homes, share),
        rng,
    )
    usable = np.flatnonzero((share > RARE) & (share < 1 - RARE))
    mass = homes * problem.weights.sum() / homes.sum()
    for _ in range(trees):
        grower.grow(np.arange(len(marks)), mass, usable, 0)
    return grower.found / trees


def tilts(problem: AllocationProblem, homes: Floats, share: Floats) -> Floats:
    """Return log odds of each area's share against the PUMA's, shrunk by the error of the count."""
    # Counts of persons have no share of households: their tilt is the ratio to the PUMA's mean.
    mean = np.maximum(problem.weights @ problem.characteristics / problem.weights.sum(), 1e-9)
    ratio = problem.finest.counts / homes[:, None] / mean
    noise = (problem.finest.errors / homes[:, None] / mean) ** 2
    between = np.maximum(np.var(ratio, axis=0) - noise.mean(axis=0), 0.0)
    trust = between / np.maximum(between + noise, 1e-12)
    local = np.clip(share * np.maximum(1 + trust * (ratio - 1), RARE), 1e-3, 1 - 1e-3)
    base = np.clip(share, 1e-3, 1 - 1e-3)
    return np.asarray(np.log(local / (1 - local)) - np.log(base / (1 - base)))


@dataclass
class Grower:
    """Grows trees and adds up what their leaves share out."""

    found: Floats
    marks: NDArray[np.bool_]
    weights: Floats
    tilt: Floats
    rng: np.random.Generator

    def grow(
        self, rows: NDArray[np.intp], mass: Floats, usable: NDArray[np.intp], depth: int
    ) -> None:
        """Split a node, or share out its households."""
        for column in self.rng.permutation(usable)[:TRIED] if depth < DEPTH else ():
            inside = self.marks[rows, column]
            if FEWEST <= inside.sum() <= len(rows) - FEWEST:
                part = float(self.weights[rows[inside]].sum() / self.weights[rows].sum())
                odds = np.log(part / (1 - part)) + self.tilt[:, column]
                yes = 1 / (1 + np.exp(-odds))
                rest = usable[usable != column]
                self.grow(rows[inside], mass * yes, rest, depth + 1)
                self.grow(rows[~inside], mass * (1 - yes), rest, depth + 1)
                return
        own = self.weights[rows]
        self.found[rows] += np.outer(own / own.sum(), mass)


def raked(problem: AllocationProblem, start: Floats) -> Floats:
    """Scale each area's weights to its published counts, each as far as its error says."""
    x, counts, errors = problem.characteristics, problem.finest.counts, problem.finest.errors
    found = start.copy()
    for _ in range(SWEEPS):
        for column in range(len(problem.names)):
            inside = x[:, column] > 0
            now = x[:, column] @ found
            known = ~np.isnan(counts[:, column]) & (now > 1e-9)
            # Relative errors decide how much of the gap is closed in one sweep.
            close = counts[:, column] ** 2 / (counts[:, column] ** 2 + errors[:, column] ** 2)
            factor = np.where(
                known, (np.maximum(counts[:, column], 1e-3) / np.maximum(now, 1e-9)) ** close, 1.0
            )
            found[inside] *= factor
    return found


def names_of(problem: AllocationProblem, beginning: str) -> list[int]:
    """Return the columns whose names begin so."""
    return [place for place, name in enumerate(problem.names) if name.startswith(beginning)]


def error(problem: AllocationProblem, weights: Floats, names: list[str]) -> float:
    """Root mean square of allocated minus published counts, in published standard errors."""
    columns = [problem.names.index(name) for name in names]
    counts, errors = problem.finest.counts[:, columns], problem.finest.errors[:, columns]
    off = (weights.T @ problem.characteristics[:, columns] - counts) / errors
    return float(np.sqrt(np.nanmean(off**2)))


def study(trees: int) -> None:
    """Print the error of both ways for both problems and tables."""
    for puma in RECORDED:
        asked = knox(puma)
        for title, beginning in HELD_OUT.items():
            names = [name for name in asked.names if name.startswith(beginning)]
            rest = asked.without(names)
            start = time.process_time()
            wood = forest(rest, trees, np.random.default_rng(1))
            grown = time.process_time() - start
            start = time.process_time()
            scaled = raked(rest, wood)
            raking = time.process_time() - start
            start = time.process_time()
            entropy = allocate(rest).weights
            solved = time.process_time() - start
            print(
                f"{puma} {title}: even {even_error(asked, names):.2f}, forest "
                f"{error(asked, wood, names):.2f} ({grown:.1f} s), raked {error(asked, scaled, names):.2f} "
                f"(+{raking:.1f} s), maximum entropy {error(asked, entropy, names):.2f} ({solved:.1f} s)",
                flush=True,
            )


if __name__ == "__main__":
    study(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
