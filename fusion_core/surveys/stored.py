"""A survey on disk whose columns are read when they are needed, and not kept.

A full ACS year has hundreds of columns and millions of rows; whoever works on one variable at a time
needs two or three of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from fusion_core.arguments import PathLike, path_of
from fusion_core.errors import InputError
from fusion_core.records import Checked
from fusion_core.summaries import Summarized
from fusion_core.surveys.model import (
    Dictionary,
    RespondentLevel,
    SurveyDescription,
    SurveyId,
    no_microdata,
    survey_facts,
)
from fusion_core.surveys.source import DerivedColumns
from fusion_core.surveys.storage import (
    LEVELS,
    has_table,
    read_columns,
    read_description,
    read_dictionary,
    read_outline,
    table_path,
)


@dataclass(frozen=True)
class StoredTable:
    """What is known of a table without reading its rows.

    Attributes
    ----------
    rows, columns
        Number of rows, names of the columns.
    state
        Tells one state of the file from another.
    """

    rows: int
    columns: tuple[str, ...]
    state: tuple[int, ...]


@dataclass(frozen=True, repr=False)
class StoredSurvey(Checked, Summarized):
    """The description and dictionary of a stored survey, and the way to its microdata.

    Attributes
    ----------
    description, dictionary
        As in `Survey`.
    folder
        Where the survey is stored.
    tables
        The tables that can be read, by respondent level.
    damaged
        Why the others that exist cannot be.
    derived
        Columns computed from those of the tables; their entries are part of the dictionary.
    """

    description: SurveyDescription
    dictionary: Dictionary
    folder: Path
    tables: Mapping[RespondentLevel, StoredTable]
    damaged: Mapping[RespondentLevel, InputError] = field(default_factory=dict)
    derived: DerivedColumns | None = None

    @classmethod
    def open(cls, folder: PathLike) -> StoredSurvey:
        """Read everything of a stored survey but its rows.

        A damaged table is told when it is asked for, so that the other one can be used.

        Raises
        ------
        CorruptFileError
            If its description or dictionary is missing or damaged.
        """
        folder = path_of(folder, "folder")
        tables: dict[RespondentLevel, StoredTable] = {}
        damaged: dict[RespondentLevel, InputError] = {}
        for respondent in LEVELS:
            if has_table(folder, respondent):
                try:
                    state = _file_state(folder, respondent)
                    tables[respondent] = StoredTable(*read_outline(folder, respondent), state)
                except InputError as error:
                    damaged[respondent] = error
        described = read_description(folder), read_dictionary(folder)
        return cls(*described, folder, tables, damaged)

    @property
    def id(self) -> SurveyId:
        """Name and vintage of the survey."""
        return self.description.id

    def has(self, respondent: RespondentLevel) -> bool:
        """Whether there are microdata of this level, readable or not."""
        return respondent in self.tables or respondent in self.damaged

    def count(self, respondent: RespondentLevel) -> int:
        """Return the number of rows of a table."""
        return self._table(respondent).rows

    def column_names(self, respondent: RespondentLevel) -> tuple[str, ...]:
        """Return the names of all columns of a table."""
        return (*self._table(respondent).columns, *self._derived_names(respondent))

    def columns(
        self, respondent: RespondentLevel, names: Sequence[str], *, rows: int | None = None
    ) -> pd.DataFrame:
        """Read some columns of a table.

        Parameters
        ----------
        respondent
            Which table.
        names
            The columns.
        rows
            Number of rows from the beginning; all by default.

        Raises
        ------
        InputError
            If the table or a column does not exist, or the survey was imported again since.
        CorruptFileError
            If the file is missing or damaged.
        """
        state = self._table(respondent).state
        if has_table(self.folder, respondent) and state != _file_state(self.folder, respondent):
            raise InputError(
                f"{self.id.title} was imported again in the meantime",
                fix="Reload the page or start again",
            )
        computed = [name for name in names if name in self._derived_names(respondent)]
        unusable = {} if self.derived is None else self.derived.problems
        for name in names:
            if name in unusable and name not in self._table(respondent).columns:
                raise unusable[name]
        stored = [name for name in names if name not in computed]
        # A table of no column has no rows: what is computed knows how many there are.
        frame = read_columns(self.folder, respondent, stored, rows=rows) if stored else None
        if self.derived is None or not computed:
            return (
                read_columns(self.folder, respondent, names, rows=rows) if frame is None else frame
            )
        columns = {name: self.derived.read(self, name, rows=rows) for name in computed}
        added = pd.DataFrame(columns)
        if frame is None:
            return added[list(names)]
        return pd.concat([frame, added.set_axis(frame.index)], axis=1)[list(names)]

    def column(self, respondent: RespondentLevel, name: str) -> pd.Series[Any]:
        """Read one column of a table; see `columns`."""
        found: pd.Series[Any] = self.columns(respondent, [name])[name]
        return found

    def _title(self) -> str:
        return self.id.title

    def _facts(self) -> dict[str, object]:
        found = {name: self.tables.get(name) for name in LEVELS}
        shapes = {
            f"{name}s": None if table is None else (table.rows, len(table.columns))
            for name, table in found.items()
        }
        damaged = {f"{name}s": "damaged" for name in self.damaged}
        facts = survey_facts(self.description, self.dictionary, shapes)
        return {**facts, **damaged, "folder": self.folder}

    def _derived_names(self, respondent: RespondentLevel) -> tuple[str, ...]:
        if self.derived is None:
            return ()
        variables = self.derived.variables.values()
        return tuple(item.name for item in variables if item.respondent == respondent)

    def _table(self, respondent: RespondentLevel) -> StoredTable:
        if respondent in self.damaged:
            raise self.damaged[respondent]
        if respondent not in self.tables:
            raise no_microdata(self.id, respondent)
        return self.tables[respondent]


def _file_state(folder: Path, respondent: RespondentLevel) -> tuple[int, ...]:
    state = table_path(folder, respondent).stat()
    return (state.st_ino, state.st_size, state.st_mtime_ns)


__all__ = ["StoredSurvey", "StoredTable"]
