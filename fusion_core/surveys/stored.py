"""A survey on disk whose columns are read when they are needed, and not kept.

A full ACS year has hundreds of columns and millions of rows; whoever works on one variable at a time
needs two or three of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from fusion_core.surveys.model import (
    Dictionary,
    RespondentLevel,
    SurveyDescription,
    SurveyId,
    no_microdata,
)
from fusion_core.surveys.storage import (
    read_columns,
    read_description,
    read_dictionary,
    read_outline,
    table_path,
)


@dataclass(frozen=True)
class StoredSurvey:
    """The description and dictionary of a stored survey, and the way to its microdata.

    Attributes
    ----------
    description, dictionary
        As in `Survey`.
    folder
        Where the survey is stored.
    tables
        Number of rows and names of columns of the tables that exist, by respondent level.
    """

    description: SurveyDescription
    dictionary: Dictionary
    folder: Path
    tables: dict[RespondentLevel, tuple[int, tuple[str, ...]]]

    @classmethod
    def open(cls, folder: Path) -> StoredSurvey:
        """Read everything of a stored survey but its rows.

        Raises
        ------
        CorruptFileError
            If a file is missing or damaged.
        """
        tables: dict[RespondentLevel, tuple[int, tuple[str, ...]]] = {}
        levels: tuple[RespondentLevel, RespondentLevel] = ("household", "person")
        for respondent in levels:
            if table_path(folder, respondent).exists():
                tables[respondent] = read_outline(folder, respondent)
        return cls(read_description(folder), read_dictionary(folder), folder, tables)

    @property
    def id(self) -> SurveyId:
        """Name and vintage of the survey."""
        return self.description.id

    def has(self, respondent: RespondentLevel) -> bool:
        """Whether there are microdata of this level."""
        return respondent in self.tables

    def count(self, respondent: RespondentLevel) -> int:
        """Return the number of rows of a table."""
        return self._table(respondent)[0]

    def column_names(self, respondent: RespondentLevel) -> tuple[str, ...]:
        """Return the names of all columns of a table."""
        return self._table(respondent)[1]

    def columns(self, respondent: RespondentLevel, names: Sequence[str]) -> pd.DataFrame:
        """Read some columns of a table.

        Raises
        ------
        InputError
            If the table or a column does not exist.
        CorruptFileError
            If the file is missing or damaged.
        """
        self._table(respondent)
        return read_columns(self.folder, respondent, names)

    def column(self, respondent: RespondentLevel, name: str) -> pd.Series[Any]:
        """Read one column of a table; see `columns`."""
        found: pd.Series[Any] = self.columns(respondent, [name])[name]
        return found

    def _table(self, respondent: RespondentLevel) -> tuple[int, tuple[str, ...]]:
        if respondent not in self.tables:
            raise no_microdata(self.id, respondent)
        return self.tables[respondent]


__all__ = ["StoredSurvey"]
