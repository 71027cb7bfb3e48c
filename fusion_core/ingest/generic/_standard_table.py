"""Convert an inspected file into a table with the names and types every stored survey has."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.geography.codes import is_puma
from fusion_core.geography.spatial import PUMA
from fusion_core.ingest.generic._inference import OTHER_WEIGHT
from fusion_core.ingest.generic._weights import implausible, population
from fusion_core.ingest.generic.special import number_text
from fusion_core.ingest.tables import (
    EXACT_BELOW,
    LARGEST_INTEGER,
    keys,
    numbers,
    weights,
    whole_or_real,
)
from fusion_core.summaries import counted
from fusion_core.surveys.model import (
    HOUSEHOLD_KEY,
    PERSON_KEY,
    WEIGHT,
    Variable,
    variable_from_column,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from fusion_core.ingest.generic._inference import InferredColumn
    from fusion_core.ingest.generic.inspection import Inspection
    from fusion_core.ingest.tables import ProblemLog, RawTable

_MANY_LEFT_OUT: Final = 4
_SHOWN_COLUMNS: Final = 4
_RESERVED: Final = {HOUSEHOLD_KEY, PERSON_KEY, WEIGHT}
_KIND_WORDS: Final = {"missing": "missing", "not in universe": "not applicable"}


def standard_table(
    raw: RawTable, inspection: Inspection, log: ProblemLog
) -> tuple[dict[str, Any], list[Variable]]:
    """Convert the columns of a file as its inspection says; report every row that does not fit.

    Parameters
    ----------
    raw
        The file as texts.
    inspection
        What each column is.
    log
        Where problems go.

    Returns
    -------
    dict
        The columns of the table by name.
    list of Variable
        Their descriptions.
    """
    level = inspection.respondent
    table: dict[str, Any] = {}
    variables: list[Variable] = []
    _add_keys(raw, inspection, log, table, variables)
    _add_weights(raw, inspection, log, table, variables)
    names, named = set(_RESERVED), list(_RESERVED)
    _say_left_out(raw, inspection, log)
    for inferred in inspection.columns:
        column = inferred
        if column.left_out:
            continue
        if column.name == OTHER_WEIGHT:
            log.add(
                f"The column is not the weight of the survey; it is named {OTHER_WEIGHT}",
                file=raw.path.name,
                column=column.source,
                severity="warning",
            )
        if column.name in names and _only_case_differs(column, named):
            log.add(
                f"The name '{column.name}' would stand for two columns",
                file=raw.path.name,
                column=column.source,
                fix="Rename the column or leave it out",
            )
            continue
        if column.name in names:
            column = _numbered(raw, column, names, log)
        names.add(column.name)
        named.append(column.source)
        values = _values(raw, column, log)
        if column.name == PUMA:
            _check_pumas(raw, column, log)
        table[column.name] = values
        variables.append(
            variable_from_column(
                column.name,
                pd.Series(values),
                description=column.description,
                respondent=level,
                role="geography" if column.source in inspection.geography else "answer",
                unit=column.unit,
                note=_note(column),
            )
        )
    _say_special(raw, inspection, log)
    return table, variables


def _only_case_differs(column: InferredColumn, others: Sequence[str]) -> bool:
    """Whether the name of a column is that of an earlier one but for case and spaces around it."""
    plain = column.source.strip().casefold()
    return any(plain == other.strip().casefold() for other in others)


def _numbered(
    raw: RawTable, column: InferredColumn, names: Collection[str], log: ProblemLog
) -> InferredColumn:
    """Return a column numbered whose name differs from another one's in signs no name can have."""
    number = next(n for n in itertools.count(2) if f"{column.name}_{n}" not in names)
    name = f"{column.name}_{number}"
    log.add(
        f"The name '{column.name}' is another column's: this one is called '{name}'",
        file=raw.path.name,
        column=column.source,
        fix="Rename it if another name says more",
        severity="warning",
    )
    return dataclasses.replace(column, name=name)


def _say_left_out(raw: RawTable, inspection: Inspection, log: ProblemLog) -> None:
    """Name the columns that are left out, those with one reason in one sentence."""
    by_reason: dict[str, list[str]] = {}
    for column in inspection.columns:
        if column.left_out:
            by_reason.setdefault(column.left_out, []).append(column.source)
    for reason, columns in by_reason.items():
        if len(columns) < _MANY_LEFT_OUT:
            for source in columns:
                log.add(
                    f"The column is left out: {reason}",
                    file=raw.path.name,
                    column=source,
                    severity="warning",
                )
        else:
            log.add(
                f"{len(columns)} columns, {columns[0]} to {columns[-1]}, are left out: {reason}",
                file=raw.path.name,
                severity="warning",
            )


