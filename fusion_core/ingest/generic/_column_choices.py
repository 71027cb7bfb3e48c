"""What a person says of single columns: left out, renamed, of another type."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final, get_args

import pandas as pd

from fusion_core.errors import InputError
from fusion_core.ingest.generic._inference import InferredColumn, natural
from fusion_core.ingest.generic.special import number_text
from fusion_core.ingest.tables import category_texts
from fusion_core.surveys.model import VariableType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fusion_core.ingest.generic.inspection import Choices
    from fusion_core.ingest.tables import ProblemLog, RawTable

TYPES: Final[dict[str, VariableType]] = {
    "number": "continuous",
    "category": "nominal",
    "text": "nominal",
    **{name: name for name in get_args(VariableType)},
}
"""Words for the types of variables; a text is a category of however many answers."""


def with_choices(raw: RawTable, choices: Choices, log: ProblemLog) -> tuple[RawTable, list[str]]:
    """Return the table without the columns left out and with new names, and the names it lacks.

    Raises
    ------
    InputError
        If a type is not one of `TYPES`, or two columns would get one name.
    """
    for kind in choices.types.values():
        if kind not in TYPES:
            raise InputError.unknown("type", kind, TYPES)
    names = [str(name) for name in raw.frame.columns]
    unreadable = dict(raw.left_out)
    kept = [name for name in names if name not in choices.left_out]
    renamed = {name: choices.renamed.get(name, name) for name in kept}
    unknown = [
        name
        for name in [*choices.left_out, *choices.renamed]
        if name not in names and name not in unreadable
    ]
    unknown += [name for name in choices.types if name not in {*renamed.values(), *unreadable}]
    for name in set(choices.types) & set(unreadable):
        log.add(f"The column cannot be read: {unreadable[name]}", file=raw.path.name, column=name)
    new = list(renamed.values())
    twice = [name for name in kept if new.count(renamed[name]) > 1] if choices.renamed else []
    if twice:
        raise InputError(
            f"The columns {' and '.join(twice[:2])} would both be called '{renamed[twice[0]]}'",
            where=raw.path.name,
            fix="Give them different names, or leave one out",
        )
    return _chosen_table(raw, choices, kept, renamed), unknown


def _chosen_table(
    raw: RawTable, choices: Choices, kept: list[str], renamed: dict[str, str]
) -> RawTable:
    return dataclasses.replace(
        raw,
        frame=raw.frame[kept].rename(columns=renamed),
        left_out=tuple(item for item in raw.left_out if item[0] not in choices.left_out),
        said=tuple(
            dataclasses.replace(item, column=renamed.get(item.column, item.column))
            for item in raw.said
            if item.column not in choices.left_out
        ),
    )


def typed(
    raw: RawTable, columns: Sequence[InferredColumn], types: Mapping[str, str]
) -> tuple[InferredColumn, ...]:
    """Return the columns with the types a person gave them."""
    return tuple(
        _typed(raw, column, TYPES[types[column.source]]) if column.source in types else column
        for column in columns
    )


def _typed(raw: RawTable, column: InferredColumn, kind: VariableType) -> InferredColumn:
    if kind in {"integer", "continuous"}:
        if column.type == "integer" and not column.left_out:
            return column  # whole numbers are numbers
        return dataclasses.replace(column, type=kind, levels=(), labels={}, left_out="")
    if column.levels:
        return dataclasses.replace(column, type=kind)
    answers = _texts(raw.frame[column.source]) - column.no_values
    texts = sorted(answers, key=natural)
    return dataclasses.replace(
        column,
        type=kind,
        levels=tuple(texts),
        labels=dict(zip(texts, texts, strict=True)),
        left_out="",
    )


def _texts(series: pd.Series[Any]) -> set[str]:
    if pd.api.types.is_float_dtype(series):
        return {number_text(value) for value in series.dropna().unique()}
    return set(category_texts(series.cat.remove_unused_categories()))
