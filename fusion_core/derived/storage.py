"""The derived variables of a stored survey: ``derived.json`` beside it, and the survey with them.

The file (format version 1) holds the definitions and, so that opening a survey computes nothing,
what was found when they were last computed. It is no part of the survey: importing that again
leaves the file as it is, and `recheck` looks whether the definitions still fit. Who changes the file
holds a lock from reading it to writing it, so that of two people's variables none is lost.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from fusion_core.derived.definition import DerivedVariable
from fusion_core.derived.evaluation import compute, dependency_order, describe
from fusion_core.errors import ConflictError, CorruptFileError, InputError
from fusion_core.harmony.expressions import mentioned_columns
from fusion_core.surveys.model import Dictionary, Variable
from fusion_core.surveys.source import SurveySource
from fusion_core.surveys.stored import StoredSurvey
from fusion_core.workspace.files import json_text, read_json, write_json
from fusion_core.workspace.locks import exclusive

FORMAT_VERSION: Final = 1
FILE_NAME: Final = "derived.json"
_LOCK_SECONDS: Final = 60.0
_KEPT: Final = ("type", "levels", "codes", "minimum", "median", "mean", "maximum", "missing_share")


@dataclass(frozen=True)
class Derivation:
    """The derived variables of one survey.

    Attributes
    ----------
    definitions
        Those that can be computed, each after those it is built from.
    variables
        Their dictionary entries.
    problems
        Why the others are left out, by name.
    """

    definitions: Mapping[str, DerivedVariable] = field(default_factory=dict)
    variables: Mapping[str, Variable] = field(default_factory=dict)
    problems: Mapping[str, InputError] = field(default_factory=dict)

    @property
    def parts(self) -> dict[str, frozenset[str]]:
        """What every variable is built from, directly or through others."""
        found: dict[str, frozenset[str]] = {}
        for name, item in self.definitions.items():
            own = frozenset(map(str.lower, mentioned_columns(item.expression)))
            found[name] = own.union(*(found.get(part, frozenset()) for part in own))
        return found

    def read(self, survey: SurveySource, name: str, *, rows: int | None = None) -> pd.Series[Any]:
        """Compute one column of a survey that offers the others; see `compute`."""
        column = compute(self.definitions[name], survey, rows=rows)
        entry = self.variables[name]
        if not entry.is_categorical:
            return column
        # A few rows may hold fewer levels than all of them.
        return column.cat.set_categories(list(entry.levels), ordered=entry.type == "ordered")

    def added(self, definition: DerivedVariable, entry: Variable) -> Derivation:
        """Return them with one more."""
        name = definition.name
        return replace(
            self,
            definitions={**self.definitions, name: definition},
            variables={**self.variables, name: entry},
        )

    def failing(self, name: str, error: InputError) -> Derivation:
        """Return them with one more that is left out."""
        return replace(self, problems={**self.problems, name: _left_out(name, error)})


@dataclass(frozen=True)
class _File:
    """``derived.json``: entries as they are written, those that could be read, what was found."""

    records: tuple[Any, ...] = ()
    definitions: tuple[DerivedVariable, ...] = ()
    problems: Mapping[str, InputError] = field(default_factory=dict)
    found: Mapping[str, Any] = field(default_factory=dict)


def with_derived(survey: StoredSurvey) -> StoredSurvey:
    """Return a stored survey with its derived variables; broken ones are left out and told of.

    Parameters
    ----------
    survey
        The survey as `StoredSurvey.open` returns it.
    """
    try:
        stored = _read(survey.folder)
    except CorruptFileError as error:
        return replace(survey, derived=Derivation(problems={FILE_NAME: error}))
    if not stored.records:
        return survey
    return _extended(survey, _known(survey, stored) or _derivation(survey, stored))


def put_derived(
    survey: StoredSurvey,
    variable: DerivedVariable,
    *,
    may_replace: bool = False,
    expected: DerivedVariable | None = None,
) -> StoredSurvey:
    """Add a derived variable to a stored survey, or replace one.

    Parameters
    ----------
    survey
        The survey, with or without its derived variables.
    variable
        The definition.
    may_replace
        Whether a derived variable of this name is replaced.
    expected
        The definition a person saw who replaces it; another one is not overwritten.

    Returns
    -------
    StoredSurvey
        The survey with the variable.

    Raises
    ------
    InputError
        If the name is taken, or the variable cannot be computed; nothing is stored then.
    ConflictError
        If there is a derived variable of this name that may not be replaced, it is not the expected
        one any more, or someone else's change does not come to an end.
    CorruptFileError
        If ``derived.json`` is damaged; it stays as it is.
    """
    base = without_derived(survey)
    with _changing(base):
        stored = _read(base.folder)
        names = [_name(record) for record in stored.records]
        if variable.name in names and not may_replace:
            raise ConflictError(
                f"{base.id.title} has a derived variable '{variable.name}' already",
                fix="Replace it, or choose another name",
            )
        if expected is not None:
            _check_expected(base, stored, expected)
        extended = _trial(base, stored, variable)
        records = [record for record in stored.records if _name(record) != variable.name]
        place = names.index(variable.name) if variable.name in names else len(records)
        records.insert(place, variable.to_record())
        _write(base, records, extended)
    return extended


def _check_expected(base: StoredSurvey, stored: _File, expected: DerivedVariable) -> None:
    """Refuse to overwrite what someone else changed or removed meanwhile."""
    found = {item.name: item for item in stored.definitions}.get(expected.name)
    if found != expected:
        done = "removed" if found is None else "changed"
        raise ConflictError(
            f"Someone {done} '{expected.name}' while you edited it",
            where=base.id.title,
            fix="Open it again to see what it is now; nothing was overwritten",
        )


@contextmanager
def _changing(base: StoredSurvey) -> Iterator[None]:
    """Let one writer of a survey's derived variables after the other read and write them."""
    # Beside the folder, which an import of the survey replaces.
    lock = base.folder.parent / f".{base.folder.name}.derived.lock"
    busy = ConflictError(
        f"Someone else has been changing the derived variables of {base.id.title} for a minute",
        fix="Try again; nothing was changed",
    )
    failed = f"The derived variables of {base.id.title} cannot be changed"
    with exclusive(lock, seconds=_LOCK_SECONDS, busy=busy, failed=failed):
        yield


