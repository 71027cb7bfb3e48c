"""The two surveys of a pair, by the side of a harmony."""

from __future__ import annotations

from dataclasses import dataclass

from fusion_core.harmony.model import SIDES, Harmony, SideName
from fusion_core.surveys.model import Variable
from fusion_core.surveys.source import SurveySource


@dataclass(frozen=True)
class Surveys:
    """The two surveys an edit is made for."""

    donor: SurveySource
    recipient: SurveySource

    def survey(self, side: SideName) -> SurveySource:
        """Return the survey of a side."""
        return self.donor if side == "donor" else self.recipient

    @property
    def price_years(self) -> dict[SideName, int | None]:
        """The years the surveys say their prices are of."""
        return {side: self.survey(side).description.price_year for side in SIDES}

    def variable(self, side: SideName, harmony: Harmony) -> Variable:
        """Return the dictionary entry of a side's variable."""
        survey = self.survey(side)
        return survey.dictionary.require(harmony.side(side).variable, where=survey.id.title)

    def variables(self, harmony: Harmony) -> tuple[Variable, Variable]:
        """Return the dictionary entries of the donor's and the recipient's variable."""
        return self.variable("donor", harmony), self.variable("recipient", harmony)

    def columns(self, side: SideName, harmony: Harmony) -> dict[str, Variable]:
        """Return the columns an expression of a side may use: those of the same table."""
        respondent = harmony.side(side).respondent
        return {
            variable.name: variable
            for variable in self.survey(side).dictionary.harmonizable(respondent)
        }


__all__ = ["Surveys"]
