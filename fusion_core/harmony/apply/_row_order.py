"""How the rows of a survey's two tables follow and belong to one another.

Keys are compared as Arrow arrays: a full ACS year has three million of them, as text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from fusion_core.errors import InputError
from fusion_core.harmony.model import IndexArray
from fusion_core.summaries import counted
from fusion_core.surveys.model import HOUSEHOLD_KEY, PERSON_KEY
from fusion_core.surveys.source import SurveySource

_NOBODY: IndexArray = np.empty(0, dtype=np.intp)


@dataclass(frozen=True)
class RowOrder:
    """Which rows of a survey are used, and in which order.

    Households are sorted by identifier, persons by household and person number. Where the survey
    has both tables, only households present in both are kept, and their persons.

    Attributes
    ----------
    households, persons
        Rows of the survey's own tables; ``None`` for all rows as they stand.
    starts
        Position of the first person, who is the reference person, of every household.
    person_count
        Number of persons.
    """

    households: IndexArray | None = None
    persons: IndexArray | None = None
    starts: IndexArray = field(default_factory=lambda: _NOBODY)
    person_count: int = 0

    @property
    def nbytes(self) -> int:
        """Memory the order takes."""
        given = (self.households, self.persons, self.starts)
        return sum(array.nbytes for array in given if array is not None)


def row_order(survey: SurveySource) -> RowOrder:
    """Arrange the rows of a survey.

    Raises
    ------
    InputError
        If a key column is missing, or a household has no reference person.
    """
    if not survey.has("person"):
        return RowOrder(_household_order(_keys(survey, "household", [HOUSEHOLD_KEY])))
    table = _keys(survey, "person", [HOUSEHOLD_KEY, PERSON_KEY])
    persons = _person_order(table)
    ids = _taken(table[HOUSEHOLD_KEY], persons)
    numbers = _taken(table[PERSON_KEY], persons).to_numpy()
    starts = _starts(ids)
    households = None
    if survey.has("household"):
        household_ids = _keys(survey, "household", [HOUSEHOLD_KEY])
        households = _household_order(household_ids)
        shared = _shared(_taken(household_ids[HOUSEHOLD_KEY], households), ids.iloc[starts])
        if shared is not None:
            keep_household, keep_start = shared
            keep = np.repeat(keep_start, np.diff(np.append(starts, len(ids))))
            households, persons = _subset(households, keep_household), _subset(persons, keep)
            numbers, starts = numbers[keep], _starts(ids[keep])
    _check_reference(survey, numbers[starts])
    return RowOrder(households, persons, starts, len(numbers))


def _keys(survey: SurveySource, respondent: Any, names: list[str]) -> pd.DataFrame:
    known = survey.column_names(respondent)
    for name in names:
        if name not in known:
            raise InputError.unknown("key column", name, known)
    return survey.columns(respondent, names)


def _household_order(table: pd.DataFrame) -> IndexArray | None:
    ids = _arrow(table[HOUSEHOLD_KEY])
    return None if _all(pc.less_equal(_before(ids), _after(ids))) else _sorted(table)


def _person_order(table: pd.DataFrame) -> IndexArray | None:
    ids, numbers = _arrow(table[HOUSEHOLD_KEY]), table[PERSON_KEY].to_numpy()
    if _all(pc.less_equal(_before(ids), _after(ids))):
        changes = _numpy(pc.not_equal(_before(ids), _after(ids)))
        if bool((changes | (numbers[1:] >= numbers[:-1])).all()):
            return None
    return _sorted(table)


def _sorted(table: pd.DataFrame) -> IndexArray:
    positions = pd.RangeIndex(len(table))
    ordered = table.set_axis(positions).sort_values(list(table.columns), kind="stable")
    return ordered.index.to_numpy(np.intp)


def _starts(ids: pd.Series[Any]) -> IndexArray:
    """Return the positions at which another household begins."""
    if not len(ids):
        return _NOBODY
    keys = _arrow(ids)
    changes = _numpy(pc.not_equal(_before(keys), _after(keys)))
    return np.concatenate([[0], np.flatnonzero(changes) + 1])


def _shared(
    households: pd.Series[Any], of_persons: pd.Series[Any]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]] | None:
    """Say which of two sorted lists of households are in the other; ``None`` if they are equal."""
    left, right = _arrow(households), _arrow(of_persons)
    if left.type == right.type and left.equals(right):
        return None
    return households.isin(of_persons).to_numpy(), of_persons.isin(households).to_numpy()


def _check_reference(survey: SurveySource, numbers: npt.NDArray[Any]) -> None:
    lacking = int((numbers != 1).sum())
    if lacking:
        raise InputError(
            f"{counted(lacking, 'household')} of {survey.id.title} "
            f"{'has' if lacking == 1 else 'have'} no person number 1, so that the reference person "
            "is unknown",
            where=PERSON_KEY,
            fix="Import the survey again with the reference person numbered 1",
        )


def _arrow(column: pd.Series[Any]) -> pa.Array:
    found = pa.array(column)
    if isinstance(found, pa.ChunkedArray):
        found = found.combine_chunks()
    return found.dictionary_decode() if pa.types.is_dictionary(found.type) else found


def _before(keys: pa.Array) -> pa.Array:
    return keys.slice(0, max(len(keys) - 1, 0))


def _after(keys: pa.Array) -> pa.Array:
    return keys.slice(1)


def _all(condition: pa.Array) -> bool:
    return bool(pc.all(condition, min_count=0).as_py())


def _numpy(condition: pa.Array) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = condition.to_numpy(zero_copy_only=False)
    return found


def _subset(order: IndexArray | None, keep: npt.NDArray[np.bool_]) -> IndexArray:
    return np.flatnonzero(keep) if order is None else order[keep]


def _taken(column: pd.Series[Any], order: IndexArray | None) -> pd.Series[Any]:
    return column if order is None else column.iloc[order]


__all__ = ["RowOrder", "row_order"]