def _say_special(raw: RawTable, inspection: Inspection, log: ProblemLog) -> None:
    """Say which values are read as no value, once for all columns alike, and which might be."""
    alike: dict[tuple[str, str, str, str], list[tuple[str, int]]] = {}
    for source, item in inspection.special:
        if item.kind != "value":
            key = (item.code, item.label, item.kind, item.why)
            alike.setdefault(key, []).append((source, item.rows))
    for (code, label, kind, why), places in alike.items():
        rows = sum(count for _, count in places)
        words = f" ({label})" if label else ""
        log.add(
            f"'{code}'{words} is read as {_KIND_WORDS[kind]}, not as an answer, in"
            f" {_listed([source for source, _ in places])} ({counted(rows, 'value')}): {why}",
            file=raw.path.name,
            severity="warning",
        )
    for column in inspection.columns:
        twins = () if column.left_out else _twins(column.levels)
        if twins:
            log.add(
                f"The answers {' and '.join(map(repr, twins))} differ only in case or spaces; they are"
                " kept apart",
                file=raw.path.name,
                column=column.source,
                fix="Write them alike, or put them into one group when you harmonize",
                severity="warning",
            )
        if column.doubtful and not column.left_out:
            codes = ", ".join(column.doubtful)
            verb = "stand" if len(column.doubtful) > 1 else "stands"
            log.add(
                f"The number {codes} may be a code that {verb} for no answer; it is read as a number",
                file=raw.path.name,
                column=column.source,
                fix=f"If it is a code, say so: --missing {column.source}={codes.replace(' ', '')}",
                severity="warning",
            )


def _twins(levels: Sequence[str]) -> tuple[str, ...]:
    """Return the first answers that are the same but for case and spaces; empty where none are."""
    alike: dict[str, list[str]] = {}
    for level in levels:
        alike.setdefault(" ".join(level.casefold().split()), []).append(level)
    return next((tuple(found) for found in alike.values() if len(found) > 1), ())


def _listed(columns: list[str]) -> str:
    shown = ", ".join(columns[:_SHOWN_COLUMNS])
    more = len(columns) - _SHOWN_COLUMNS
    return f"{shown} and {counted(more, 'more column')}" if more > 0 else shown


def _note(column: InferredColumn) -> str:
    """Return what a user of the variable should know of its special values."""
    parts = []
    for item in column.special:
        words = f" ({item.label})" if item.label else ""
        if item.kind == "value":
            parts.append(f"{item.code} stands for '{item.label}'.")
        else:
            kind = _KIND_WORDS[item.kind]
            parts.append(f"Code {item.code}{words} is read as {kind}: {counted(item.rows, 'row')}.")
    return " ".join(parts)


def _add_keys(
    raw: RawTable,
    inspection: Inspection,
    log: ProblemLog,
    table: dict[str, Any],
    variables: list[Variable],
) -> None:
    is_person = inspection.respondent == "person"
    if not inspection.key:
        log.add(
            "No column identifies the households",
            file=raw.path.name,
            fix="Add a column 'household_id', or choose which column it is",
        )
    else:
        column = keys(raw, inspection.key, log, unique=not is_person)
        table[HOUSEHOLD_KEY] = column.astype(str).to_numpy()
        variables.append(
            Variable(HOUSEHOLD_KEY, f"Household identifier ({inspection.key})", role="key")
        )
    if is_person and inspection.key:
        table[PERSON_KEY] = _person_numbers(raw, inspection, log)
        variables.append(
            Variable(
                PERSON_KEY,
                "Person number within the household; 1 is the reference person",
                "person",
                "integer",
                "key",
            )
        )


def _person_numbers(raw: RawTable, inspection: Inspection, log: ProblemLog) -> Any:
    if not inspection.person_number:
        log.add(
            "No column numbers the persons of a household; the order of the rows is used",
            file=raw.path.name,
            severity="warning",
        )
        key = raw.frame[inspection.key].astype(object)
        return (key.groupby(key).cumcount() + 1).to_numpy()
    values = numbers(raw, inspection.person_number, log)
    blank = np.flatnonzero(raw.frame[inspection.person_number].isna().to_numpy())
    if len(blank):
        raw.report(
            log,
            "The person number is missing",
            column=inspection.person_number,
            positions=blank,
            fix="Number every person of a household, or leave the column out to number the rows",
        )
    pairs = pd.DataFrame({"key": raw.frame[inspection.key].astype(object), "number": values})
    repeated = np.flatnonzero((pairs.duplicated() & pairs["number"].notna()).to_numpy())
    if len(repeated):
        raw.report(
            log,
            "Two persons of a household have the same number",
            column=inspection.person_number,
            positions=repeated,
            fix="Give every person of a household its own number",
        )
    return values


