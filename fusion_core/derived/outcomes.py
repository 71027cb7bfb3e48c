"""Derived outcomes: variables built by an expression over fused and recipient variables.

A run, or a combination of runs, has a file of them: ``derived.json`` in the run's folder or
``<name>.derived.json`` beside the combination (format version 1), which holds definitions alone.
They are computed in every implicate when they are asked for (`fusion_core.estimates.runs`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fusion_core.derived.definition import DerivedVariable
from fusion_core.derived.evaluation import check_on, dependency_order, text_levels
from fusion_core.errors import ConflictError, CorruptFileError, InputError
from fusion_core.harmony.expressions import mentioned_columns
from fusion_core.harmony.model import bin_labels
from fusion_core.surveys.model import Variable
from fusion_core.workspace.files import read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from fusion_core.harmony.expressions import Kind

FORMAT_VERSION: Final = 1


def read_outcomes(path: Path) -> tuple[DerivedVariable, ...]:
    """Read the definitions of a file; none where there is no file.

    Raises
    ------
    CorruptFileError
        If the file is damaged, or a definition in it is wrong.
    """
    if not path.exists():
        return ()
    record = read_json(path)
    variables = record.get("variables")
    if record.get("format") != FORMAT_VERSION or not isinstance(variables, list):
        raise CorruptFileError(
            f"The derived outcomes are stored in format {record.get('format')!r}, this version "
            f"reads {FORMAT_VERSION}"
            if isinstance(variables, list)
            else "The file of derived outcomes has no list of variables",
            where=str(path),
            fix="Update the program, or correct the file",
        )
    try:
        return tuple(DerivedVariable.from_record(item) for item in variables)
    except CorruptFileError:
        raise
    except InputError as error:
        raise CorruptFileError(error.what, where=str(path), fix="Correct the file") from error


def outcome_variables(
    outcomes: Sequence[DerivedVariable], known: Mapping[str, Variable]
) -> tuple[dict[str, Variable], tuple[str, ...]]:
    """Describe outcomes from their definitions alone, without computing them.

    Parameters
    ----------
    outcomes
        The definitions.
    known
        The variables they may be built from.

    Returns
    -------
    tuple
        The outcomes that can be described, by name, and why others cannot, in sentences.
    """
    found: dict[str, Variable] = {}
    ordered, cycles = dependency_order(outcomes)
    problems = [error.message for error in cycles.values()]
    for item in ordered:
        try:
            checked = check_on(item, {**known, **found})
        except InputError as error:
            problems.append(f"The outcome '{item.name}' is left out: {error.message}")
            continue
        found[item.name] = Variable(
            item.name,
            type="continuous",
            description=item.label,
            unit=item.unit,
            definition=item.definition,
        )
        levels = _levels(item, checked.kind)
        if levels:
            ordered_levels = bool(item.breakpoints)
            found[item.name] = replace(
                found[item.name], type="ordered" if ordered_levels else "nominal", levels=levels
            )
    return found, tuple(problems)


def _levels(item: DerivedVariable, kind: Kind) -> tuple[str, ...]:
    """Return an outcome's levels, none for a number."""
    if item.levels:
        return tuple(label for _, label in item.levels)
    if item.breakpoints:
        return tuple(bin_labels(item.breakpoints))
    if kind == "boolean":
        return ("No", "Yes")
    if kind == "text":
        return text_levels(item)
    return ()


def put_outcome(path: Path, outcome: DerivedVariable, *, may_replace: bool = False) -> None:
    """Add a definition to a file, or replace one; whoever calls has tried it.

    Raises
    ------
    ConflictError
        If there is one of this name that may not be replaced.
    InputError
        If the file is damaged or cannot be written; it stays as it is.
    """
    known = list(read_outcomes(path))
    names = [item.name for item in known]
    if outcome.name in names:
        if not may_replace:
            raise ConflictError(
                f"There is a derived outcome '{outcome.name}' already",
                fix="Replace it, or choose another name",
            )
        known[names.index(outcome.name)] = outcome
    else:
        known.append(outcome)
    _write(path, known)


def remove_outcome(path: Path, name: str) -> None:
    """Remove a definition from a file.

    Raises
    ------
    InputError
        If there is none of this name, or another is built from it.
    """
    known = read_outcomes(path)
    names = [item.name for item in known]
    if name not in names:
        raise InputError.unknown("derived outcome", name, names)
    users = [
        item.name
        for item in known
        if item.name != name and name in map(str.lower, mentioned_columns(item.expression))
    ]
    if users:
        raise InputError(
            f"'{name}' cannot be removed: '{users[0]}' is built from it",
            fix="Remove or change what is built from it first",
        )
    _write(path, [item for item in known if item.name != name])


def _write(path: Path, outcomes: Sequence[DerivedVariable]) -> None:
    records = [item.to_record() for item in outcomes]
    write_json({"format": FORMAT_VERSION, "variables": records}, path)


__all__ = ["outcome_variables", "put_outcome", "read_outcomes", "remove_outcome"]
