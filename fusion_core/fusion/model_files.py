"""A fusion model on disk: a folder anyone can read, every file guarded by a checksum.

Layout (format 2; models of format 1, which name two settings otherwise, are read):

``manifest.json``
    Format version, the version that wrote it, and the SHA-256 of every other file.
``model.json``
    Types, chain, settings, tuning and notes.
``donors.parquet``
    One row per donor: its weight and its observed value of every fused variable (numbers, or codes
    into the levels listed in ``model.json``).
``trees/SS_VV_PP.txt``
    LightGBM text model of part PP of variable VV of step SS, counted from 00.
``pools/SS.parquet``
    Centres of step SS: scaled coordinates and the list of donors (rows of ``donors.parquet``),
    nearest first.
"""

from __future__ import annotations

import dataclasses
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.fusion.boosting import Tuning
from fusion_core.fusion.model import FusionModel, ModelPart, Step, VariableModel
from fusion_core.fusion.neighbours import DonorPool, ExpectationScale
from fusion_core.fusion.settings import TrainSettings
from fusion_core.fusion.variables import VariableType
from fusion_core.workspace.files import checksum_of, read_json, write_json, write_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

FORMAT_VERSION = 2
READABLE_VERSIONS = (1, 2)
KIND = "fusion model"
MANIFEST_FILE = "manifest.json"


