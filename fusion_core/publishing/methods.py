"""The methods note of a run as a record for programs: all that making it again takes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fusion_core.derived.storage import FILE_NAME as DERIVED
from fusion_core.errors import CorruptFileError
from fusion_core.execution.pipeline import finished_stages
from fusion_core.fusion import open_implicates
from fusion_core.harmony.store import HarmonyStore
from fusion_core.workspace.files import checksum_of, read_json
from fusion_core.workspace.runs import RunSpec

if TYPE_CHECKING:
    from pathlib import Path

    from fusion_core.fusion.implicates import ImplicateFolder
    from fusion_core.surveys.model import SurveyId
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run

FORMAT_VERSION: Final = 1
KIND: Final = "methods note"


def methods_record(workspace: Workspace, run: Run) -> dict[str, Any]:
    """Return what a run was made from and how, down to checksums of its inputs.

    Parameters
    ----------
    workspace, run
        A finished run.

    Raises
    ------
    CorruptFileError
        If a file of the run is damaged.
    """
    spec, state = run.spec(), run.state()
    pair = spec.pair
    implicates = open_implicates(run.implicates_folder, seed=spec.seed)
    versions, prepared = run.folder / "versions.json", run.input_folder / "prepare.json"
    return {
        "kind": KIND,
        "format": FORMAT_VERSION,
        "run": {"id": run.id, "started": state.started, "finished": state.finished},
        "request": spec.to_record(),
        "seed": spec.seed,
        "surveys": {
            "donor": _survey(workspace, pair.donor),
            "recipient": _survey(workspace, pair.recipient),
        },
        "synthetic": workspace.synthetic,
        "inputs": input_files(workspace, spec),
        "harmonies": harmonies_of(workspace, spec),
        "derived_variables": {
            str(survey): read_json(workspace.survey_folder(survey) / DERIVED)
            for survey in (pair.donor, pair.recipient)
            if (workspace.survey_folder(survey) / DERIVED).exists()
        },
        "prepared": read_json(prepared) if prepared.exists() else {},
        "versions": read_json(versions) if versions.exists() else {},
        "seconds": dict(finished_stages(run)),
        "commands": [
            "harmony repeat methods.json --workspace WORKSPACE",
            "harmony open . --workspace WORKSPACE",
        ],
        "implicates": {
            "rows": implicates.rows,
            "implicates": implicates.count,
            "notes": list(implicates.notes),
            "sha256": fingerprints(implicates),
        },
    }


def read_methods(path: Path) -> dict[str, Any]:
    """Read a methods note for programs.

    Raises
    ------
    CorruptFileError
        If the file is no such note, damaged or of another format.
    """
    record = read_json(path)
    if record.get("kind") != KIND:
        raise CorruptFileError(
            "The file is not a methods note", where=str(path), fix="Name a methods.json"
        )
    if record.get("format") != FORMAT_VERSION:
        raise CorruptFileError(
            f"The methods note has format {record.get('format')!r}, this version reads {FORMAT_VERSION}",
            where=str(path),
            fix="Update the program",
        )
    RunSpec.from_record(record.get("request", {}), where=str(path))
    return record


def fingerprints(implicates: ImplicateFolder) -> dict[str, str]:
    """Return the SHA-256 of every variable's draws, however they are cut into files.

    Parameters
    ----------
    implicates
        The implicates.
    """
    found = {}
    for name in implicates.names:
        digest = hashlib.sha256()
        for block in implicates.blocks([name]):
            values = block[name].values
            kind = "<i4" if block[name].is_categorical else "<f8"
            digest.update(np.ascontiguousarray(values, dtype=kind).tobytes())
        found[name] = digest.hexdigest()
    return found


def input_files(workspace: Workspace, spec: RunSpec) -> dict[str, dict[str, Any]]:
    """Return size and SHA-256 of every file a run follows from, by its place in the workspace.

    Parameters
    ----------
    workspace
        The workspace.
    spec
        What the run was asked for.
    """
    folders = [workspace.survey_folder(survey) for survey in (spec.pair.donor, spec.pair.recipient)]
    folders += [
        workspace.geography_folder / name for name in ("predictors", "intersections", "context")
    ]
    paths = [HarmonyStore(workspace.path, spec.pair).path]
    for folder in folders:
        paths += sorted(folder.glob("*.parquet")) + sorted(folder.glob("*.json"))
    return {
        path.relative_to(workspace.path).as_posix(): {
            "bytes": path.stat().st_size,
            "sha256": checksum_of(path),
        }
        for path in paths
        if path.is_file()
    }


def harmonies_of(workspace: Workspace, spec: RunSpec) -> dict[str, Any]:
    """Return the harmonies of a run's pair in full, as their file holds them."""
    path = HarmonyStore(workspace.path, spec.pair).path
    return read_json(path) if path.exists() else {}


def _survey(workspace: Workspace, survey: SurveyId) -> dict[str, Any]:
    described = workspace.describe(survey)
    return {
        "id": str(survey),
        "title": described.title or survey.title,
        "source": described.source,
        "synthetic": described.synthetic,
        "price_year": described.price_year,
        "replication": described.design.method,
        "replicate_weights": described.design.replicates,
        "puma_censuses": list(described.puma_censuses),
        "notes": list(described.notes),
    }
