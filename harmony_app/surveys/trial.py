"""What a trial import found, as HTML: what was inferred, and what is wrong."""

from __future__ import annotations

from html import escape

from fusion_core.ingest.generic import Inspection
from fusion_core.ingest.readers import ImportTrial
from fusion_core.ingest.tables import Problem
from fusion_core.surveys import Survey
from harmony_app.surveys import words

_SHOWN_COLUMNS = 300
_SHOWN_LEVELS = 4


def trial_html(trial: ImportTrial) -> str:
    """Report a trial; every text that comes from files is escaped."""
    errors = [problem for problem in trial.problems if problem.severity == "error"]
    warnings = [problem for problem in trial.problems if problem.severity == "warning"]
    parts = []
    if errors:
        noun = "problem keeps" if len(errors) == 1 else "problems keep"
        parts.append(
            f'<h3 class="bad">{len(errors)} {noun} the survey out</h3>{_list(errors, "bad")}'
        )
    elif trial.survey is not None:
        parts.append(f'<h3 class="good">The files are in order</h3>{_survey(trial.survey)}')
    if warnings:
        parts.append(f"<h3>Worth knowing</h3>{_list(warnings, 'warn')}")
    said = {problem.sentence for problem in warnings}
    notes = () if trial.survey is None else trial.survey.description.notes
    items = "".join(f"<li>{escape(note)}</li>" for note in notes if note not in said)
    if items:
        parts.append(f'<h3>What the reader did</h3><ul class="notes">{items}</ul>')
    if trial.inspection is not None:
        parts.append(_columns(trial.inspection))
    return "".join(parts)


def _list(problems: list[Problem], kind: str) -> str:
    items = "".join(
        f"<li><span>{escape(problem.what)}</span>"
        + (f'<span class="where">{escape(problem.where)}</span>' if problem.where else "")
        + (f'<span class="fix">{escape(problem.fix)}</span>' if problem.fix else "")
        + "</li>"
        for problem in problems
    )
    return f'<ul class="problems {kind}">{items}</ul>'


def _survey(survey: Survey) -> str:
    household = len(survey.household) if survey.household is not None else None
    person = len(survey.person) if survey.person is not None else None
    items = [
        ("survey", survey.id.title),
        ("households", words.count(household)),
        ("persons", words.count(person)),
        ("variables", f"{len(survey.dictionary.answers()):,}"),
        ("weights", words.design(survey.description.design) if household else "–"),
        ("areas", ", ".join(survey.description.geography) or "none"),
    ]
    cells = "".join(f"<div><dt>{name}</dt><dd>{escape(text)}</dd></div>" for name, text in items)
    return f'<dl class="facts">{cells}</dl>'


def _columns(inspection: Inspection) -> str:
    """List what each column seems to be."""
    special = [
        (inspection.key, "household identifier", ""),
        (inspection.person_number, "person number", ""),
        (inspection.weight, "weight", f"The rows stand for {inspection.population}"),
    ]
    if inspection.replicates:
        first, last = inspection.replicates[0], inspection.replicates[-1]
        text = f"{len(inspection.replicates)} replicate weights"
        special.append((f"{first} … {last}", text, inspection.design_reason))
    rows = [_row(name, role, more) for name, role, more in special if name]
    for column in inspection.columns[:_SHOWN_COLUMNS]:
        if column.left_out:
            rows.append(_row(column.source, "left out", column.left_out))
            continue
        role = "area" if column.source in inspection.geography else column.type
        levels = " · ".join(column.levels[:_SHOWN_LEVELS])
        more = f" … {len(column.levels)} levels" if len(column.levels) > _SHOWN_LEVELS else ""
        codes = ", ".join(sorted(column.no_values))
        without = f"without {codes}" if codes else ""
        meaning = column.description or f"{levels}{more}"
        rows.append(_row(column.source, role, "; ".join(filter(None, (meaning, without)))))
    hidden = len(inspection.columns) - _SHOWN_COLUMNS
    rest = f'<p class="more">… and {hidden:,} more columns</p>' if hidden > 0 else ""
    return (
        f"<h3>What each column seems to be</h3>"
        f'<table><thead><tr><th scope="col">Column</th><th scope="col">Read as</th>'
        f'<th scope="col">Meaning or levels</th></tr></thead><tbody>{"".join(rows)}</tbody></table>'
        f"{rest}"
    )


def _row(name: str, role: str, more: str) -> str:
    return (
        f'<tr><td class="mono">{escape(name)}</td><td>{escape(role)}</td>'
        f"<td>{escape(more)}</td></tr>"
    )
