"""Rows of the two lists: stored surveys, and variables found."""

from __future__ import annotations

from typing import Any, Final

from fusion_core.surveys.search import Hit
from fusion_core.surveys.summary import SurveyOverview
from fusion_core.workspace.files import size_text
from harmony_app.surveys import words

MOST_ROWS: Final = 400

SURVEY_COLUMNS: Final[list[dict[str, Any]]] = [
    {"key": "survey", "title": "Survey", "width": "minmax(106px, .8fr)", "kind": "strong"},
    {"key": "vintage", "title": "Vintage", "width": "58px"},
    {"key": "households", "title": "Households", "width": "70px", "align": "right"},
    {"key": "persons", "title": "Persons", "width": "58px", "align": "right"},
    {
        "key": "variables",
        "title": "Variables",
        "width": "minmax(66px, .5fr)",
        "align": "right",
        "help": "Household + person variables",
    },
    {"key": "size", "title": "Size", "width": "56px", "align": "right"},
    {"key": "weights", "title": "Weights", "width": "minmax(60px, 1.8fr)", "kind": "muted"},
]
_KIND_COLUMN: Final = {"key": "kind", "title": "", "width": "76px", "kind": "chips"}

VARIABLE_COLUMNS: Final = [
    {"key": "name", "title": "Variable", "width": "minmax(90px, .9fr)", "kind": "mono"},
    {"key": "description", "title": "Description", "width": "minmax(0, 3fr)"},
    {"key": "survey", "title": "Survey", "width": "minmax(104px, .9fr)", "kind": "muted"},
    {"key": "level", "title": "Asked of", "width": "76px", "kind": "muted"},
    {"key": "answers", "title": "Answers", "width": "minmax(76px, .7fr)", "kind": "muted"},
]


def survey_columns(overviews: list[SurveyOverview]) -> list[dict[str, Any]]:
    """Return the columns of the stored surveys; what kind they are of only where one is special."""
    special = any(_kind(item) for item in overviews)
    return [*SURVEY_COLUMNS, _KIND_COLUMN] if special else list(SURVEY_COLUMNS)


def survey_rows(overviews: list[SurveyOverview]) -> list[dict[str, Any]]:
    """List the stored surveys."""
    return [
        {
            "id": str(item.description.id),
            "survey": item.description.id.name,
            "vintage": item.description.id.vintage,
            "households": words.count(item.households),
            "persons": words.count(item.persons),
            "variables": f"{item.household_variables} + {item.person_variables}"
            if item.person_variables
            else str(item.household_variables),
            "size": size_text(item.size),
            "weights": _weights(item),
            "kind": _kind(item),
        }
        for item in overviews
    ]


def variable_rows(hits: list[Hit]) -> list[dict[str, Any]]:
    """List the first variables found; a level that matched is shown behind the description."""
    return [
        {
            "id": f"{hit.entry.survey}/{hit.entry.variable.name}",
            "name": hit.entry.variable.name,
            "description": _description(hit),
            "survey": hit.entry.survey.title,
            "level": hit.entry.variable.respondent,
            "answers": words.size_of_answers(hit.entry.variable),
        }
        for hit in hits[:MOST_ROWS]
    ]


def found_text(hits: list[Hit], query: str) -> str:
    """Say how many variables are listed."""
    total = len(hits)
    noun = "variable" if total == 1 else "variables"
    matching = " match" + ("es" if total == 1 else "") if query.strip() else ""
    if total <= MOST_ROWS:
        return f"{total:,} {noun}{matching}"
    return f"{total:,} {noun}{matching}; the first {MOST_ROWS} are listed"


def _description(hit: Hit) -> str:
    text = hit.entry.variable.description or "–"
    return f"{text} · “{hit.level}”" if hit.level else text


def _weights(item: SurveyOverview) -> str:
    has_rows = item.households is not None or item.damaged
    return words.design(item.description.design) if has_rows else "–"


def _kind(item: SurveyOverview) -> str:
    if item.damaged:
        return "damaged"
    if item.description.synthetic:
        return "synthetic"
    return "dictionary" if item.households is None else ""
