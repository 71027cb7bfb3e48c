"""A fusion model on disk: a folder or zip anyone can read, every file guarded by a checksum.

Layout (format 7; 6 where no step draws from both a forest and a pool, 5 where there are no forests;
models of format 4, in which no distribution is given, of format 3, whose random numbers are named after
the steps, of format 2, which lack settings added since, and of format 1, which name two settings otherwise
and have no temperatures, are read):

``manifest.json``
    Format version, the version that wrote it, and the SHA-256 of every other file.
``model.json``
    Types, chain, settings, tuning and notes.
``donors.parquet``
    One row per donor: its weight and its observed value of every fused variable (numbers, or codes
    into the levels listed in ``model.json``). Whole numbers too large for that are there once more,
    exactly.
``trees/SS_VV_PP.txt``
    LightGBM text model of part PP of variable VV of step SS, counted from 00.
``pools/SS.parquet``
    Centres of step SS: scaled coordinates and the list of donors (rows of ``donors.parquet``),
    nearest first.
``forests/SS_nodes.parquet``, ``forests/SS_donors.parquet``
    Nodes of the forest of step SS, tree after tree, and donors of its leaves (see `_forest_files`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
import pyarrow as pa

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.fusion.base import TrainSettings, VariableType, tupled
from fusion_core.fusion.forests import forest_record
from fusion_core.fusion.model._archive import SUFFIX, check_replaceable, pack, reading, spread
from fusion_core.fusion.model._checking import check_model
from fusion_core.fusion.model._forest_files import (
    forest_files,
    parquet_bytes,
    read_forest,
    read_parquet,
)
from fusion_core.fusion.model.chain import ModelContent, ModelPart, Step, VariableModel
from fusion_core.fusion.model.manifest import (
    FORESTS_ALONE,
    FORMAT_VERSION,
    MANIFEST_FILE,
    WITHOUT_FORESTS,
    manifest_checksum,
    manifest_of,
    verified_files,
)
from fusion_core.fusion.model.neighbours import DonorPool, ExpectationScale
from fusion_core.fusion.trees import Tuning
from fusion_core.workspace.files import check_writable, json_text, parse_json
from fusion_core.workspace.folders import own_files, replace_folder

if TYPE_CHECKING:
    from numpy.typing import NDArray

Model = TypeVar("Model", bound=ModelContent)
MODEL_FILE = "model.json"
DONOR_FILE = "donors.parquet"
OWN: Final = own_files(
    r"(manifest|model)\.json|donors\.parquet|trees/\d+_\d+_\d+\.txt|pools/\d+\.parquet"
    r"|forests/\d+_(nodes|donors)\.parquet"
)
"""The files of a saved model."""
_MISSHAPEN: Final = (
    KeyError,
    TypeError,
    IndexError,
    ValueError,
    AttributeError,
    OverflowError,
    RecursionError,
    pa.ArrowException,
)
"""What a description raises that is not written as this program writes it."""


def write_model(model: ModelContent, path: Path) -> None:
    """Write a model; an earlier one at the path is replaced once the new one is complete.

    Files that a person put beside the earlier one's are kept.

    Parameters
    ----------
    model
        The model.
    path
        A folder, or a file whose name ends in ``.zip``.

    Raises
    ------
    InputError
        If the folder or file holds something else, or cannot be written.
    """
    if path.suffix == SUFFIX:
        pack(_files(model), path)
        return
    check_replaceable(path)
    with replace_folder(path, OWN, what="the fusion model") as new:
        spread(_files(model), new)


def read_model(path: Path, kind: type[Model]) -> Model:
    """Read a model and verify every file.

    Parameters
    ----------
    path
        Its folder or zip.
    kind
        The class to make of it.

    Raises
    ------
    InputError
        If there is nothing at the path.
    CorruptFileError
        If a file is missing, altered, cut off or of another format version.
    """
    with reading(path) as read:
        files = verified_files(read, path)
    try:
        model = _model(files, path, kind)
    except (*_MISSHAPEN, InputError) as error:
        reason = error.what if isinstance(error, InputError) else error
        raise CorruptFileError(
            f"The model's description lacks or misspells {reason}",
            where=str(path / MODEL_FILE),
            fix="Train the model again",
        ) from error
    # A zip is what people send each other; the trees of a run's own folder are not read twice.
    check_model(model, path, trees=not path.is_dir())
    return model


def model_checksum(path: Path) -> str:
    """Return a text that two saved models share only if they are equal, folder or zip.

    Raises
    ------
    InputError
        If there is nothing at the path.
    CorruptFileError
        If the model has no manifest.
    """
    with reading(path) as read:
        return manifest_checksum(read, path)


def _files(model: ModelContent) -> dict[str, bytes]:
    """Return the content of every file of a model, the manifest last."""
    columns = {"weight": model.weights} | {
        f"value_{place}": model.values[variable.name]
        for place, variable in enumerate(model.fused_types)
    }
    columns |= {
        f"exact_{place}": model.exact[variable.name]
        for place, variable in enumerate(model.fused_types)
        if variable.name in model.exact
    }
    described = json_text(_record(model))
    check_writable(described, where=MODEL_FILE)
    files = {MODEL_FILE: described.encode(), DONOR_FILE: parquet_bytes(pa.table(columns))}
    for number, step in enumerate(model.steps):
        for place, variable in enumerate(step.variables):
            for part_number, part in enumerate(variable.parts):
                files[_tree_file(number, place, part_number)] = part.text.encode()
        if step.pool is not None:
            files[_pool_file(number)] = parquet_bytes(_pool_table(step.pool))
        if step.forest is not None:
            files |= forest_files(step.forest, number)
    return files | {MANIFEST_FILE: manifest_of(files, number=_format_of(model.steps))}


def _format_of(steps: Sequence[Step]) -> int:
    """Return the earliest format that has all the steps have."""
    forests = [step for step in steps if step.forest is not None]
    if any(step.pool is not None for step in forests):
        return FORMAT_VERSION
    return FORESTS_ALONE if forests else WITHOUT_FORESTS


def _record(model: ModelContent) -> dict[str, Any]:
    return {
        "seed": model.seed,
        "settings": dataclasses.asdict(model.settings),
        "predictors": [dataclasses.asdict(predictor) for predictor in model.predictors],
        "fill": [None if np.isnan(value) else value for value in model.fill],
        "steps": [
            {
                "variables": [_variable_record(variable) for variable in step.variables],
                "pool": None if step.pool is None else _scale_record(step.pool.scale),
                "origin": step.origin,
                "forest": None if step.forest is None else forest_record(step.forest),
            }
            for step in model.steps
        ],
        "notes": list(model.notes),
        "missing": dict(model.missing),
        "donor": model.donor,
        "weight": model.weight,
    }


def _variable_record(variable: VariableModel) -> dict[str, Any]:
    return {
        "type": dataclasses.asdict(variable.type),
        "features": list(variable.features),
        "classes": list(variable.classes),
        "constant": variable.constant,
        "temperature": variable.temperature,
        "shares": list(variable.shares),
        "parts": [
            {
                "role": part.role,
                "probability": part.probability,
                "tuning": dataclasses.asdict(part.tuning),
            }
            for part in variable.parts
        ],
    }


def _scale_record(scale: ExpectationScale) -> dict[str, list[float]]:
    return {
        "centre": scale.centre.tolist(),
        "spread": scale.spread.tolist(),
        "weight": scale.weight.tolist(),
    }


def _pool_table(pool: DonorPool) -> pa.Table:
    lists = pa.ListArray.from_arrays(pa.array(pool.offsets.astype(np.int32)), pa.array(pool.donors))
    columns = {f"coordinate_{i}": pool.points[:, i] for i in range(pool.points.shape[1])}
    return pa.table(columns | {"donors": lists})


def _model(files: dict[str, bytes], shown: Path, kind: type[Model]) -> Model:
    record = parse_json(files[MODEL_FILE], where=str(shown / MODEL_FILE))
    donors = read_parquet(files[DONOR_FILE])
    weights = donors["weight"].to_numpy()
    steps = tuple(
        Step(
            tuple(
                _variable(item, files, number, place)
                for place, item in enumerate(step["variables"])
            ),
            None
            if step["pool"] is None
            else _pool(step["pool"], read_parquet(files[_pool_file(number)]), weights),
            step.get("origin", ""),
            read_forest(step.get("forest"), files, number),
        )
        for number, step in enumerate(record["steps"])
    )
    types = [variable.type for step in steps for variable in step.variables]
    return kind(
        predictors=tuple(_type(item) for item in record["predictors"]),
        fill=tuple(np.nan if value is None else float(value) for value in record["fill"]),
        steps=steps,
        values={
            variable.name: donors[f"value_{place}"].to_numpy()
            for place, variable in enumerate(types)
        },
        weights=weights,
        settings=TrainSettings.from_record(record["settings"]),
        seed=record["seed"],
        notes=tuple(record["notes"]),
        missing=record.get("missing", {}),
        donor=record.get("donor", ""),
        exact={
            variable.name: donors[f"exact_{place}"].to_numpy()
            for place, variable in enumerate(types)
            if f"exact_{place}" in donors.column_names
        },
        weight=record.get("weight"),
    )


def _variable(
    record: dict[str, Any], files: dict[str, bytes], step: int, place: int
) -> VariableModel:
    parts = tuple(
        ModelPart(
            part["role"],
            part["probability"],
            files[_tree_file(step, place, number)].decode(),
            Tuning(**part["tuning"]),
        )
        for number, part in enumerate(record["parts"])
    )
    return VariableModel(
        _type(record["type"]),
        tuple(record["features"]),
        tuple(record["classes"]),
        parts,
        record["constant"],
        record.get("temperature", 1.0),
        tuple(record.get("shares", ())),
    )


def _pool(
    record: dict[str, list[float]], stored: pa.Table, weights: NDArray[np.float64]
) -> DonorPool:
    table = stored.combine_chunks()
    scale = ExpectationScale(**{name: np.array(values) for name, values in record.items()})
    coordinates = [name for name in table.column_names if name != "donors"]
    points = np.column_stack([table[name].to_numpy() for name in coordinates])
    lists = table["donors"].chunk(0)
    donors = lists.flatten().to_numpy().astype(np.int32)
    offsets = lists.offsets.to_numpy().astype(np.int64)
    return DonorPool(scale, points, offsets, donors, np.cumsum(weights[donors]))


def _type(record: dict[str, Any]) -> VariableType:
    return VariableType(**{name: tupled(value) for name, value in record.items()})


def _tree_file(step: int, variable: int, part: int) -> str:
    return f"trees/{step:02}_{variable:02}_{part:02}.txt"


def _pool_file(step: int) -> str:
    return f"pools/{step:02}.parquet"
