"""How long training takes on the RECS half, against the R package and against the paper's method."""

from __future__ import annotations

import sys

from support.measuring import Usage, in_own_process, metered
from support.recs import R_TRAIN_PAPER, recs_halves
from support.reporting import Row, run_alone

from fusion_core.fusion import TrainSettings, train
from fusion_core.fusion.base.settings import Preset

WORKERS = 2
REPEATS = 3


def training(preset: Preset, workers: int) -> Usage:
    """Train on the donor half, once to warm up and once measured."""
    halves = recs_halves()
    settings = TrainSettings.preset(preset).replace(workers=workers)
    warm_up = TrainSettings.preset("quick").replace(workers=workers, maximum_trees=5)
    train(halves.donor, halves.variables, halves.predictors, settings=warm_up, seed=0)
    with metered() as meter:
        train(halves.donor, halves.variables, halves.predictors, settings=settings, seed=0)
    return meter.usage


def measure(*, quick: bool) -> list[Row]:
    """Measure the presets in turn, several times, so that a busy moment hits none alone."""
    repeats = 1 if quick else REPEATS
    what = "RECS half: 2,843 donors, 5 variables, 13 predictors, {}"
    found: dict[Preset, list[Usage]] = {"paper": [], "production": []}
    recs_halves()  # tells what is missing before any process starts
    for _ in range(repeats):
        for preset, usages in found.items():
            usages.append(in_own_process(training, preset, WORKERS))
    wall = {preset: min(item.wall for item in usages) for preset, usages in found.items()}
    cpu = {preset: min(item.cpu for item in usages) for preset, usages in found.items()}
    memory = max(item.memory for item in found["paper"])

    def row(figure: str, value: float, unit: str = "s") -> Row:
        note = f"best of {repeats}"
        return Row(topic="train", what=what.format(figure), value=value, unit=unit, note=note)

    return [
        row(f"paper settings, {WORKERS} workers", wall["paper"]).against("R", R_TRAIN_PAPER),
        row(f"default settings, {WORKERS} workers", wall["production"]).against(
            "R, paper settings", R_TRAIN_PAPER
        ),
        row("default settings, processor time", cpu["production"]).against(
            "paper settings", cpu["paper"]
        ),
        row("paper settings, peak memory", memory / 1e9, "GB").against("R", 0.5),
    ]


if __name__ == "__main__":
    sys.exit(run_alone(measure))
