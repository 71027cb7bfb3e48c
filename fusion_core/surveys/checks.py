"""The conventions every stored survey keeps, checked before one is stored.

Later stages rely on them without looking again: see `fusion_core.surveys.model`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from fusion_core.arguments import type_name
from fusion_core.errors import InputError
from fusion_core.frames import is_number, unusable, values_in_words
from fusion_core.summaries import counted
from fusion_core.surveys.model import HOUSEHOLD_KEY, PERSON_KEY, WEIGHT, RespondentLevel, Survey


def check_survey(survey: Survey) -> None:
    """Raise unless the survey keeps the conventions.

    Raises
    ------
    InputError
        Naming everything that is wrong.
    """
    wrong = [*_tables(survey)]
    if wrong:
        raise InputError(
            "; ".join(wrong),
            where=survey.id.title,
            fix="Nothing was stored; correct the survey or the reader that made it",
        )


def _tables(survey: Survey) -> Iterator[str]:
    if survey.household is not None:
        yield from _table(survey, survey.household, "household", [HOUSEHOLD_KEY])
    if survey.person is None:
        return
    yield from _table(survey, survey.person, "person", [HOUSEHOLD_KEY, PERSON_KEY])
    if survey.household is None:
        yield "there are persons but no households"
    elif {HOUSEHOLD_KEY} <= set(survey.person.columns) & set(survey.household.columns):
        lost = int((~survey.person[HOUSEHOLD_KEY].isin(survey.household[HOUSEHOLD_KEY])).sum())
        if lost:
            yield f"{counted(lost, 'person belongs', 'persons belong')} to no household of the household table"


def _table(
    survey: Survey, table: pd.DataFrame, respondent: RespondentLevel, keys: list[str]
) -> Iterator[str]:
    name = f"the {respondent} table"
    wrong = _names(table, name)
    if wrong:
        yield wrong
        return
    missing = [column for column in [*keys, WEIGHT] if column not in table.columns]
    missing += [
        column for column in survey.description.design.columns if column not in table.columns
    ]
    # A survey may publish replicate weights for households alone.
    if respondent == "person":
        missing = [column for column in missing if not column.startswith("replicate_")]
    if missing:
        yield f"{name} lacks {', '.join(missing[:3])}"
        return
    unfit = [
        f"the column {column} of {name} {reason}"
        for column in dict.fromkeys([*keys, *_answers(survey, respondent)])
        if column in table.columns and (reason := unusable(table[column]))
    ]
    if unfit or not is_number(table[WEIGHT].dtype):
        yield from unfit or [f"the weights of {name} are {values_in_words(table[WEIGHT])}"]
        return
    if table[keys].isna().any().any():
        yield f"{name} has rows without {' or '.join(keys)}"
    elif table.duplicated(keys).any():
        yield f"{name} has two rows for one {' and '.join(keys)}"
    weight = table[WEIGHT].to_numpy(dtype="float64", na_value=np.nan)
    bad = int((~(np.isfinite(weight) & (weight > 0))).sum())
    if bad:
        yield f"{bad:,} weights of {name} are not positive and finite"
    undescribed = [
        variable.name
        for variable in survey.dictionary.answers(respondent)
        if variable.name not in table.columns
    ]
    if undescribed:
        yield f"{name} lacks the variable {undescribed[0]} of the dictionary"
    yield from _levels(survey, table, respondent)


def _names(table: Any, name: str) -> str:
    """Say what is wrong with a table's column names; empty if nothing is."""
    if not isinstance(table, pd.DataFrame):
        return f"{name} is not a pandas frame but {type_name(table)}"
    unnamed = [column for column in table.columns if not isinstance(column, str)]
    if unnamed:
        return f"{name} has a column whose name is not a text: {unnamed[0]!r:.60}"
    twice = table.columns[table.columns.duplicated()]
    return f"{name} has the column {twice[0]} twice" if len(twice) else ""


def _answers(survey: Survey, respondent: RespondentLevel) -> list[str]:
    return [variable.name for variable in survey.dictionary.answers(respondent)]


def _levels(survey: Survey, table: pd.DataFrame, respondent: RespondentLevel) -> Iterator[str]:
    """Compare categories with the dictionary's levels."""
    for variable in survey.dictionary.answers(respondent):
        if variable.name not in table.columns or not variable.levels:
            continue
        column = table[variable.name]
        if not isinstance(column.dtype, pd.CategoricalDtype):
            yield f"{variable.name} has levels in the dictionary but is not a category"
            continue
        unknown = [level for level in column.cat.categories if level not in variable.levels]
        if unknown:
            yield f"the level '{unknown[0]}' of {variable.name} is not in the dictionary"
