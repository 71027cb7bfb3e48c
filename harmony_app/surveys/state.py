"""What the Surveys page shows: a frozen state, and the pure functions that lead to the next one."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from fusion_core.errors import InputError
from fusion_core.surveys import RespondentLevel, SurveyId, VariableType

Mode = Literal["explore", "import", "derive"]
TypeFilter = Literal["any", "categories", "numbers"]

TYPES: dict[TypeFilter, frozenset[VariableType]] = {
    "any": frozenset(),
    "categories": frozenset({"nominal", "ordered"}),
    "numbers": frozenset({"integer", "continuous"}),
}


@dataclass(frozen=True, slots=True)
class VariableKey:
    """A variable of a survey, as it is written in addresses and row identifiers."""

    survey: str
    variable: str

    def __str__(self) -> str:
        return f"{self.survey}/{self.variable}"

    @classmethod
    def parse(cls, text: str) -> VariableKey | None:
        """Read ``SURVEY_VINTAGE/variable``; ``None`` if it is something else."""
        survey, separator, variable = text.partition("/")
        return cls(survey, variable) if separator and survey and variable else None


@dataclass(frozen=True, slots=True)
class ViewState:
    """What the page shows.

    Attributes
    ----------
    mode
        Exploring dictionaries, importing a survey, or deriving a variable of the chosen one.
    query
        Text in the search box.
    survey
        Survey the list is limited to, ``NAME_VINTAGE``; empty for all.
    respondent
        Level the list is limited to, or ``None``.
    types
        Kind of variable the list is limited to.
    variable
        The chosen variable, or ``None``.
    change
        Name of the derived variable that the form changes; empty for a new one.
    """

    mode: Mode = "explore"
    query: str = ""
    survey: str = ""
    respondent: RespondentLevel | None = None
    types: TypeFilter = "any"
    variable: VariableKey | None = None
    change: str = ""


def from_address(arguments: Mapping[str, str], surveys: list[SurveyId]) -> ViewState:
    """Read the state from the page's address; what no longer exists is left out."""
    known = {str(survey) for survey in surveys}
    survey = arguments.get("survey", "")
    variable = VariableKey.parse(arguments.get("variable", ""))
    respondent = arguments.get("level")
    types = arguments.get("type")
    return ViewState(
        mode=_mode(arguments.get("mode", ""), survey if survey in known else ""),
        query=arguments.get("q", "")[:200],
        survey=survey if survey in known else "",
        respondent="household"
        if respondent == "household"
        else "person"
        if respondent == "person"
        else None,
        types="categories" if types == "categories" else "numbers" if types == "numbers" else "any",
        variable=variable if variable and variable.survey in known else None,
        change=arguments.get("change", "")[:200] if arguments.get("mode") == "derive" else "",
    )


def _mode(text: str, survey: str) -> Mode:
    if text == "derive":
        return "derive" if survey else "explore"
    return "import" if text == "import" else "explore"


def to_address(state: ViewState) -> dict[str, str | None]:
    """Write the state as the arguments of the page's address; ``None`` removes one."""
    return {
        "mode": None if state.mode == "explore" else state.mode,
        "q": state.query or None,
        "survey": state.survey or None,
        "level": state.respondent,
        "type": None if state.types == "any" else state.types,
        "variable": str(state.variable) if state.variable else None,
        "change": state.change or None,
    }


def with_query(state: ViewState, query: str) -> ViewState:
    """Search for something else."""
    return dataclasses.replace(state, query=query[:200])


def with_survey(state: ViewState, survey: str) -> ViewState:
    """Limit the list to a survey, or – with ``""`` – to none."""
    return dataclasses.replace(state, survey=survey)


def with_respondent(state: ViewState, respondent: RespondentLevel | None) -> ViewState:
    """Limit the list to a level."""
    return dataclasses.replace(state, respondent=respondent)


def with_types(state: ViewState, types: TypeFilter) -> ViewState:
    """Limit the list to a kind of variable."""
    if types not in TYPES:
        raise InputError.unknown("kind of variable", types, TYPES)
    return dataclasses.replace(state, types=types)


def with_variable(state: ViewState, variable: VariableKey | None) -> ViewState:
    """Choose a variable."""
    return dataclasses.replace(state, variable=variable)


def importing(state: ViewState) -> ViewState:
    """Open the import wizard."""
    return dataclasses.replace(state, mode="import")


def deriving(state: ViewState, survey: str, change: str = "") -> ViewState:
    """Open the form for a derived variable of a survey, or to change one."""
    return dataclasses.replace(state, mode="derive", survey=survey, change=change)


def derived(state: ViewState, name: str | None) -> ViewState:
    """Return to the dictionaries, to a variable just derived if one is given."""
    if name is None:
        return dataclasses.replace(state, mode="explore", change="")
    return ViewState(survey=state.survey, variable=VariableKey(state.survey, name))


def exploring(state: ViewState, survey: str | None = None) -> ViewState:
    """Return to the dictionaries, to a survey just stored if one is given."""
    if survey is None:
        return dataclasses.replace(state, mode="explore")
    return ViewState(survey=survey)
