"""What the later stages ask of a survey, whether its tables are in memory or on disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pandas as pd

from fusion_core.errors import InputError
from fusion_core.surveys.model import (
    Dictionary,
    RespondentLevel,
    SurveyDescription,
    SurveyId,
    Variable,
)


class SurveySource(Protocol):
    """A survey whose columns can be asked for one by one: `Survey` and `StoredSurvey`."""

    @property
    def id(self) -> SurveyId:
        """Name and vintage of the survey."""

    @property
    def description(self) -> SurveyDescription:
        """What is known of the survey besides its rows."""

    @property
    def dictionary(self) -> Dictionary:
        """Its variables."""

    def has(self, respondent: RespondentLevel) -> bool:
        """Whether there are microdata of this level."""

    def count(self, respondent: RespondentLevel) -> int:
        """Return the number of rows; raises `InputError` without microdata of this level."""

    def column_names(self, respondent: RespondentLevel) -> tuple[str, ...]:
        """Return the names of all columns; raises `InputError` without microdata of this level."""

    def columns(
        self, respondent: RespondentLevel, names: Sequence[str], *, rows: int | None = None
    ) -> pd.DataFrame:
        """Return some columns, of the first `rows` rows; raises `InputError` for an unknown one."""

    def column(self, respondent: RespondentLevel, name: str) -> pd.Series[Any]:
        """Return one column; raises `InputError` if it does not exist."""


class DerivedColumns(Protocol):
    """Columns that are no part of a survey's tables but computed from them when they are read."""

    @property
    def variables(self) -> Mapping[str, Variable]:
        """Their dictionary entries, by name, each after those it is built from."""

    @property
    def problems(self) -> Mapping[str, InputError]:
        """Why others that are defined cannot be computed, by name."""

    def read(self, survey: SurveySource, name: str, *, rows: int | None = None) -> pd.Series[Any]:
        """Compute one column, of the first `rows` rows; `survey` offers what it is built from."""


__all__ = ["DerivedColumns", "SurveySource"]