def save_model(model: FusionModel, folder: Path) -> None:
    """Write a model; an earlier model in the folder is replaced once the new one is complete.

    Raises
    ------
    InputError
        If the folder holds something else, or cannot be written.
    """
    occupied = folder.exists() and any(folder.iterdir())
    if occupied and not (folder / MANIFEST_FILE).exists():
        raise InputError(
            "The folder holds other files than a fusion model",
            where=str(folder),
            fix="Choose an empty or new folder",
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as temporary:
        new = Path(temporary) / "new"
        _write_parts(model, new)
        if folder.exists():
            folder.rename(Path(temporary) / "old")
        new.rename(folder)


def load_model(folder: Path) -> FusionModel:
    """Read a model and verify every file.

    Raises
    ------
    CorruptFileError
        If a file is missing, altered or of an unknown format version.
    """
    manifest = read_json(folder / MANIFEST_FILE)
    if manifest.get("kind") != KIND or manifest.get("format") not in READABLE_VERSIONS:
        raise CorruptFileError(
            f"The folder holds a {manifest.get('kind')!r} of format {manifest.get('format')!r}, "
            f"not a {KIND} of format {FORMAT_VERSION}",
            where=str(folder),
            fix="Train the model again with this version",
        )
    for name, checksum in _files_of(manifest, folder).items():
        _verify(folder / name, checksum)
    try:
        return _read_parts(folder)
    except (KeyError, TypeError, IndexError) as error:
        raise CorruptFileError(
            f"The model's description lacks or misspells {error}",
            where=str(folder / "model.json"),
            fix="Train the model again",
        ) from error


def software_version() -> str:
    """Return the version of this project, for manifests."""
    try:
        return version("survey-harmonization-tool")
    except PackageNotFoundError:
        return "unknown"


def _files_of(manifest: dict[str, Any], folder: Path) -> dict[str, str]:
    files = manifest.get("files")
    if not isinstance(files, dict) or "model.json" not in files or not _all_inside(files):
        raise CorruptFileError(
            "The manifest does not list the model's files",
            where=str(folder / MANIFEST_FILE),
            fix="Train the model again",
        )
    return {str(name): str(checksum) for name, checksum in files.items()}


def _all_inside(names: Iterable[str]) -> bool:
    """Tell whether all paths stay inside the folder they are relative to."""
    return not any(Path(name).is_absolute() or ".." in Path(name).parts for name in names)


def _verify(path: Path, checksum: str) -> None:
    if not path.is_file():
        raise CorruptFileError(
            "A file of the fusion model is missing", where=str(path), fix="Train the model again"
        )
    if checksum_of(path) != checksum:
        raise CorruptFileError(
            "A file of the fusion model was altered or cut off",
            where=str(path),
            fix="Restore it from a backup or train the model again",
        )


def _write_parts(model: FusionModel, folder: Path) -> None:
    (folder / "trees").mkdir(parents=True)
    (folder / "pools").mkdir()
    columns = {"weight": model.weights} | {
        f"value_{place}": model.values[variable.name]
        for place, variable in enumerate(model.fused_types)
    }
    pq.write_table(pa.table(columns), folder / "donors.parquet", compression="zstd")
    for number, step in enumerate(model.steps):
        for place, variable in enumerate(step.variables):
            for part_number, part in enumerate(variable.parts):
                write_text(part.text, folder / _tree_file(number, place, part_number))
        if step.pool is not None:
            pq.write_table(_pool_table(step.pool), folder / _pool_file(number), compression="zstd")
    write_json(_record(model), folder / "model.json")
    files = {
        path.relative_to(folder).as_posix(): checksum_of(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    write_json(
        {"kind": KIND, "format": FORMAT_VERSION, "written_by": software_version(), "files": files},
        folder / MANIFEST_FILE,
    )


def _record(model: FusionModel) -> dict[str, Any]:
    return {
        "seed": model.seed,
        "settings": dataclasses.asdict(model.settings),
        "predictors": [dataclasses.asdict(predictor) for predictor in model.predictors],
        "fill": [None if np.isnan(value) else value for value in model.fill],
        "steps": [
            {
                "variables": [_variable_record(variable) for variable in step.variables],
                "pool": None if step.pool is None else _scale_record(step.pool.scale),
            }
            for step in model.steps
        ],
        "notes": list(model.notes),
        "missing": dict(model.missing),
    }


def _variable_record(variable: VariableModel) -> dict[str, Any]:
    return {
        "type": dataclasses.asdict(variable.type),
        "features": list(variable.features),
        "classes": list(variable.classes),
        "constant": variable.constant,
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


def _read_parts(folder: Path) -> FusionModel:
    record = read_json(folder / "model.json")
    donors = pq.read_table(folder / "donors.parquet")
    weights = donors["weight"].to_numpy()
    steps = tuple(
        Step(
            tuple(
                _variable(item, folder, number, place)
                for place, item in enumerate(step["variables"])
            ),
            None
            if step["pool"] is None
            else _pool(step["pool"], folder / _pool_file(number), weights),
        )
        for number, step in enumerate(record["steps"])
    )
    types = [variable.type for step in steps for variable in step.variables]
    return FusionModel(
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
    )


def _variable(record: dict[str, Any], folder: Path, step: int, place: int) -> VariableModel:
    parts = tuple(
        ModelPart(
            part["role"],
            part["probability"],
            (folder / _tree_file(step, place, number)).read_text(encoding="utf-8"),
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
    )


def _pool(record: dict[str, list[float]], path: Path, weights: NDArray[np.float64]) -> DonorPool:
    table = pq.read_table(path).combine_chunks()
    scale = ExpectationScale(**{name: np.array(values) for name, values in record.items()})
    coordinates = [name for name in table.column_names if name != "donors"]
    points = np.column_stack([table[name].to_numpy() for name in coordinates])
    lists = table["donors"].chunk(0)
    donors = lists.flatten().to_numpy().astype(np.int32)
    offsets = lists.offsets.to_numpy().astype(np.int64)
    return DonorPool(scale, points, offsets, donors, np.cumsum(weights[donors]))


def _type(record: dict[str, Any]) -> VariableType:
    return VariableType(**{name: _tupled(value) for name, value in record.items()})


def _tupled(value: Any) -> Any:
    return tuple(_tupled(item) for item in value) if isinstance(value, list) else value


def _tree_file(step: int, variable: int, part: int) -> str:
    return f"trees/{step:02}_{variable:02}_{part:02}.txt"


def _pool_file(step: int) -> str:
    return f"pools/{step:02}.parquet"