def try_derived(survey: StoredSurvey, variable: DerivedVariable) -> StoredSurvey:
    """Return a survey with one more derived variable, or a changed one; nothing is stored.

    Raises
    ------
    InputError
        If the name is taken by a column, or the variable cannot be computed.
    """
    base = without_derived(survey)
    return _trial(base, _read(base.folder), variable)


def remove_derived(survey: StoredSurvey, name: str) -> StoredSurvey:
    """Remove a derived variable, whole or broken.

    Raises
    ------
    InputError
        If there is none of this name, or others are built from it.
    """
    base = without_derived(survey)
    with _changing(base):
        return _removed(base, name)


def _removed(base: StoredSurvey, name: str) -> StoredSurvey:
    stored = _read(base.folder)
    names = [_name(record) for record in stored.records]
    if name not in names:
        raise InputError.unknown("derived variable", name, names, where=base.id.title)
    users = [
        item.name
        for item in stored.definitions
        if item.name != name and name in map(str.lower, mentioned_columns(item.expression))
    ]
    if users:
        raise InputError(
            f"'{name}' cannot be removed: {', '.join(repr(item) for item in users)} "
            f"{'is' if len(users) == 1 else 'are'} built from it",
            where=base.id.title,
            fix="Remove or change what is built from it first",
        )
    records = [record for record in stored.records if _name(record) != name]
    extended = _extended(base, _derivation(base, _parsed(records)))
    _write(base, records, extended)
    return extended


def recheck(survey: StoredSurvey) -> StoredSurvey:
    """Compute the derived variables of a survey that was imported again, and note what is found."""
    base = without_derived(survey)
    if not (base.folder / FILE_NAME).exists():
        return base
    with _changing(base):
        try:
            stored = _read(base.folder)
        except CorruptFileError:
            return with_derived(base)
        extended = _extended(base, _derivation(base, stored))
        _write(base, stored.records, extended)
        return extended


