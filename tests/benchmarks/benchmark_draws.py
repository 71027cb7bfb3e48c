"""How well ways to draw describe households the models never saw, and what they cost.

``--write`` runs the study, one world after the other, going on where it was stopped, and writes
assets/measured/draws.md; ``--write --trials`` also runs the ways that lost. Without either, only the
official RECS halves are scored. Two peers are scored by ``--peers`` in an environment that has them, since
they ask for older libraries: ``pip install quantile-forest ngboost``. ``--write`` then reports them too.
"""

from __future__ import annotations

import pickle
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from draws.candidates import Candidate, Trained, methods, trials
from draws.peers import peers
from draws.report import Found, report
from draws.scores import Scores, score
from draws.worlds import MANY, World, WorldPlan, all_worlds, official_halves
from support.measuring import metered
from support.reporting import Row, require_shared_data, run_alone

from fusion_core.fusion import FusionModel, Implicates, TrainSettings, fuse, train
from fusion_core.fusion.base.workers import workers_of
from fusion_core.fusion.fusing._prediction import FastPredictor
from fusion_core.fusion.training._encoding import encode_donor
from fusion_core.fusion.training.checking import check_asked, check_donor
from fusion_core.fusion.training.checkpoints import fit_or_read

IMPLICATES: Final = 160
"""More than anybody fuses: scores do not depend on it, but their luck does."""
TRAINING_SEED: Final = 1
KEPT: Final = Path(__file__).parent / "results" / "draws"
TABLE: Final = Path(__file__).parents[2] / "assets" / "measured" / "draws.md"
IN_SHORT: Final = ("out-of-fold", "stacked", "variable-k (paper)", "variable-k-smoothed (R)")
WITH_MANY: Final = ("out-of-fold", "stacked")
"""Scored with many donors, too: all ways would take half an hour."""


@dataclass(frozen=True)
class Result:
    """Scores of one way to draw in one world, with processor seconds; none for R's implicates."""

    scores: Scores
    training: float | None
    fusing: float | None


def main() -> int:
    if not {"--write", "--peers"} & set(sys.argv):
        return run_alone(measure)
    require_shared_data()
    KEPT.mkdir(parents=True, exist_ok=True)
    found: Found = {}
    for plan in all_worlds():
        own, theirs = (
            KEPT / f"{plan.survey} {plan.purpose} {plan.name}{who}.pickle" for who in ("", " peers")
        )
        if "--peers" in sys.argv:
            if (plan.survey, plan.purpose) == ("RECS", "report"):
                theirs.write_bytes(pickle.dumps(peer_scores(plan.make())))
            continue
        if not own.exists():
            print(own.stem, flush=True)
            own.write_bytes(pickle.dumps(results(plan)))
        kept = [path for path in (own, theirs) if path.exists()]
        parts = [pickle.loads(path.read_bytes()) for path in kept]  # noqa: S301 - this script's own files
        found[plan.survey, plan.purpose, plan.name] = {
            name: result for part in parts for name, result in part.items()
        }
        # Written after every world, so that an interrupted study leaves what it found.
        write_table(found)
    return 0


def write_table(found: Found) -> None:
    """Write what is known so far."""
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    TABLE.write_text(report(found), encoding="utf-8")


def measure(*, quick: bool) -> list[Row]:
    """Score the named methods on the official RECS halves, beside the R package's implicates."""
    world = official_halves()
    short = [item for item in methods() if item.name in IN_SHORT]
    if quick:
        short = [Candidate(item.name, _quick(item.settings)) for item in short[:2]]
    found = scored(world, short) | reference_scores(world)
    rows = []
    for name, result in found.items():
        for variable, losses in result.scores.crps.items():
            what = f"RECS half, {name}: {variable}"
            inside = 100 * result.scores.coverage[variable][0]
            rows += [
                Row(
                    topic="draws", what=f"{what}, CRPS", value=float(losses.mean()), unit=""
                ).against(
                    "R, paper settings", float(found["R, paper"].scores.crps[variable].mean())
                ),
                Row(
                    topic="draws",
                    what=f"{what}, inside the 80 % interval",
                    value=inside,
                    unit="%",
                    note="ideal: 80 %",
                ),
            ]
    return rows


