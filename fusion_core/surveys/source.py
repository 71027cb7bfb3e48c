"""What the later stages ask of a survey, whether its tables are in memory or on disk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import pandas as pd

from fusion_core.surveys.model import Dictionary, RespondentLevel, SurveyDescription, SurveyId


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


__all__ = ["SurveySource"]