def definitions_of(survey: StoredSurvey) -> tuple[DerivedVariable, ...]:
    """Return the definitions of a survey's derived variables as they are written, broken ones too."""
    return _read(survey.folder).definitions


def derivation_of(survey: StoredSurvey) -> Derivation:
    """Return a survey's derived variables; none where it has none."""
    return survey.derived if isinstance(survey.derived, Derivation) else Derivation()


def without_derived(survey: StoredSurvey) -> StoredSurvey:
    """Return a survey with the variables of its tables alone."""
    own = [item for item in survey.dictionary.values() if not item.definition]
    return replace(survey, dictionary=Dictionary(own), derived=None)


def _trial(base: StoredSurvey, stored: _File, variable: DerivedVariable) -> StoredSurvey:
    """Return the survey with a variable; raises where it, or one built from it, cannot be computed."""
    others = tuple(item for item in stored.definitions if item.name != variable.name)
    problems = {name: error for name, error in stored.problems.items() if name != variable.name}
    cycles = dependency_order((*others, variable))[1]
    if variable.name in cycles:
        raise cycles[variable.name]
    before = _known(base, stored) or _derivation(base, stored)
    rest = replace(stored, definitions=others, problems=problems)
    without = _derivation(base, rest, known=before, changed=variable.name)
    _check_name(base, variable)
    _check_parts(variable, without)
    column = compute(variable, _extended(base, without))
    if column.isna().all():
        raise InputError(
            "The expression has no value for any row",
            where=variable.name,
            fix="Check the variables it is built from, and what it compares them with",
        )
    whole = replace(rest, definitions=(*others, variable))
    after = _derivation(base, whole, known=before, changed=variable.name)
    for name in before.variables:
        if name in after.problems:
            raise InputError(
                f"'{name}' is built from '{variable.name}' and could not be computed any more: "
                f"{after.problems[name].what.partition(': ')[2]}",
                where=base.id.title,
                fix=f"Change '{name}' first, or give the new variable another name",
            )
    return _extended(base, after)


def _extended(base: StoredSurvey, derivation: Derivation) -> StoredSurvey:
    entries = [*base.dictionary.values(), *derivation.variables.values()]
    return replace(base, dictionary=Dictionary(entries), derived=derivation)


def _derivation(
    base: StoredSurvey, stored: _File, *, known: Derivation | None = None, changed: str = ""
) -> Derivation:
    """Compute all definitions in order; what fails is left out, and what is built from it.

    Those that are `known` are not computed again unless they are, or are built from, the one that
    has changed.
    """
    ordered, cycles = dependency_order(stored.definitions)
    derivation = Derivation()
    for name, error in (*stored.problems.items(), *cycles.items()):
        derivation = derivation.failing(name, error)
    stale = {changed}
    for variable in ordered:
        parts = set(map(str.lower, mentioned_columns(variable.expression)))
        if known and variable.name in known.variables and not stale & {variable.name, *parts}:
            derivation = derivation.added(variable, known.variables[variable.name])
            continue
        stale.add(variable.name)
        try:
            _check_name(base, variable)
            _check_parts(variable, derivation)
            entry = describe(variable, compute(variable, _extended(base, derivation)))
        except InputError as error:
            derivation = derivation.failing(variable.name, error)
        else:
            derivation = derivation.added(variable, entry)
    return derivation


def _known(base: StoredSurvey, stored: _File) -> Derivation | None:
    """Return what was found when the same definitions met the same tables; ``None`` otherwise."""
    if stored.found.get("state") != _state(base, stored.records):
        return None
    entries, problems = stored.found.get("variables", {}), stored.found.get("problems", {})
    derivation = Derivation()
    ordered, _ = dependency_order(stored.definitions)
    try:
        for name, error in problems.items():
            derivation = derivation.failing(name, InputError(**error))
        for item in ordered:
            if item.name not in problems:
                derivation = derivation.added(item, _entry(item, entries[item.name]))
    except (KeyError, TypeError):
        return None
    return derivation


