"""What a trial import found, as HTML: what was inferred, and what is wrong."""

from __future__ import annotations

from pathlib import Path

from fusion_core.html_templates import html_templates
from fusion_core.ingest.generic import Inspection
from fusion_core.ingest.outline import ImportOutline, SurveyOutline
from harmony_app.surveys import words

_SHOWN_COLUMNS = 300
_SHOWN_LEVELS = 4

Row = tuple[str, str, str]
"""What is said of a column: its name, what it is read as, and what it means."""


def trial_html(trial: ImportOutline) -> str:
    """Report a trial."""
    warnings = [problem for problem in trial.problems if problem.severity == "warning"]
    said = {problem.sentence for problem in warnings}
    notes = () if trial.survey is None else trial.survey.description.notes
    columns = () if trial.inspection is None else trial.inspection.columns
    template = html_templates(Path(__file__).parent / "templates").get_template("trial.html")
    return template.render(
        errors=[problem for problem in trial.problems if problem.severity == "error"],
        facts=[] if trial.survey is None else _facts(trial.survey),
        report=trial.facts,
        warnings=warnings,
        notes=[note for note in notes if note not in said],
        columns=[] if trial.inspection is None else _columns(trial.inspection),
        hidden=len(columns) - _SHOWN_COLUMNS,
    )


def _facts(survey: SurveyOutline) -> list[tuple[str, str]]:
    return [
        ("survey", survey.id.title),
        ("households", words.count(survey.households)),
        ("persons", words.count(survey.persons)),
        ("variables", f"{survey.variables:,}"),
        ("weights", words.design(survey.description.design) if survey.households else "–"),
    ]


def _columns(inspection: Inspection) -> list[Row]:
    """Say what each column seems to be."""
    special = [
        (inspection.key, "household identifier", ""),
        (inspection.person_number, "person number", ""),
        (inspection.weight, "weight", f"The rows stand for {inspection.population}"),
    ]
    if inspection.replicates:
        first, last = inspection.replicates[0], inspection.replicates[-1]
        text = f"{len(inspection.replicates)} replicate weights"
        special.append((f"{first} … {last}", text, inspection.design_reason))
    rows = [row for row in special if row[0]]
    for column in inspection.columns[:_SHOWN_COLUMNS]:
        if column.left_out:
            rows.append((column.source, "left out", column.left_out))
            continue
        role = "area" if column.source in inspection.geography else column.type
        levels = " · ".join(column.levels[:_SHOWN_LEVELS])
        more = f" … {len(column.levels)} levels" if len(column.levels) > _SHOWN_LEVELS else ""
        codes = ", ".join(sorted(column.no_values))
        without = f"without {codes}" if codes else ""
        meaning = column.description or f"{levels}{more}"
        rows.append((column.source, role, "; ".join(filter(None, (meaning, without)))))
    return rows
