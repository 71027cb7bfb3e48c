"""The chosen variable: what it is, how it is distributed, and how it was in other vintages."""

from __future__ import annotations

from html import escape
from typing import Any

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
    """Describe a variable; every text from a survey file is escaped.

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
    chips = "".join(
        f'<span class="chip">{escape(text)}</span>'
        for text in (entry.survey.title, variable.respondent, words.kind(variable))
    )
    if variable.definition:
        chips += '<span class="chip">derived</span>'
    note = f'<p class="note">{escape(variable.note)}</p>' if variable.note else ""
    if variable.definition:
        note += f'<p class="note">Derived: <code>{escape(variable.definition)}</code></p>'
    return (
        f'<header><h2>{escape(variable.name)}</h2><div class="chips">{chips}</div></header>'
        f'<p class="description">{escape(variable.description) or "No description."}</p>{note}'
        f"{_distribution_html(variable, overview, found, problem)}"
    )


def _distribution_html(
    variable: Variable, overview: SurveyOverview, found: Distribution | None, problem: str
) -> str:
    if found is None:
        remark = escape(problem) or (
            "Only the dictionary of this survey is here. Import its microdata to see shares."
            if overview.households is None
            else "This survey has no microdata of this level."
        )
        body = chart.level_bars(variable, None) if variable.is_categorical else _range(variable)
        return f'<p class="remark">{remark}</p>{body}'
    head = _base(variable, overview, found)
    if found.missing_rows == found.rows:
        return f'{head}<p class="remark">No row has an answer.</p>'
    if found.levels:
        return head + chart.level_bars(variable, found)
    return head + chart.histogram(found) + chart.figures(variable, found)


def _base(variable: Variable, overview: SurveyOverview, found: Distribution) -> str:
    plural = "households" if variable.respondent == "household" else "persons"
    synthetic = ", synthetic data" if overview.description.synthetic else ""
    missing = (
        f" · <strong>{words.share(found.missing_share)} missing</strong>"
        if found.missing_rows
        else " · none missing"
    )
    return f'<p class="base">weighted · {found.rows:,} {plural}{synthetic}{missing}</p>'


def _range(variable: Variable) -> str:
    if variable.minimum is None:
        return ""
    items = [
        ("minimum", variable.minimum),
        ("median", variable.median),
        ("mean", variable.mean),
        ("maximum", variable.maximum),
    ]
    rows = "".join(
        f"<div><dt>{name}</dt><dd>{words.number(value)}</dd></div>" for name, value in items
    )
    return f'<dl class="figures">{rows}</dl>'


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
