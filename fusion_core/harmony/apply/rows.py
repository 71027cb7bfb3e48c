"""The rows of a survey, prepared once so that every harmony on them is a few array operations.

Columns are read when a harmony needs them and kept as far as memory allows. Nothing here is global:
whoever computes many harmonies keeps a `RowsCache` and passes it along.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any, Final

import numpy as np
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.harmony.apply._encoded_column import (
    CellTotals,
    EncodedColumn,
    UniverseColumn,
    cell_totals,
    encode,
    within_universe,
)
from fusion_core.harmony.apply._row_order import RowOrder, row_order
from fusion_core.harmony.expressions import ExpressionEngine, check_expression
from fusion_core.harmony.model import FloatArray, IndexArray
from fusion_core.lru_cache import LruCache
from fusion_core.surveys.model import HOUSEHOLD_KEY, PERSON_KEY, WEIGHT, RespondentLevel
from fusion_core.surveys.source import SurveySource

KEPT_BYTES: Final = 512 * 2**20
"""Memory for prepared rows, enough for a hundred columns of a full ACS year."""


class SurveyRows:
    """A survey's households and persons in order, with links between them; see `RowOrder`.

    Several threads may ask at the same time.

    Parameters
    ----------
    survey
        A survey with microdata.
    kept_bytes
        Memory for columns and what was computed from them.

    Raises
    ------
    InputError
        If it has no microdata.
    """

    def __init__(self, survey: SurveySource, *, kept_bytes: int = KEPT_BYTES) -> None:
        if not survey.has("household") and not survey.has("person"):
            survey.count("household")  # raises the error that says what to import
        self.survey = survey
        self.kept = LruCache(kept_bytes)
        self._engine: ExpressionEngine | None = None
        self._lock = threading.Lock()
        self._arranged: RowOrder | None = None

    @property
    def _order(self) -> RowOrder:
        # On first use: a cache must not make everybody wait while one survey is arranged.
        with self._lock:
            if self._arranged is None:
                self._arranged = row_order(self.survey)
            return self._arranged

    @property
    def nbytes(self) -> int:
        """Memory that is taken."""
        arranged = self._arranged.nbytes if self._arranged else 0
        return arranged + self.kept.nbytes

    @property
    def starts(self) -> IndexArray:
        """Position of every household's first person, who is its reference person."""
        return self._order.starts

    @property
    def household_of_person(self) -> IndexArray:
        """Position of every person's household."""

        def positions() -> IndexArray:
            sizes = np.diff(np.append(self.starts, self._order.person_count))
            return np.repeat(np.arange(len(self.starts)), sizes)

        return self.kept.get("household of person", positions)

    def count(self, respondent: RespondentLevel) -> int:
        """Return the number of kept households or persons."""
        if respondent == "person":
            self.survey.count("person")
            return self._order.person_count
        if not self.survey.has("household"):
            return len(self.starts)
        order = self._order.households
        return self.survey.count("household") if order is None else len(order)

    def column(self, respondent: RespondentLevel, name: str) -> pd.Series[Any]:
        """Return a column of the kept rows in order, with the index of the survey's own table.

        Raises
        ------
        InputError
            If the table or the column does not exist.
        """
        if name not in self.survey.column_names(respondent):
            raise self._unknown_column(respondent, name)
        order = self._order.households if respondent == "household" else self._order.persons
        column = self.survey.column(respondent, name)
        return column if order is None else column.iloc[order]

    def _unknown_column(self, respondent: RespondentLevel, name: str) -> InputError:
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
            "variable",
            name,
            self.survey.column_names(respondent),
            where=f"{title}, {respondent} table",
        )

    def weight(self, respondent: RespondentLevel) -> FloatArray:
        """Return the survey weight of every kept row.

        Households of a survey without a household table carry their reference person's weight.
        """
        if respondent == "household" and not self.survey.has("household"):
            return self.weight("person")[self.starts]

        def read() -> FloatArray:
            return self.column(respondent, WEIGHT).to_numpy(np.float64)

        return self.kept.get(("weight", respondent), read)

    def cells(
        self, respondent: RespondentLevel, variable: str, adjustment: str = "", universe: str = ""
    ) -> UniverseColumn:
        """Return the answers of a variable or, where given, the values of its adjustment.

        Parameters
        ----------
        respondent, variable, adjustment, universe
            As in `Side`.

        Raises
        ------
        InputError
            If the variable does not exist, or an expression is not allowed or fails.
        """
        adjustment, universe = adjustment.strip(), universe.strip()
        key = ("cells", respondent, "" if adjustment else variable, adjustment, universe)
        answers = (
            self.evaluate(respondent, adjustment)
            if adjustment
            else self.kept.get(
                ("column", respondent, variable), lambda: encode(self.column(respondent, variable))
            )
        )

        def within() -> UniverseColumn:
            condition = self.evaluate(respondent, universe)
            numbers = condition.numbers
            if numbers is None or not np.isin(numbers[~np.isnan(numbers)], (0, 1)).all():
                raise InputError(
                    "The universe is not a condition: it gives numbers or text, not true or false",
                    where=universe,
                    fix="Write a comparison such as agep >= 16",
                )
            holds = np.append(numbers == 1, False)  # not for missing answers
            return within_universe(key, answers, holds[condition.positions])

        return self.kept.get(key, within) if universe else within_universe(key, answers, None)

    def evaluate(self, respondent: RespondentLevel, expression: str) -> EncodedColumn:
        """Return the value of an expression for every kept row (conditions as 0 and 1)."""

        def run() -> EncodedColumn:
            names = self.survey.column_names(respondent)
            checked = check_expression(
                expression, {name: self.survey.dictionary.get(name) for name in names}
            )
            frame = pd.DataFrame({name: self.column(respondent, name) for name in checked.columns})
            if not checked.columns:
                frame = pd.DataFrame(index=pd.RangeIndex(self.count(respondent)))
            engine = self._engine = self._engine or ExpressionEngine()
            return encode(engine.evaluate(checked, frame))

        return self.kept.get(("expression", respondent, expression), run)

    def totals(
        self, cells: UniverseColumn, respondent: RespondentLevel, *, of_reference: bool = False
    ) -> CellTotals:
        """Return how often every cell occurs among the rows of its table.

        Parameters
        ----------
        cells
            What every row of the table answered.
        respondent
            Level of the table.
        of_reference
            Count reference persons only, with the weights of their households.
        """

        def count() -> CellTotals:
            positions = cells.positions[self.starts] if of_reference else cells.positions
            weight = self.weight("household" if of_reference else respondent)
            return cell_totals(positions, weight, cells.count)

        return self.kept.get(("totals", cells.key, of_reference), count)

    def index(self, respondent: RespondentLevel) -> pd.Index[Any]:
        """Return the index labels of the kept rows in the survey's own table."""
        if respondent == "household" and not self.survey.has("household"):
            return pd.RangeIndex(len(self.starts))
        return self.column(respondent, HOUSEHOLD_KEY).index

    def keys(self, respondent: RespondentLevel) -> pd.DataFrame:
        """Return identifiers, weight and published geography of the kept rows."""
        if respondent == "household" and not self.survey.has("household"):
            ids = self.column("person", HOUSEHOLD_KEY).to_numpy()[self.starts]
            return pd.DataFrame({HOUSEHOLD_KEY: ids, WEIGHT: self.weight("household")})
        columns = {HOUSEHOLD_KEY: self.column(respondent, HOUSEHOLD_KEY)}
        if respondent == "person":
            columns[PERSON_KEY] = self.column("person", PERSON_KEY)
        columns[WEIGHT] = self.column(respondent, WEIGHT)
        frame = pd.DataFrame(columns)
        for name in self.survey.description.geography:
            if not (self.survey.has("household") and name in self.survey.column_names("household")):
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
        Number of surveys kept at most.
    kept_bytes
        Memory for all of them; the survey used last is kept whatever it takes.
    """

    def __init__(self, size: int = 16, *, kept_bytes: int = KEPT_BYTES) -> None:
        self._size = size
        self._kept_bytes = kept_bytes
        self._lock = threading.Lock()
        self._rows: OrderedDict[int, SurveyRows] = OrderedDict()

    @property
    def nbytes(self) -> int:
        """Memory that is taken."""
        return sum(rows.nbytes for rows in list(self._rows.values()))

    def rows(self, survey: SurveySource) -> SurveyRows:
        """Return the prepared rows of a survey object, preparing them on first use."""
        with self._lock:
            found = self._rows.get(id(survey))
            if found is None or found.survey is not survey:
                found = SurveyRows(survey, kept_bytes=self._kept_bytes // 2)
                self._rows[id(survey)] = found
            self._rows.move_to_end(id(survey))
            while len(self._rows) > 1 and (
                len(self._rows) > self._size or self.nbytes > self._kept_bytes
            ):
                self._rows.popitem(last=False)
            return found


__all__ = ["KEPT_BYTES", "RowsCache", "SurveyRows"]
