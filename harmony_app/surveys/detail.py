"""The chosen variable: what it is, how it is distributed, and how it was in other vintages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from markupsafe import Markup

from fusion_core.html_templates import html_templates
from fusion_core.surveys import Variable
from fusion_core.surveys.search import Entry
from fusion_core.surveys.summary import Distribution, SurveyOverview
from harmony_app.surveys import chart, words

SIBLING_COLUMNS = [
    {"key": "survey", "title": "Other vintages", "width": "92px", "kind": "strong"},
    {"key": "answers", "title": "Answers", "width": "minmax(78px, .7fr)", "kind": "muted"},
    {"key": "difference", "title": "Compared with this one", "width": "minmax(0, 1.5fr)"},
]


def variable_html(
    entry: Entry, overview: SurveyOverview, found: Distribution | None, *, problem: str = ""
) -> str:
    """Describe a variable; texts of survey files stay text.

    Parameters
    ----------
    entry, overview
        The variable and its survey.
    found
        Its distribution, ``None`` where there is none.
    problem
        Why the microdata could not be read, a sentence.
    """
    variable = entry.variable
    template = html_templates(Path(__file__).parent / "templates").get_template("variable.html")
    return template.render(
        variable=variable,
        chips=(
            entry.survey.title,
            variable.respondent,
            words.kind(variable),
            *(("derived",) if variable.definition else ()),
        ),
        base="" if found is None else _base(variable, overview, found),
        missing=words.share(found.missing_share) if found and found.missing_rows else "",
        remark=_remark(overview, found, problem),
        drawn=_drawn(variable, found),
    )


def _remark(overview: SurveyOverview, found: Distribution | None, problem: str) -> str:
    """Say why there are no shares; empty where there are."""
    if found is not None:
        return "No row has an answer." if found.missing_rows == found.rows else ""
    if problem:
        return problem
    if overview.households is None:
        return "Only the dictionary of this survey is here. Import its microdata to see shares."
    return "This survey has no microdata of this level."


def _drawn(variable: Variable, found: Distribution | None) -> Markup:
    if found is not None and found.missing_rows == found.rows:
        return Markup()
    if found is None and not variable.is_categorical:
        return chart.answer_range(variable)
    if found is None or found.levels:
        return chart.level_bars(variable, found)
    return chart.histogram(found) + chart.figures(variable, found)


def _base(variable: Variable, overview: SurveyOverview, found: Distribution) -> str:
    plural = "households" if variable.respondent == "household" else "persons"
    synthetic = ", synthetic data" if overview.description.synthetic else ""
    return f"weighted · {found.rows:,} {plural}{synthetic}"


def sibling_rows(entry: Entry, others: list[Entry]) -> list[dict[str, Any]]:
    """Compare the variable with the same one in other vintages."""
    return [
        {
            "id": f"{other.survey}/{other.variable.name}",
            "survey": other.survey.vintage,
            "answers": words.size_of_answers(other.variable),
            "difference": difference(entry.variable, other.variable),
        }
        for other in others
    ]


def difference(this: Variable, other: Variable) -> str:
    """Say how another vintage's answers differ from this one's, in a few words."""
    if this.is_categorical != other.is_categorical:
        return f"there a {words.kind(other)}"
    if not this.is_categorical:
        known = this.unit and other.unit and this.unit != other.unit
        return f"in {other.unit}" if known else "also a number"
    here, there = set(this.levels), set(other.levels)
    if here == there:
        return "same levels" if this.levels == other.levels else "same levels in another order"
    parts = []
    if there - here:
        parts.append(f"{len(there - here)} other")
    if here - there:
        parts.append(f"{len(here - there)} missing")
    first = min(there - here or here - there)
    return f"{', '.join(parts)}: {first}"
