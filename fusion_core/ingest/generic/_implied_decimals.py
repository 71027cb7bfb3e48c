"""Whole numbers whose last digits are decimals, as codebooks say: "2 implied decimals".

A file of fixed widths has no room for a decimal point, and extracts of it often have none either. A
codebook or a person says how many digits stand behind it; nothing is guessed. Columns that have a
decimal point somewhere are as they are meant to be, and codes with a label are no amounts.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.ingest.generic.special import plain
from fusion_core.ingest.tables import category_texts

if TYPE_CHECKING:
    from fusion_core.ingest.generic.codebook import CodebookEntry
    from fusion_core.ingest.generic.inspection import Choices
    from fusion_core.ingest.tables import ProblemLog, RawTable

_WHOLE: Final = re.compile(r"[-+]?\d+(\.0*)?")
_MOST: Final = 9
_BY_PERSON: Final = "as said"
_BY_CODEBOOK: Final = "the codebook says so"


def with_decimals(
    raw: RawTable, entries: Mapping[str, CodebookEntry], choices: Choices, log: ProblemLog
) -> tuple[RawTable, list[str]]:
    """Return the table with implied decimals written out, and the columns named that it lacks.

    Parameters
    ----------
    raw
        The file as texts.
    entries
        What is known of each column, by its name in lower case.
    choices
        What a person says; a name that is no column is the stem of numbered ones.
    log
        Where it is said which columns were scaled, and which cannot be.

    Raises
    ------
    InputError
        If a number of decimals is not one from 0 to 9.
    """
    columns = [str(name) for name in raw.frame.columns]
    said, unknown = _said(choices.implied_decimals, columns)
    changed: dict[str, Any] = {}
    scaled: dict[tuple[int, str], list[str]] = {}
    for column in columns:
        entry = entries.get(column.strip().lower())
        by_codebook = entry.implied_decimals if entry is not None else 0
        digits = said.get(column, by_codebook)
        if not digits:
            continue
        series = raw.frame[column]
        if not _is_whole(series):
            if column in said:
                log.add(
                    "The numbers have decimals already, so none are implied",
                    file=raw.path.name,
                    column=column,
                    fix=f"Leave out --implied-decimals {column}={digits}",
                )
            continue
        codes = {plain(code) for code in (entry.labels if entry is not None else ())}
        codes |= {plain(code) for code in choices.missing_in(column) or ()}
        changed[column] = _scaled(series, digits, codes)
        why = _BY_PERSON if column in said else _BY_CODEBOOK
        scaled.setdefault((digits, why), []).append(column)
    _say(raw, scaled, changed, log)
    if not changed:
        return raw, unknown
    return dataclasses.replace(raw, frame=raw.frame.assign(**changed)), unknown


def _said(chosen: Mapping[str, str], columns: list[str]) -> tuple[dict[str, int], list[str]]:
    """Return the decimals of each column a person speaks of, and the names that fit none."""
    found: dict[str, int] = {}
    unknown = []
    for name, text in chosen.items():
        if not (text.isdigit() and int(text) <= _MOST):
            raise InputError(
                f"'{text}' is not a number of implied decimals",
                where=name,
                fix=f"Write how many digits stand behind the point, such as {name}=2",
            )
        stem = re.compile(rf"{re.escape(name.strip())}\d+", re.IGNORECASE)
        own = [column for column in columns if column.strip().lower() == name.strip().lower()]
        named = own or [column for column in columns if stem.fullmatch(column.strip())]
        found |= dict.fromkeys(named, int(text))
        if not named:
            unknown.append(name)
    return found, unknown


def _is_whole(series: pd.Series[Any]) -> bool:
    """Whether no number has a decimal point; texts that are no numbers do not matter."""
    if pd.api.types.is_float_dtype(series):
        return False  # only numbers with fractions are kept as numbers
    texts = category_texts(series)
    return any(_WHOLE.fullmatch(text) for text in texts) and not any(
        "." in text and not _WHOLE.fullmatch(text) and _is_number(text) for text in texts
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _scaled(series: pd.Series[Any], digits: int, codes: Collection[str]) -> pd.Series[Any]:
    texts = [
        _with_point(str(text), digits)
        if _WHOLE.fullmatch(str(text)) and plain(str(text)) not in codes
        else str(text)
        for text in series.cat.categories
    ]
    merged = pd.Categorical(texts)
    lookup = np.append(merged.codes, -1).astype("int64")
    recoded = lookup[series.cat.codes.to_numpy()]
    return pd.Series(
        pd.Categorical.from_codes(recoded, categories=merged.categories), index=series.index
    )


def _with_point(text: str, digits: int) -> str:
    """Write a whole number with its last digits behind a point, exactly."""
    number = text.partition(".")[0]
    sign = number[0] if number[0] in "+-" else ""
    figures = number.lstrip("+-").zfill(digits + 1)
    return f"{sign}{figures[:-digits]}.{figures[-digits:]}"


def _say(
    raw: RawTable,
    scaled: Mapping[tuple[int, str], list[str]],
    changed: Mapping[str, pd.Series[Any]],
    log: ProblemLog,
) -> None:
    for (digits, why), columns in scaled.items():
        before, after = _example(raw.frame[columns[0]], changed[columns[0]])
        named = columns[0] if len(columns) == 1 else f"{columns[0]} … {columns[-1]}"
        noun = "digit is a decimal" if digits == 1 else f"{digits} digits are decimals"
        log.add(
            f"The last {noun} ({why}) in {named}: {before} is read as {after}",
            file=raw.path.name,
            severity="warning",
        )


def _example(before: pd.Series[Any], after: pd.Series[Any]) -> tuple[str, str]:
    first = before.first_valid_index()
    return str(before[first]), str(after[first])