def _entry(definition: DerivedVariable, record: Mapping[str, Any]) -> Variable:
    kept = {key: record[key] for key in _KEPT}
    kept |= {key: tuple(kept[key]) for key in ("levels", "codes")}
    return Variable(
        name=definition.name,
        description=definition.label,
        respondent=definition.respondent,
        unit=definition.unit,
        definition=definition.definition,
        **kept,
    )


def _check_name(base: StoredSurvey, variable: DerivedVariable) -> None:
    names = {name.lower() for name in base.dictionary}
    for respondent in base.tables:
        names |= {name.lower() for name in base.column_names(respondent)}
    if variable.name in names:
        raise InputError(
            f"{base.id.title} has a variable '{variable.name}' of its own",
            fix="Choose another name for the derived one",
        )


def _check_parts(variable: DerivedVariable, derivation: Derivation) -> None:
    for name in mentioned_columns(variable.expression):
        if name.lower() in derivation.problems:
            raise InputError(
                f"It is built from '{name.lower()}', which is left out itself",
                where=variable.name,
                fix=f"Mend '{name.lower()}' first",
            )


def _left_out(name: str, error: InputError) -> InputError:
    lead = f"The derived variable '{name}' is left out: "
    if error.what.startswith(lead):
        return error
    where = "" if error.where == name else error.where.removeprefix(f"{name}, ")
    return InputError(f"{lead}{error.what}", where=where, fix=error.fix)


def _read(folder: Path) -> _File:
    path = folder / FILE_NAME
    if not path.exists():
        return _File()
    record = read_json(path)
    records = record.get("variables")
    if record.get("format") != FORMAT_VERSION or not isinstance(records, list):
        raise CorruptFileError(
            f"The derived variables are stored in format {record.get('format')!r}, this version "
            f"reads {FORMAT_VERSION}"
            if isinstance(records, list)
            else "The file of derived variables has no list of variables",
            where=str(path),
            fix="Update the program, or correct the file",
        )
    found = record.get("found")
    return replace(_parsed(records), found=found if isinstance(found, dict) else {})


def _parsed(records: Sequence[Any]) -> _File:
    definitions: dict[str, DerivedVariable] = {}
    problems: dict[str, InputError] = {}
    for position, item in enumerate(records, 1):
        name = _name(item) or f"number {position}"
        if name in definitions:
            del definitions[name]
            problems[name] = InputError(
                "It is defined twice", fix="Remove one of the two definitions"
            )
        elif name not in problems:
            try:
                definitions[name] = DerivedVariable.from_record(item)
            except InputError as error:
                problems[name] = error
    return _File(tuple(records), tuple(definitions.values()), problems)


def _name(record: object) -> str:
    name = record.get("name") if isinstance(record, Mapping) else None
    return name if isinstance(name, str) else ""


def _write(base: StoredSurvey, records: Sequence[Any], extended: StoredSurvey) -> None:
    derivation = derivation_of(extended)
    entries = {name: dataclasses.asdict(item) for name, item in derivation.variables.items()}
    found = {
        "state": _state(base, records),
        "variables": {name: {key: entry[key] for key in _KEPT} for name, entry in entries.items()},
        "problems": {
            name: {"what": error.what, "where": error.where, "fix": error.fix}
            for name, error in derivation.problems.items()
        },
    }
    record = {"format": FORMAT_VERSION, "variables": list(records), "found": found}
    write_json(record, base.folder / FILE_NAME)


def _state(base: StoredSurvey, records: Sequence[Any]) -> str:
    """Tell definitions and tables from others, also where the files were copied elsewhere."""
    tables = {
        respondent: [table.rows, table.state[1], list(table.columns)]
        for respondent, table in base.tables.items()
    }
    text = json_text({"variables": list(records), "tables": tables})
    return hashlib.sha256(text.encode()).hexdigest()


__all__ = [
    "FILE_NAME",
    "Derivation",
    "definitions_of",
    "derivation_of",
    "put_derived",
    "recheck",
    "remove_derived",
    "try_derived",
    "with_derived",
    "without_derived",
]
