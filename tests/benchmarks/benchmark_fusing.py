"""How long fusing takes: against the R package, the paper's method and plain LightGBM prediction."""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from support.made_up_households import other_households
from support.measuring import Usage, in_own_process, metered
from support.recs import R_FUSE, R_MEMORY_NATIONAL, recs_halves
from support.reporting import Row, run_alone

from fusion_core.fusion import FusionModel, TrainSettings, fuse, fuse_to_folder, train
from fusion_core.fusion.base.settings import Preset
from fusion_core.fusion.fusing._prediction import ExpandingPredictor, FastPredictor, Predictor

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fusion_core.fusion.model.fusion_model import VariableModel

THREADS = 2
GOAL_SECONDS, GOAL_MEMORY = 300.0, 2.0
WARM_UP_ROWS = 500
MODEL = "5 variables, 13 predictors"


@dataclass
class TimedPredictor:
    """Counts the processor seconds spent on expectations, in one thread."""

    inner: Predictor
    seconds: float = 0.0

    def expectations(
        self,
        variable: VariableModel,
        recipient: NDArray[np.float64],
        fused: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Predict; see `Predictor.expectations`."""
        start = time.thread_time()
        result = self.inner.expectations(variable, recipient, fused)
        self.seconds += time.thread_time() - start
        return result


def train_and_save(preset: Preset, folder: Path) -> None:
    """Save a model of the RECS donor half."""
    halves = recs_halves()
    settings = TrainSettings.preset(preset).replace(workers=THREADS)
    train(halves.donor, halves.variables, halves.predictors, settings=settings, seed=0).save(folder)


def in_memory(model: Path, m: int) -> Usage:
    """Fuse the recipient half of RECS."""
    halves, loaded = recs_halves(), FusionModel.load(model)
    fuse(halves.recipient[:WARM_UP_ROWS], loaded, implicates=2, seed=0)
    with metered() as meter:
        fuse(halves.recipient, loaded, implicates=m, threads=THREADS, seed=0)
    return meter.usage


def by_predictor(model: Path, rows: int, m: int) -> dict[str, tuple[float, float]]:
    """Return processor seconds, of the whole and of expectations alone, by way of predicting."""
    halves, loaded = recs_halves(), FusionModel.load(model)
    recipient = other_households(halves.recipient, halves.predictors, rows)
    fuse(recipient[:WARM_UP_ROWS], loaded, implicates=2, seed=0)
    found = {}
    ways: dict[str, Predictor] = {"ours": FastPredictor(), "plain": ExpandingPredictor()}
    for name, way in ways.items():
        timed = TimedPredictor(way)
        with metered() as meter:
            fuse(recipient, loaded, implicates=m, predictor=timed, seed=0)
        found[name] = meter.usage.cpu, timed.seconds
    return found


def write_recipient(rows: int, path: Path) -> None:
    """Write households as unlike each other as their predictors allow."""
    halves = recs_halves()
    other_households(halves.recipient, halves.predictors, rows).to_parquet(path, index=False)


def from_file_to_folder(recipient: Path, model: Path, folder: Path, m: int) -> Usage:
    """Fuse as a run does, reading the model and the recipient included."""
    with metered() as meter:
        fuse_to_folder(recipient, model, folder, implicates=m, threads=THREADS, seed=0)
    return meter.usage


def measure(*, quick: bool) -> list[Row]:
    """Measure from the RECS half to the whole country."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        models = {preset: folder / preset for preset in ("production", "paper")}
        for preset, model in models.items():
            in_own_process(train_and_save, preset, model)
        rows = _recs_half(models)
        rows += _against_plain_prediction(models["production"], quick=quick)
        sizes = [(50_000, 10)] if quick else [(50_000, 40), (130_000, 40), (1_300_000, 40)]
        for count, m in sizes:
            rows += _file_to_folder(folder, models["production"], count, m)
    return rows


def _recs_half(models: dict[Preset, Path]) -> list[Row]:
    usages = {preset: in_own_process(in_memory, model, 40) for preset, model in models.items()}
    ours, paper = usages["production"], usages["paper"]
    what = f"2,843 × 40, {MODEL}"
    return [
        Row(
            topic="fuse", what=f"{what}, {THREADS} threads, in memory", value=ours.wall, unit="s"
        ).against("R", R_FUSE[2_843, 40]),
        Row(topic="fuse", what=f"{what}, processor time", value=ours.cpu, unit="s").against(
            "paper's method", paper.cpu
        ),
    ]


def _against_plain_prediction(model: Path, *, quick: bool) -> list[Row]:
    count, m = (2_000, 10) if quick else (20_000, 40)
    found = in_own_process(by_predictor, model, count, m)
    plain = f"LightGBM on {count * m:,} expanded rows"
    return [
        Row(
            topic="fuse",
            what=f"{count:,} × {m}, {part}, processor time",
            value=found["ours"][place],
            unit="s",
        ).against(plain, found["plain"][place])
        for place, part in enumerate(("whole", "expectations alone"))
    ]


def _file_to_folder(folder: Path, model: Path, count: int, m: int) -> list[Row]:
    recipient = folder / f"recipient_{count}.parquet"
    if not recipient.exists():
        in_own_process(write_recipient, count, recipient)
    result = folder / f"implicates_{count}_{m}"
    usage = in_own_process(from_file_to_folder, recipient, model, result, m)
    size = sum(path.stat().st_size for path in result.rglob("*.parquet"))
    what = f"{count:,} × {m}, {MODEL}, Parquet to Parquet, {THREADS} threads"
    note = f"{usage.cpu:.0f} s processor time; {size / 1e6:,.0f} MB written"
    time_row = Row(topic="fuse", what=what, value=usage.wall, unit="s", note=note)
    memory_row = Row(
        topic="fuse", what=f"{count:,} × {m}, peak memory", value=usage.memory / 1e9, unit="GB"
    )
    if (count, m) in R_FUSE:
        return [time_row.against("R", R_FUSE[count, m]), memory_row]
    if (count, 10) in R_FUSE:
        return [
            time_row.against("R, 10 implicates only", R_FUSE[count, 10]),
            time_row.against("goal", GOAL_SECONDS),
            memory_row.against("R, 10 implicates only", R_MEMORY_NATIONAL),
            memory_row.against("goal", GOAL_MEMORY),
        ]
    return [time_row, memory_row]


if __name__ == "__main__":
    sys.exit(run_alone(measure))
