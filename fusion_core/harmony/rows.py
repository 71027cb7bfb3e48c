"""The rows of a survey, prepared once so that every harmony on them is a few array operations.

Nothing here is global: whoever computes many harmonies keeps a `RowsCache` and passes it along.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.harmony.aggregation import FloatArray, IndexArray
from fusion_core.harmony.expressions import ExpressionEngine, check_expression
from fusion_core.surveys.model import (
    HOUSEHOLD_KEY,
    PERSON_KEY,
    WEIGHT,
    RespondentLevel,
    Survey,
)


@dataclass(frozen=True)
class RawValues:
    """The answers of one variable before binning and grouping.

    Attributes
    ----------
    codes
        For labels: position of each row's label in `labels`, −1 where missing; otherwise ``None``.
    labels
        The distinct labels.
    numbers
        For numbers: the value of each row, NaN where missing; otherwise ``None``.
    """

    codes: npt.NDArray[np.integer[Any]] | None = None
    labels: tuple[str, ...] = ()
    numbers: FloatArray | None = None


class SurveyRows:
    """A survey's households and persons in order, with links between them.

    Households are sorted by `household_id`, persons by household and person number. Where the
    survey has both tables, only households present in both are kept, and their persons.

    Parameters
    ----------
    survey
        A survey with microdata.

    Raises
    ------
    InputError
        If it has no microdata, or a household has no reference person.
    """

    _EXPRESSIONS_KEPT = 64

    def __init__(self, survey: Survey) -> None:
        if survey.household is None and survey.person is None:
            survey.table("household")  # raises the error that says what to import
        self.survey = survey
        self._engine: ExpressionEngine | None = None
        self._lock = threading.RLock()
        self._evaluated: OrderedDict[tuple[RespondentLevel, str], RawValues] = OrderedDict()
        self._household_order: IndexArray | None = None
        self._person_order: IndexArray | None = None
        self.starts: IndexArray = np.empty(0, dtype=np.intp)
        self.reference: IndexArray = np.empty(0, dtype=np.intp)
        self.household_of_person: IndexArray = np.empty(0, dtype=np.intp)
        self._arrange()

    def _arrange(self) -> None:
        households, persons = self.survey.household, self.survey.person
        if households is not None:
            self._household_order = _order(households, [HOUSEHOLD_KEY])
        if persons is None:
            return
        self._person_order = _order(persons, [HOUSEHOLD_KEY, PERSON_KEY])
        if households is not None:
            self._keep_shared(households, persons)
        ids = _taken(persons[HOUSEHOLD_KEY], self._person_order).to_numpy()
        first = np.ones(len(ids), dtype=bool)
        first[1:] = ids[1:] != ids[:-1]
        self.starts = np.flatnonzero(first)
        self.household_of_person = np.cumsum(first) - 1
        self._find_reference(_taken(persons[PERSON_KEY], self._person_order).to_numpy())

    def _keep_shared(self, households: pd.DataFrame, persons: pd.DataFrame) -> None:
        household_ids = _taken(households[HOUSEHOLD_KEY], self._household_order)
        person_ids = _taken(persons[HOUSEHOLD_KEY], self._person_order)
        keep_household = household_ids.isin(person_ids).to_numpy()
        keep_person = person_ids.isin(household_ids).to_numpy()
        if not keep_household.all():
            self._household_order = _subset(self._household_order, keep_household)
        if not keep_person.all():
            self._person_order = _subset(self._person_order, keep_person)

    def _find_reference(self, numbers: npt.NDArray[Any]) -> None:
        reference = self.starts.copy()
        lacking = int((numbers[reference] != 1).sum()) if len(reference) else 0
        if lacking:
            raise InputError(
                f"{lacking:,} households of {self.survey.id.title} have no person number 1, "
                "so their reference person is unknown",
                where=PERSON_KEY,
                fix="Import the survey again with the reference person numbered 1",
            )
        self.reference = reference

    def count(self, respondent: RespondentLevel) -> int:
        """Return the number of kept households or persons."""
        if respondent == "person":
            self.survey.table("person")
            return len(self.household_of_person)
        if self.survey.household is None:
            return len(self.starts)
        order = self._household_order
        return len(self.survey.household) if order is None else len(order)

    def column(self, respondent: RespondentLevel, name: str) -> pd.Series[Any]:
        """Return a column of the kept rows in order, with the index of the survey's own table.

        Raises
        ------
        InputError
            If the table or the column does not exist.
        """
        table = self.survey.table(respondent)
        if name not in table.columns:
            raise self._unknown_column(respondent, name, table)
        order = self._household_order if respondent == "household" else self._person_order
        return _taken(table[name], order)

    def _unknown_column(
        self, respondent: RespondentLevel, name: str, table: pd.DataFrame
    ) -> InputError:
        title = self.survey.id.title
        variable = self.survey.dictionary.get(name)
        if variable is not None and variable.respondent != respondent:
            return InputError(
                f"'{name}' is a {variable.respondent} variable of {title}, not a {respondent} one",
                fix=f"Use the {variable.respondent} level on this side",
            )
        if variable is not None:
            return InputError(
                f"'{name}' is in the dictionary of {title} but not in its {respondent} microdata",
                fix="Import the survey again with this column",
            )
        return InputError.unknown(
            "variable", name, map(str, table.columns), where=f"{title}, {respondent} table"
        )

    def weight(self, respondent: RespondentLevel) -> FloatArray:
        """Return the survey weight of every kept row.

        Households of a survey without a household table carry their reference person's weight.
        """
        if respondent == "household" and self.survey.household is None:
            return self.column("person", WEIGHT).to_numpy(np.float64)[self.reference]
        return self.column(respondent, WEIGHT).to_numpy(np.float64)

    def raw(self, respondent: RespondentLevel, variable: str, adjustment: str = "") -> RawValues:
        """Return the answers of a variable or, where given, the values of its adjustment.

        Raises
        ------
        InputError
            If the variable does not exist, or the adjustment is not allowed or fails.
        """
        if not adjustment.strip():
            return _raw(self.column(respondent, variable))
        return self.evaluate(respondent, adjustment)

    def evaluate(self, respondent: RespondentLevel, expression: str) -> RawValues:
        """Return the value of an expression for every kept row (conditions as 0 and 1)."""
        key = (respondent, expression)
        with self._lock:
            if key in self._evaluated:
                self._evaluated.move_to_end(key)
                return self._evaluated[key]
            table = self.survey.table(respondent)
            known = {str(name): self.survey.dictionary.get(str(name)) for name in table.columns}
            checked = check_expression(expression, known)
            frame = pd.DataFrame({name: self.column(respondent, name) for name in checked.columns})
            if not checked.columns:
                frame = pd.DataFrame(index=pd.RangeIndex(self.count(respondent)))
            self._engine = self._engine or ExpressionEngine()
            values = _raw(self._engine.evaluate(checked, frame))
            self._evaluated[key] = values
            while len(self._evaluated) > self._EXPRESSIONS_KEPT:
                self._evaluated.popitem(last=False)
            return values

    def index(self, respondent: RespondentLevel) -> pd.Index[Any]:
        """Return the index labels of the kept rows in the survey's own table."""
        if respondent == "household" and self.survey.household is None:
            return pd.RangeIndex(len(self.starts))
        return self.column(respondent, HOUSEHOLD_KEY).index

    def keys(self, respondent: RespondentLevel) -> pd.DataFrame:
        """Return identifiers, weight and published geography of the kept rows."""
        if respondent == "household" and self.survey.household is None:
            ids = self.column("person", HOUSEHOLD_KEY).to_numpy()[self.reference]
            return pd.DataFrame({HOUSEHOLD_KEY: ids, WEIGHT: self.weight("household")})
        columns = {HOUSEHOLD_KEY: self.column(respondent, HOUSEHOLD_KEY)}
        if respondent == "person":
            columns[PERSON_KEY] = self.column("person", PERSON_KEY)
        columns[WEIGHT] = self.column(respondent, WEIGHT)
        frame = pd.DataFrame(columns)
        for name in self.survey.description.geography:
            if self.survey.household is None or name not in self.survey.household.columns:
                continue
            values = self.column("household", name)
            if respondent == "person":
                values = values.iloc[self.household_of_person]
            frame[name] = values.array
        return frame


