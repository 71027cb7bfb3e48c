"""Fitted variables on disk, so that an interrupted training goes on with those it finished.

A checkpoint is named after everything the fit follows from – data, weights, settings, seed – and is
used only for exactly that. How donors are drawn from the fitted models is decided later, so a
training that only draws differently finds them too.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from fusion_core.fusion.base import check_seed
from fusion_core.fusion.forests import (
    FittedForest,
    ForestTask,
    fit_forest,
    forest_of,
    forest_record,
)
from fusion_core.fusion.model import ModelPart, VariableModel
from fusion_core.fusion.training._variable_fits import FittedVariable, VariableTask, fit_variable
from fusion_core.fusion.trees import Tuning
from fusion_core.workspace.files import read_json, replace_file, write_json

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from fusion_core.fusion.base import Report, Workers

SEED_FILE: Final = "seed.json"
_AFTER_THE_FIT: Final = frozenset(
    {
        "workers",
        "method",
        "class_probabilities",
        "neighbours",
        "minimum_neighbours",
        "centres",
        "block_neighbours",
        "forest_trees",
        "forest_leaves",
        "forest_shares",
        "tree_rows",
    }
)
"""Settings that do not change a fit."""


def seed_or_recorded(seed: int | None, folder: Path | None) -> int:
    """Return a seed: the given one, the one recorded beside checkpoints, or a random one.

    Parameters
    ----------
    seed
        The user's; ``None`` where none was given.
    folder
        Where checkpoints are kept and `record_seed` leaves the seed.

    Raises
    ------
    InputError
        If the seed cannot be one.
    """
    if seed is None and folder is not None and (folder / SEED_FILE).exists():
        return check_seed(read_json(folder / SEED_FILE).get("seed"))
    return check_seed(seed)


def record_seed(seed: int, folder: Path | None) -> None:
    """Record a seed beside checkpoints, so that an interrupted call that named none goes on with it.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    if folder is not None:
        write_json({"seed": seed}, folder / SEED_FILE)


def fit_or_read(
    task: VariableTask, folder: Path | None, workers: Workers, report: Report
) -> FittedVariable:
    """Fit the models of one variable, or read them where an earlier training left them.

    Parameters
    ----------
    task
        What to fit.
    folder
        Where checkpoints are kept; ``None`` to keep none.
    workers, report
        As for `variable_fits.fit_variable`.

    Raises
    ------
    InputError
        If the checkpoint cannot be written.
    """
    if folder is None:
        return fit_variable(task, workers, report)
    path = folder / f"{fingerprint(task)}.npz"
    found = _read(task, path)
    if found is None:
        found = fit_variable(task, workers, report)
        _write(found, path)
    return found


def fingerprint(task: VariableTask) -> str:
    """Return a text that is equal only for tasks with the same result."""
    settings = {
        name: value
        for name, value in dataclasses.asdict(task.settings).items()
        if name not in _AFTER_THE_FIT
    }
    described = [
        dataclasses.asdict(task.type),
        [dataclasses.asdict(item) for item in task.candidates],
        task.features,
        settings,
        task.seed,
        task.origin,
    ]
    digest = hashlib.sha256(json.dumps(described, sort_keys=True).encode())
    for array in (task.outcome, task.matrix, task.weights):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def forest_or_read(
    task: ForestTask,
    folder: Path | None,
    workers: Workers,
    report: Report,
    rival: csr_array | None = None,
) -> FittedForest:
    """Grow the forest of one step, or read it where an earlier training left it.

    Parameters
    ----------
    task
        What to grow it for.
    folder
        Where checkpoints are kept; ``None`` to keep none.
    workers, report, rival
        As for `fusion_core.fusion.forests.fit_forest`.

    Raises
    ------
    InputError
        If the checkpoint cannot be written.
    """
    if folder is None:
        return fit_forest(task, workers, report, rival)
    path = folder / f"{forest_fingerprint(task, rival)}.npz"
    found = _read_forest(path)
    if found is None:
        found = fit_forest(task, workers, report, rival)
        with replace_file(path) as temporary, temporary.open("wb") as file:
            forest, nothing = found.forest, np.empty(0)
            np.savez(
                file,
                model=np.array(json.dumps(forest and forest_record(forest))),
                nodes=nothing if forest is None else forest.nodes,
                roots=nothing if forest is None else forest.roots,
                donors=nothing if forest is None else forest.donors,
                scored=found.scored,
                probabilities=found.probabilities,
            )
    return found


def forest_fingerprint(task: ForestTask, rival: csr_array | None = None) -> str:
    """Return a text that is equal only for tasks with the same forest beside the same rival."""
    settings = task.settings
    described = [
        "forest",
        [dataclasses.asdict(item) for item in (*task.types, *task.candidates)],
        task.features,
        [settings.forest_trees, settings.forest_leaves, settings.forest_shares, settings.tree_rows],
        task.seed,
        task.origin,
    ]
    digest = hashlib.sha256(json.dumps(described, sort_keys=True).encode())
    others = () if rival is None else (rival.data, rival.indices, rival.indptr)
    for array in (task.outcomes, task.matrix, task.weights, task.donors, *others):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _read_forest(path: Path) -> FittedForest | None:
    """Read a checkpoint; ``None`` where there is none or it was cut off."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            record = json.loads(str(stored["model"]))
            arrays = [stored[name] for name in ("nodes", "roots", "donors")]
            scored, probabilities = stored["scored"], stored["probabilities"]
    except (OSError, zipfile.BadZipFile, ValueError, KeyError):
        return None
    forest = forest_of(record, *arrays) if record else None
    return FittedForest(forest, scored, probabilities)


def _write(fitted: FittedVariable, path: Path) -> None:
    model = fitted.model
    record = {
        "features": model.features,
        "classes": model.classes,
        "constant": model.constant,
        "parts": [
            {
                "role": part.role,
                "probability": part.probability,
                "text": part.text,
                "tuning": dataclasses.asdict(part.tuning),
            }
            for part in model.parts
        ],
    }
    with replace_file(path) as temporary, temporary.open("wb") as file:
        np.savez(
            file,
            model=np.array(json.dumps(record)),
            fitted=fitted.fitted,
            out_of_fold=fitted.out_of_fold,
        )


def _read(task: VariableTask, path: Path) -> FittedVariable | None:
    """Read a checkpoint; ``None`` where there is none or it was cut off."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            record = json.loads(str(stored["model"]))
            expectations: list[NDArray[np.float64]] = [stored["fitted"], stored["out_of_fold"]]
    except (OSError, zipfile.BadZipFile, ValueError, KeyError):
        return None
    parts = tuple(
        ModelPart(item["role"], item["probability"], item["text"], Tuning(**item["tuning"]))
        for item in record["parts"]
    )
    model = VariableModel(
        task.type, tuple(record["features"]), tuple(record["classes"]), parts, record["constant"]
    )
    return FittedVariable(model, *expectations)
