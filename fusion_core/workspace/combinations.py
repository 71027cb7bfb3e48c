"""Combinations: finished runs of different donors on one recipient, analysed together under one name.

A combination is a file ``combinations/<name>.json`` that names the runs, and of each the fused
variables that are used::

    {"format": 1, "runs": [{"run": "20261129-120000-travel", "variables": []}, …]}

It holds no data: what it is about stays with the runs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fusion_core.arguments import require_type
from fusion_core.errors import ConflictError, CorruptFileError, InputError
from fusion_core.summaries import Summarized, listed
from fusion_core.workspace.files import (
    LONGEST_NAME,
    not_readable,
    read_json,
    shown_name,
    write_json,
)
from fusion_core.workspace.runs import Run, open_run, require_workspace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fusion_core.workspace.layout import Workspace

FORMAT_VERSION: Final = 1
_FEWEST: Final = 2
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True)
class Part:
    """One run of a combination.

    Attributes
    ----------
    run
        Its identifier.
    variables
        The fused variables that are used; empty for all.
    """

    run: str
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False)
class Combination(Summarized):
    """Runs of different donors on one recipient that are analysed together.

    Attributes
    ----------
    name
        What people call it: letters, digits, hyphens and underscores.
    parts
        The runs, and which of their variables are used.
    folder
        Folder of the workspace's combinations.
    """

    name: str
    parts: tuple[Part, ...]
    folder: Path

    def _title(self) -> str:
        return self.name

    def _facts(self) -> dict[str, object]:
        return {"runs": listed([part.run for part in self.parts])}

    @property
    def id(self) -> str:
        """Its name."""
        return self.name

    @property
    def path(self) -> Path:
        """The file that defines it."""
        return self.folder / f"{self.name}.json"

    @property
    def derived_path(self) -> Path:
        """The file of its derived outcomes."""
        return self.folder / f"{self.name}.derived.json"

    @property
    def estimates_folder(self) -> Path:
        """Finished tables."""
        return self.folder / f"{self.name}.estimates"

    def runs(self, workspace: Workspace) -> list[Run]:
        """Return its runs.

        Raises
        ------
        InputError
            If one of them is not there any more, or they cannot be analysed together.
        """
        found = []
        for part in self.parts:
            try:
                found.append(open_run(workspace, part.run))
            except InputError as error:
                raise InputError(
                    f"The combination '{self.name}' needs the run '{part.run}', which is not there",
                    where=str(workspace.runs_folder),
                    fix="Restore the run, or create the combination again",
                ) from error
        _check_runs(found)
        return found


def combination_of(
    workspace: Workspace, name: str, runs: Sequence[tuple[Run, Sequence[str]]]
) -> Combination:
    """Return a combination of runs, not stored yet.

    What the runs hold is looked at when it is used (`fusion_core.estimates.runs`).

    Parameters
    ----------
    workspace
        The project.
    name
        Name of the combination.
    runs
        Each run with the variables that are used; none for all.

    Raises
    ------
    InputError
        If the name cannot be one, there are fewer than two runs or one is named twice, two are of
        one donor, or they are on different recipients.
    """
    require_workspace(workspace)
    check_combination_name(name)
    if len(runs) < _FEWEST:
        raise InputError(
            f"A combination joins at least two runs, and {len(runs)} is named"
            if len(runs) == 1
            else "A combination joins at least two runs",
            fix="Name the runs of two donors on the same recipient",
        )
    _check_runs([run for run, _ in runs])
    parts = tuple(Part(run.id, tuple(variables)) for run, variables in runs)
    return Combination(name, parts, _folder(workspace))


def _check_runs(runs: Sequence[Run]) -> None:
    specs = [run.spec() for run in runs]
    first = runs[0], specs[0]
    for place, (run, spec) in enumerate(zip(runs, specs, strict=True)):
        if run in runs[:place]:
            raise InputError(f"The run '{run.id}' is named twice", fix="Name every run once")
        if spec.pair.recipient != first[1].pair.recipient:
            raise InputError(
                f"'{first[0].id}' was fused onto {first[1].pair.recipient.title} and '{run.id}' onto "
                f"{spec.pair.recipient.title}; only households of one recipient have both",
                fix="Choose runs on the same recipient, or apply a model to it with `harmony apply`",
            )
        twin = next(
            (
                other
                for other, own in zip(runs[:place], specs, strict=False)
                if own.pair == spec.pair
            ),
            None,
        )
        if twin is not None:
            raise InputError(
                f"'{twin.id}' and '{run.id}' are both of {spec.pair.donor.title}, whose answers are "
                "not independent of one another; joined household by household they would look it",
                fix="Fuse all these variables in one run, whose chain keeps their dependence",
            )


def check_combination_name(name: str) -> None:
    """Refuse what cannot be the name of a combination.

    Raises
    ------
    InputError
        If it is empty, too long or has characters that file names should not have.
    """
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        raise InputError(
            f"'{shown_name(name)}' is not a name for a combination",
            fix="Use letters, digits, hyphens and underscores, starting with a letter or digit, "
            f"at most {LONGEST_NAME}",
        )


def save_combination(
    workspace: Workspace, combination: Combination, *, may_replace: bool = False
) -> None:
    """Store a combination.

    Raises
    ------
    ConflictError
        If there is one of this name that may not be replaced.
    InputError
        If a run has the name, or the file cannot be written; nothing is lost then.
    """
    require_type(combination, Combination, "combination", fix="Make one with combination_of")
    if (workspace.runs_folder / combination.name / "spec.json").exists():
        raise InputError(
            f"A run is called '{combination.name}'", fix="Choose another name for the combination"
        )
    if combination.path.exists() and not may_replace:
        raise ConflictError(
            f"There is a combination '{combination.name}' already",
            fix="Replace it, or choose another name",
        )
    runs = [{"run": part.run, "variables": list(part.variables)} for part in combination.parts]
    write_json({"format": FORMAT_VERSION, "runs": runs}, combination.path)


def list_combinations(workspace: Workspace) -> list[Combination]:
    """List the combinations in alphabetical order; a damaged one is an error of whoever opens it.

    Raises
    ------
    InputError
        If their folder may not be read.
    """
    names = combination_names(workspace)
    found = []
    for name in names:
        try:
            found.append(open_combination(workspace, name))
        except CorruptFileError:
            continue
    return found


def combination_names(workspace: Workspace) -> list[str]:
    """Return the names of all combinations, damaged ones too, in alphabetical order."""
    folder = _folder(require_workspace(workspace))
    try:
        names = [item.name.removesuffix(".json") for item in folder.iterdir()]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise not_readable("folder of combinations", folder, error) from error
    return sorted(name for name in names if _NAME.fullmatch(name) and _is_there(folder, name))


def open_combination(workspace: Workspace, name: str) -> Combination:
    """Open a combination by its name.

    Raises
    ------
    InputError
        If there is none of this name.
    CorruptFileError
        If its file is damaged.
    """
    folder = _folder(require_workspace(workspace))
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME or not _is_there(folder, name):
        raise InputError.unknown(
            "combination", shown_name(name), combination_names(workspace), where=str(folder)
        )
    path = folder / f"{name}.json"
    return Combination(name, _parts(read_json(path), where=str(path)), folder)


def remove_combination(workspace: Workspace, name: str) -> None:
    """Remove a combination with its derived outcomes; the runs stay.

    Raises
    ------
    InputError
        If there is none of this name, or the system refuses.
    """
    folder = _folder(require_workspace(workspace))
    if name not in combination_names(workspace):
        open_combination(workspace, name)  # raises: says which there are
    combination = Combination(name, (), folder)
    try:
        for path in combination.estimates_folder.glob("*.finished"):
            path.unlink(missing_ok=True)
        if combination.estimates_folder.exists() and not any(
            combination.estimates_folder.iterdir()
        ):
            combination.estimates_folder.rmdir()
        combination.derived_path.unlink(missing_ok=True)
        combination.path.unlink()
    except OSError as error:
        raise InputError(
            f"The combination could not be removed: {error.strerror or error}",
            where=str(folder),
            fix="Check the folder's permissions",
        ) from error


def _parts(record: dict[str, Any], *, where: str) -> tuple[Part, ...]:
    if record.get("format") != FORMAT_VERSION:
        raise CorruptFileError(
            f"The combination is stored in format {record.get('format')!r}, this version reads "
            f"{FORMAT_VERSION}",
            where=where,
            fix="Update the program, or create the combination again",
        )
    try:
        parts = tuple(
            Part(str(item["run"]), tuple(map(str, item.get("variables", ()))))
            for item in record["runs"]
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise CorruptFileError(
            "The combination does not name its runs",
            where=where,
            fix="Create it again with `harmony combine`",
        ) from error
    if len(parts) < _FEWEST:
        raise CorruptFileError(
            "The combination names fewer than two runs", where=where, fix="Create it again"
        )
    return parts


def _folder(workspace: Workspace) -> Path:
    return workspace.path / "combinations"


def _is_there(folder: Path, name: str) -> bool:
    return (folder / f"{name}.json").is_file()


__all__ = [
    "Combination",
    "Part",
    "check_combination_name",
    "combination_names",
    "combination_of",
    "list_combinations",
    "open_combination",
    "remove_combination",
    "save_combination",
]