def results(plan: WorldPlan) -> dict[str, Result]:
    """Score all ways to draw in one world."""
    world = plan.make()
    ways = [*methods(), *(trials() if "--trials" in sys.argv else [])]
    found = scored(world, [way for way in ways if plan.survey != MANY or way.name in WITH_MANY])
    if (plan.survey, plan.name) == ("RECS", "official"):
        found |= reference_scores(world)
    return found


def peer_scores(world: World) -> dict[str, Result]:
    """Score what other libraries draw."""
    found = {}
    for name, draw in peers().items():
        with metered() as meter:
            drawn = draw(world, IMPLICATES)
        scores = score(drawn, world.recipient, world.groups)
        found[name] = Result(scores, meter.usage.cpu, None)
        print(f"  {name}: {meter.usage.cpu:.1f} s", flush=True)
    return found


def scored(world: World, ways: list[Candidate]) -> dict[str, Result]:
    """Train, fuse and score; what differs only in drawing is fitted once."""
    found: dict[str, Result] = {}
    seconds: dict[tuple[object, ...], float] = {}
    warm_up()
    with tempfile.TemporaryDirectory() as folder:
        for way in ways:
            with way.around():
                # What is computed otherwise must not meet what was fitted before.
                own = Path(folder) / ("own" if way.around is not ExitStack else "common")
                with metered() as training:
                    model = _train(world, way.settings, own)
                fit = (own, way.settings.quantiles, way.settings.leaves)
                spent = training.usage.cpu
                if way.settings.draws_from_forest:
                    # Its boosted trees, where it has any, were fitted for the ways before.
                    spent += seconds[fit] if way.settings.is_boosted else 0.0
                else:
                    spent = seconds.setdefault(fit, spent)
                predictor = FastPredictor()
                if way.change is not None:
                    model, predictor = way.change(_trained(world, way.settings, own, model))
                with metered() as fusing:
                    drawn = fuse(
                        world.recipient[world.x],
                        model,
                        implicates=IMPLICATES,
                        seed=way.seed,
                        predictor=predictor,
                    )
            scores = score(drawn, world.recipient, world.groups)
            found[way.name] = Result(scores, spent, fusing.usage.cpu)
            print(f"  {way.name}: {spent:.1f} s + {fusing.usage.cpu:.1f} s", flush=True)
    return found


def warm_up() -> None:
    """Fuse a few rows once, so that compiling is not part of the first figure."""
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"x": draw.normal(size=200), "y": draw.normal(size=200)})
    model = train(frame, ["y"], ["x"], settings=TrainSettings(folds=2, maximum_trees=2), seed=0)
    fuse(frame, model, implicates=2, seed=0)


def reference_scores(world: World) -> dict[str, Result]:
    """Score the R package's implicates of the official halves."""
    folder = require_shared_data() / "reference" / "fusionmodel"
    found = {}
    for name in ("default", "paper"):
        frame = pd.read_parquet(folder / f"fused_recipient_M40_{name}.parquet")
        for column in ("insulation", "aircon"):
            levels = world.recipient[column].cat.categories
            frame[column] = pd.Categorical(frame[column].astype(str), levels)
        drawn = Implicates.from_long(frame, implicate="M")
        found[f"R, {name}"] = Result(score(drawn, world.recipient, world.groups), None, None)
    return found


def _train(world: World, settings: TrainSettings, folder: Path) -> FusionModel:
    return train(
        world.donor,
        world.y,
        world.x,
        weight=world.weight,
        seed=TRAINING_SEED,
        settings=settings,
        checkpoints=folder,
    )


def _trained(world: World, settings: TrainSettings, folder: Path, model: FusionModel) -> Trained:
    """Read the fitted variables, which a model does not keep, from the checkpoints."""
    asked = check_asked(world.y, world.x, settings, world.weight)
    donors = encode_donor(check_donor(world.donor, asked), seed=TRAINING_SEED)
    with workers_of(None, 1) as workers:
        fitted = [
            fit_or_read(donors.task(place), folder, workers, lambda _share: None)
            for place in range(len(donors.fused_types))
        ]
    return Trained(donors, fitted, model)


def _quick(settings: TrainSettings) -> TrainSettings:
    return settings.replace(folds=3, leaves=(16,), learning_rate=0.15, maximum_trees=100)


if __name__ == "__main__":
    sys.exit(main())
