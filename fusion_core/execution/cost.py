"""What a run will cost, said before it starts.

The estimate is a count of the elementary operations of each stage – a tree grown on a row and a
predictor, a prediction, a draw – times a speed measured once (`Speeds`). It is meant to tell a
minute from an hour and a gigabyte from a terabyte: expect it to be right within a factor of two on
a computer like the one it was measured on; finished runs correct it (`read_pace`). The time left while
a run is going corrects itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from fusion_core.errors import HarmonyError, InputError
from fusion_core.execution.budget import available_cores
from fusion_core.geography.spatial import PUMA
from fusion_core.harmony.store import HarmonyStore
from fusion_core.prepare.choose import flat_names
from fusion_core.records import Checked
from fusion_core.surveys.storage import has_table, read_outline
from fusion_core.workspace.runs import STAGES, Stage, list_runs
from fusion_core.workspace.tables import read_table_outline

if TYPE_CHECKING:
    from pathlib import Path

    from fusion_core.fusion.base import TrainSettings
    from fusion_core.harmony.model import SurveyPair
    from fusion_core.surveys.model import Variable
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run, RunSpec


@dataclass(frozen=True, slots=True)
class Speeds:
    """Seconds per elementary operation on one core of an ordinary server.

    Attributes
    ----------
    start
        Starting the process and importing what a stage needs.
    harmonize_row
        One harmony applied to one household of either survey.
    locate_donor
        Placing one donor household among a thousand candidates.
    boost
        One tree, per row and predictor.
    tree
        One tree, whatever its size.
    list_donor
        The nearest donors of one donor household, per number to be fused.
    predict
        One model's prediction for one household and all its implicates.
    draw
        One implicate of one variable for one household.
    draw_block
        One implicate of a block for one household: its search has many dimensions.
    grow
        One tree of a forest, per row and predictor.
    walk
        One implicate of one variable or block for one household, drawn from a forest's leaf.
    compare
        Validation of one implicate of one variable for one donor household.
    """

    start: float = 1.5
    harmonize_row: float = 1.5e-6
    locate_donor: float = 4e-4
    boost: float = 2.5e-9
    tree: float = 3e-4
    list_donor: float = 3.4e-4
    predict: float = 6e-6
    draw: float = 1.6e-6
    draw_block: float = 2e-5
    grow: float = 1e-7
    walk: float = 4e-7
    compare: float = 1e-6


SPEEDS: Final = Speeds()
# Boosting on survey data stops after about this many rounds of learning rate 0.1.
_TYPICAL_ROUNDS: Final = 60
_NUMBER_BYTES: Final = 8
_CODE_BYTES: Final = 1
# Draws are observed values and most predictors categories, so columns compress well.
_COMPRESSION: Final = 0.25
_BASE_MEMORY: Final = 420_000_000
# Draws are written in parts; more than this is not kept at once.
_DRAWS_MEMORY: Final = 800_000_000
_MAXIMUM_CLASSES: Final = 50
_RUNS_LOOKED_AT: Final = 20
_TELLING_SECONDS: Final = 5.0
"""Shorter stages say more about starting a process than about the work."""
_PACE_RANGE: Final = (-2.5, 2.5)
# Of known answers, see `fusion_core.validation.known_answers.KnownAnswerSettings`: trees of a number's
# four models, and the households of 2,462 PUMAs.
_KNOWN_DONORS: Final = 20_000
_KNOWN_RECIPIENTS: Final = 370_000
_KNOWN_IMPLICATES: Final = 5
_KNOWN_TREES: Final = 240


@dataclass(frozen=True, slots=True)
class RunSizes:
    """The sizes a cost depends on.

    Attributes
    ----------
    donor_rows, recipient_rows
        Households.
    predictors
        Harmonies and spatial predictors of the pair, kept or not.
    has_location
        Whether donor households are placed in PUMAs.
    recipient_columns
        Columns of the prepared recipient, with replicate weights.
    variables
        The donor's dictionary.
    """

    donor_rows: int
    recipient_rows: int
    predictors: int
    has_location: bool
    recipient_columns: int
    variables: Mapping[str, Variable]


@dataclass(frozen=True)
class CostEstimate(Checked):
    """What a run is expected to need.

    Attributes
    ----------
    seconds_by_stage
        Wall-clock seconds per stage.
    memory_bytes
        Largest memory in use at one time.
    disk_bytes
        Size of the run's folder at the end.
    """

    seconds_by_stage: Mapping[Stage, float]
    memory_bytes: float
    disk_bytes: float

    @property
    def seconds(self) -> float:
        """Wall-clock seconds of the whole run."""
        return sum(self.seconds_by_stage.values())


Pace = Mapping[tuple[str, Stage], float]
"""How much longer than estimated finished runs took, by method and stage (see `read_pace`)."""


def estimate_cost(workspace: Workspace, spec: RunSpec) -> CostEstimate:
    """Estimate time, memory and disk of a run from the sizes of its surveys and from finished runs.

    Raises
    ------
    InputError
        If a survey has no household microdata or a fusion variable does not exist.
    """
    return cost_of(read_sizes(workspace, spec.pair), spec, pace=read_pace(workspace))


def read_pace(workspace: Workspace) -> dict[tuple[str, Stage], float]:
    """Return how much longer than estimated the stages of finished runs took, by method.

    The factor is the geometric mean of their ratios and of one, so that a single run moves the
    estimate half the way.

    Parameters
    ----------
    workspace
        Whose runs are looked at, the newest ones.
    """
    found: dict[tuple[str, Stage], list[float]] = {}
    for run in list_runs(workspace)[:_RUNS_LOOKED_AT]:
        try:
            if run.state().status != "finished":
                continue
            spec, taken = run.spec(), stage_seconds(run)
            expected = cost_of(read_sizes(workspace, spec.pair), spec).seconds_by_stage
        except HarmonyError:  # its surveys are gone or changed: it says nothing of others
            continue
        for stage, seconds in taken.items():
            if max(seconds, expected[stage]) >= _TELLING_SECONDS:
                ratio = np.log(max(seconds, 1.0) / max(expected[stage], 1.0))
                found.setdefault((spec.train.method, stage), []).append(float(ratio))
    return {
        key: float(np.exp(np.clip(sum(logs) / (len(logs) + 1), *_PACE_RANGE)))
        for key, logs in found.items()
    }


def stage_seconds(run: Run) -> dict[Stage, float]:
    """Return the wall-clock seconds of the stages of a run that went through them once.

    None of a run whose log is gone or damaged.
    """
    told = [record for record in run.log_records() if record.get("stage") in STAGES]
    names = [cast("Stage", record["stage"]) for record in told]
    finished = run.state().finished
    if not names or len(set(names)) < len(names) or not finished:
        return {}
    try:
        times = [datetime.fromisoformat(record["time"]) for record in told]
        times.append(datetime.fromisoformat(finished))
        lasted = [(end - start).total_seconds() for start, end in pairwise(times)]
    except (KeyError, TypeError, ValueError):
        return {}
    return dict(zip(names, lasted, strict=True))


def read_sizes(workspace: Workspace, pair: SurveyPair) -> RunSizes:
    """Read the sizes a cost depends on; reads no microdata.

    Raises
    ------
    InputError
        If a survey has no household microdata.
    CorruptFileError
        If a file of a survey is damaged.
    """
    rows = {}
    for survey in (pair.donor, pair.recipient):
        workspace.describe(survey)
        folder = workspace.survey_folder(survey)
        if not has_table(folder, "household"):
            raise InputError(
                f"{survey.title} has no household microdata", fix="Import its files first"
            )
        rows[survey] = read_outline(folder, "household")[0]
    harmonies = len(HarmonyStore(workspace.path, pair).load().harmonies)
    spatial = _spatial_columns(workspace.geography_folder / "predictors")
    predictors = harmonies + spatial
    return RunSizes(
        donor_rows=rows[pair.donor],
        recipient_rows=rows[pair.recipient],
        predictors=predictors,
        has_location=spatial > 0,
        recipient_columns=predictors + workspace.describe(pair.recipient).design.replicates + 4,
        variables=workspace.dictionary(pair.donor),
    )


def cost_of(
    sizes: RunSizes,
    spec: RunSpec,
    *,
    speeds: Speeds = SPEEDS,
    cores: int | None = None,
    pace: Pace = MappingProxyType({}),
) -> CostEstimate:
    """Estimate the cost of a run of known sizes (a pure function).

    Raises
    ------
    InputError
        If a fusion variable does not exist.
    """
    names = flat_names(spec.fusion_variables)
    variables = [_require(sizes, name) for name in names]
    parallel = max(1, min(spec.train.workers, cores or available_cores()))
    n, recipients, m = sizes.donor_rows, sizes.recipient_rows, spec.implicates
    used = min(sizes.predictors + len(names), spec.train.maximum_predictors)
    settings, steps = spec.train, len(spec.fusion_variables)
    models, train = 0, 0.0
    if settings.is_boosted:
        models = sum(_models(variable, settings) for variable in variables)
        train = sum(_training(variable, n, used, settings, speeds) for variable in variables)
    drawn = m * len(names)
    blocks = sum(not isinstance(item, str) and len(item) > 1 for item in spec.fusion_variables)
    fuse_row = models * speeds.predict
    if settings.draws_from_forest:
        train += steps * _growing(n, used, settings, speeds)
        fuse_row += m * steps * speeds.walk
    if settings.lists_donors:
        fuse_row += drawn * speeds.draw + m * blocks * speeds.draw_block
    both = n + recipients
    seconds = {
        "prepare": speeds.start
        + sizes.predictors * both * speeds.harmonize_row
        + (n * speeds.locate_donor if sizes.has_location else 0.0),
        "train": speeds.start + train / parallel,
        "fuse": recipients * fuse_row,
        "validate": n * fuse_row + n * drawn * speeds.compare,
    }
    seconds["validate"] += out_of_fold_seconds(
        spec.out_of_fold, seconds["validate"], train / parallel
    )
    seconds["validate"] += _known_answers(sizes, spec, speeds)
    seconds = {
        stage: value * pace.get((settings.method, cast("Stage", stage)), 1.0)
        for stage, value in seconds.items()
    }
    forests = steps * _forest_memory(n, settings) if settings.draws_from_forest else 0
    width = sum(_CODE_BYTES if item.is_categorical else _NUMBER_BYTES for item in variables)
    draws = recipients * m * width
    table = recipients * sizes.recipient_columns * _NUMBER_BYTES
    return CostEstimate(
        seconds_by_stage={stage: seconds[stage] for stage in STAGES},
        memory_bytes=_BASE_MEMORY + 2.0 * table + min(3.0 * draws, _DRAWS_MEMORY) + forests,
        disk_bytes=_COMPRESSION * (draws + table + forests) + models * 500_000,
    )


def _known_answers(sizes: RunSizes, spec: RunSpec, speeds: Speeds) -> float:
    """Seconds of hiding predictors and fusing them: small models on parts of both surveys."""
    donors = min(sizes.donor_rows, _KNOWN_DONORS)
    recipients = min(sizes.recipient_rows, _KNOWN_RECIPIENTS)
    used = min(sizes.predictors, spec.train.maximum_predictors)
    train = _KNOWN_TREES * (donors * used * speeds.boost + speeds.tree) + donors * speeds.list_donor
    fuse = recipients * (speeds.predict + _KNOWN_IMPLICATES * speeds.draw)
    return spec.known_answers * (train + fuse)


def out_of_fold_seconds(folds: int, inside: float, train: float) -> float:
    """Seconds of validating with unseen households: every fold trains on all but its own part.

    Parameters
    ----------
    folds
        Number of folds; 0 for none.
    inside
        Seconds of the usual validation, which fuses and compares as many households.
    train
        Seconds of training on the whole donor.
    """
    return inside + max(folds - 1, 0) * train if folds else 0.0


def _require(sizes: RunSizes, name: str) -> Variable:
    if name not in sizes.variables:
        raise InputError.unknown("variable", name, sizes.variables)
    return sizes.variables[name]


def _models(variable: Variable, settings: TrainSettings) -> int:
    """Count the tree models of a variable: one mean and the quantiles, or one per class."""
    if variable.is_categorical:
        classes = len(variable.levels)
        return 1 if classes <= 2 else min(classes, _MAXIMUM_CLASSES)  # noqa: PLR2004 - binary
    return 1 + len(settings.quantiles)


def _training(
    variable: Variable, rows: int, predictors: int, settings: TrainSettings, speeds: Speeds
) -> float:
    """Seconds of one core to choose and fit the models of a variable."""
    rounds = min(settings.maximum_trees, _TYPICAL_ROUNDS * 0.1 / settings.learning_rate)
    rounds += settings.early_stopping_rounds
    # Fits on the whole donor that the search is worth: each fold leaves out a part of the rows.
    if settings.folds:
        searched = len(settings.leaves) * (settings.folds - 1.0)
        trees = len(settings.leaves) * settings.folds + 1
    else:
        searched = len(settings.leaves) * (1 - settings.held_out_fraction)
        trees = len(settings.leaves) + 1
    per_row = (searched + 1) * rows * predictors * speeds.boost
    seconds = _models(variable, settings) * rounds * (per_row + trees * speeds.tree)
    seconds *= len(settings.variants())
    finds_donors = settings.lists_donors and not variable.is_categorical
    return seconds + rows * speeds.list_donor if finds_donors else seconds


def _growing(rows: int, predictors: int, settings: TrainSettings, speeds: Speeds) -> float:
    """Seconds of one core to choose and grow the forest of a variable or block."""
    from fusion_core.fusion.forests import most_trees  # compiled: slow to import

    trees = most_trees(rows, settings)
    return trees * (speeds.tree + min(rows, settings.tree_rows) * predictors * speeds.grow)


def _forest_memory(rows: int, settings: TrainSettings) -> int:
    from fusion_core.fusion.forests import forest_bytes

    return forest_bytes(
        rows,
        trees=settings.forest_trees,
        leaf=min(settings.forest_leaves),
        tree_rows=settings.tree_rows,
    )


def _spatial_columns(folder: Path) -> int:
    outlines = (
        read_table_outline(path, what="The spatial table", fix="Store it again")
        for path in folder.glob("*.parquet")
    )
    return sum(len([name for name in names if name != PUMA]) for _, names in outlines)
