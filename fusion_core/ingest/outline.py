"""What became of an import elsewhere: all a person needs to decide, without the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fusion_core.ingest.import_report import report_facts
from fusion_core.records import Checked
from fusion_core.surveys.model import SurveyDescription, SurveyId

if TYPE_CHECKING:
    from fusion_core.ingest.generic import Inspection
    from fusion_core.ingest.import_report import Fact
    from fusion_core.ingest.reader import Reader
    from fusion_core.ingest.readers import ImportTrial
    from fusion_core.ingest.tables import Problem
    from fusion_core.surveys.model import Survey


@dataclass(frozen=True)
class SurveyOutline(Checked):
    """A survey without its rows.

    Attributes
    ----------
    description
        As of the survey.
    households, persons
        Numbers of rows; ``None`` where there are no such microdata.
    variables
        Number of variables that are answers.
    """

    description: SurveyDescription
    households: int | None
    persons: int | None
    variables: int

    @property
    def id(self) -> SurveyId:
        """Name and vintage of the survey."""
        return self.description.id

    @classmethod
    def of(cls, survey: Survey) -> SurveyOutline:
        """Return the outline of a survey."""
        return cls(
            survey.description,
            None if survey.household is None else len(survey.household),
            None if survey.person is None else len(survey.person),
            len(survey.dictionary.answers()),
        )


@dataclass(frozen=True)
class ImportOutline:
    """What an import would store, or why it can not.

    Attributes
    ----------
    survey
        The survey without its rows, ``None`` when something is wrong.
    problems
        Everything that is wrong, errors first.
    inspection
        What was inferred of the household file, for the generic reader.
    facts
        What a person should look at before the survey is stored.
    """

    survey: SurveyOutline | None
    problems: tuple[Problem, ...]
    inspection: Inspection | None = None
    facts: tuple[Fact, ...] = ()

    @classmethod
    def of(cls, trial: ImportTrial, reader: Reader | None = None) -> ImportOutline:
        """Return the outline of a trial."""
        survey = None if trial.survey is None else SurveyOutline.of(trial.survey)
        return cls(survey, trial.problems, trial.inspection, report_facts(trial, reader))


__all__ = ["ImportOutline", "SurveyOutline"]