def _add_weights(
    raw: RawTable,
    inspection: Inspection,
    log: ProblemLog,
    table: dict[str, Any],
    variables: list[Variable],
) -> None:
    if inspection.weight:
        table[WEIGHT] = weights(raw, inspection.weight, log)
        if implausible(inspection.total, inspection.respondent):
            log.add(
                f"The weights add up to {population(inspection.total, inspection.respondent)}, more"
                " than the United States have",
                file=raw.path.name,
                column=inspection.weight,
                fix="If its last digits are decimals, say so: --implied-decimals "
                f"{inspection.weight}=2",
                severity="warning",
            )
        description = f"Sampling weight ({inspection.weight})"
    else:
        table[WEIGHT] = np.ones(len(raw.frame))
        description = "Sampling weight: none in the file, every row counts the same"
        log.add(
            "No weight was found: every row counts the same",
            file=raw.path.name,
            fix="Choose the weight column if there is one",
            severity="warning",
        )
    if inspection.respondent == "household":
        variables.append(Variable(WEIGHT, description, type="continuous", role="weight"))
    for index, column in enumerate(inspection.replicates, start=1):
        table[f"replicate_{index}"] = _replicate(raw, column, log, inspection.blanks_are_zero)
    if inspection.blanks_are_zero:
        log.add(
            "Blank replicate weights are read as 0: each replicate is a half-sample, and a blank"
            " stands for a household of the other half",
            file=raw.path.name,
            severity="warning",
        )


def _replicate(
    raw: RawTable, column: str, log: ProblemLog, blanks_are_zero: bool
) -> NDArray[np.float64]:
    values = numbers(raw, column, log)
    blank = raw.frame[column].isna().to_numpy()
    infinite = np.flatnonzero(np.isinf(values))
    if len(infinite):
        raw.report(
            log,
            "The replicate weight is infinite",
            column=column,
            positions=infinite,
            fix="Every replicate weight needs to be a finite number; zeros are allowed",
        )
    if blanks_are_zero:
        return np.where(blank, 0.0, values)
    missing = np.flatnonzero(blank)
    if len(missing):
        raw.report(
            log,
            "The replicate weight is missing",
            column=column,
            positions=missing,
            fix="Write 0 where a row is not in a replicate, or leave the replicates out",
        )
    return values


def _check_pumas(raw: RawTable, column: InferredColumn, log: ProblemLog) -> None:
    """Say at once what maps and spatial predictors would refuse much later."""
    wrong = [level for level in column.levels if not is_puma(level)]
    if wrong or not column.levels:
        example = f" such as '{wrong[0]}'" if wrong else ""
        log.add(
            f"PUMA codes{example} are not of seven digits, two of the state and five of the area:"
            " maps and spatial predictors will not know them",
            file=raw.path.name,
            column=column.source,
            fix="Join the code of the state and that of the PUMA in this column",
            severity="warning",
        )


def _values(raw: RawTable, column: InferredColumn, log: ProblemLog) -> Any:
    if column.type in {"integer", "continuous"}:
        values = numbers(
            raw,
            column.source,
            log,
            missing=column.no_values,
            exact_below=LARGEST_INTEGER if column.type == "integer" else EXACT_BELOW,
            fix=f"Correct it, or say that it stands for no answer: --missing {column.source}={{text}}",
        )
        infinite = np.flatnonzero(np.isinf(values))
        if len(infinite):
            raw.report(log, "The number is infinite", column=column.source, positions=infinite)
        if column.type == "integer" and bool((np.abs(values) >= EXACT_BELOW).any()):
            return _long_numbers(raw, column, values, log)
        return whole_or_real(values)
    series = raw.frame[column.source]
    if pd.api.types.is_float_dtype(series):
        series = series.map(number_text, na_action="ignore").astype("category")
    found = [column.labels.get(str(text)) for text in series.cat.categories]
    codes = series.cat.codes.to_numpy()
    for position, label in enumerate(found):
        if str(series.cat.categories[position]) in column.no_values:
            found[position] = None
            continue
        rows = np.flatnonzero(codes == position) if label is None else np.array([], dtype=np.intp)
        if len(rows):
            raw.report(
                log,
                f"The level '{series.cat.categories[position]}' is not in the codebook",
                column=column.source,
                positions=rows,
                fix=f"Add it to the codebook, or say it is missing: --missing {column.source}="
                f"{series.cat.categories[position]}",
            )
    answers = np.array([*found, None], dtype=object)[codes]
    return pd.Categorical(
        pd.Series(answers), categories=list(column.levels), ordered=column.type == "ordered"
    )


def _long_numbers(
    raw: RawTable, column: InferredColumn, values: NDArray[np.float64], log: ProblemLog
) -> Any:
    """Return whole numbers of more than fifteen digits exactly; say so where that is not possible."""
    series = raw.frame[column.source]
    exact = [_whole(str(text)) for text in series.cat.categories]
    if np.isfinite(values).all() and None not in exact:
        return np.array([number or 0 for number in exact], dtype="int64")[series.cat.codes]
    log.add(
        "The column holds whole numbers of more than 15 digits, beyond which digits are rounded",
        file=raw.path.name,
        column=column.source,
        fix=f"If they are identifiers, read them as text: --type {column.source}=text",
        severity="warning",
    )
    return values


def _whole(text: str) -> int | None:
    """Return the whole number a text is, if it fits the computer's."""
    digits = text.partition(".")[0]
    number = int(digits) if digits.lstrip("+-").isdigit() else None
    return number if number is not None and -LARGEST_INTEGER <= number < LARGEST_INTEGER else None