class RowsCache:
    """Keeps the prepared rows of the surveys used last.

    Parameters
    ----------
    size
        Number of surveys kept.
    """

    def __init__(self, size: int = 4) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._rows: OrderedDict[int, SurveyRows] = OrderedDict()

    def rows(self, survey: Survey) -> SurveyRows:
        """Return the prepared rows of a survey object, preparing them on first use."""
        with self._lock:
            found = self._rows.get(id(survey))
            if found is None or found.survey is not survey:
                found = SurveyRows(survey)
                self._rows[id(survey)] = found
            self._rows.move_to_end(id(survey))
            while len(self._rows) > self._size:
                self._rows.popitem(last=False)
            return found


def _order(table: pd.DataFrame, keys: list[str]) -> IndexArray | None:
    """Return the order that sorts a table by its keys, ``None`` when it is sorted already."""
    for name in keys:
        if name not in table.columns:
            raise InputError.unknown("key column", name, map(str, table.columns))
    first = table[keys[0]]
    if first.is_monotonic_increasing:
        if len(keys) == 1:
            return None
        ids, numbers = first.to_numpy(), table[keys[1]].to_numpy()
        if bool(((ids[1:] != ids[:-1]) | (numbers[1:] >= numbers[:-1])).all()):
            return None
    positions = pd.RangeIndex(len(table))
    order = table[keys].set_axis(positions).sort_values(keys, kind="stable").index
    return order.to_numpy(np.intp)


def _subset(order: IndexArray | None, keep: npt.NDArray[np.bool_]) -> IndexArray:
    return np.flatnonzero(keep) if order is None else order[keep]


def _taken(column: pd.Series[Any], order: IndexArray | None) -> pd.Series[Any]:
    return column if order is None else column.iloc[order]


def _raw(column: pd.Series[Any]) -> RawValues:
    """Split a column into label positions or double-precision numbers."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        labels = tuple(str(label) for label in column.cat.categories)
        return RawValues(codes=column.cat.codes.to_numpy(), labels=labels)
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
        return RawValues(numbers=np.where(np.isfinite(numbers), numbers, np.nan))
    codes, distinct = pd.factorize(column, sort=False)
    return RawValues(codes=codes, labels=tuple(str(label) for label in distinct))


__all__ = ["RawValues", "RowsCache", "SurveyRows"]
