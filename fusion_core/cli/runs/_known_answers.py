"""`harmony validate --known-answers`: what comes out where the recipient knows the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fusion_core.cli.output import number, percent, show_path, table
from fusion_core.spreadsheets import csv_text

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from fusion_core.cli.output import Output
    from fusion_core.validation.report import Finding
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run

_MARKS = {"good": "+", "fair": "~", "poor": "!"}


def show_known_answers(
    workspace: Workspace, run: Run, output: Output, *, again: bool, csv: Path | None
) -> None:
    """Show a run's known answers, asking for them first where there are none."""
    from fusion_core.execution.knowing import (
        answer_known,
        is_known_outdated,
        known_answers_folder,
        known_settings,
        read_known,
    )
    from fusion_core.validation.known_answers import (
        CARRIES,
        has_known_answers,
        known_findings,
        summarise,
    )

    if again or not has_known_answers(known_answers_folder(run)):
        with output.progress() as progress:
            answer_known(workspace, run, known_settings(run.spec()), progress)
    found = read_known(run)
    summary = summarise(found.areas)
    record: dict[str, Any] = {
        "run": run.id,
        "outdated": is_known_outdated(run),
        "findings": known_findings(summary[~summary["own"]]),
        "summary": summary,
        "hidden": found.hidden,
        "notes": found.notes,
        "carries": CARRIES,
    }
    if csv is not None:
        record["files"] = _write_csv(csv, {"areas": found.areas, "summary": summary})
    output.result(record, lambda console: _show(console, record))


def show_findings(console: Console, heading: str, findings: list[Finding]) -> None:
    """Print findings under a heading; nothing where there are none."""
    if not findings:
        return
    console.print(f"\n{heading}", style="bold", markup=False)
    for finding in findings:
        console.print(f"{_MARKS[finding.tone]} {finding.text}", markup=False)


def _show(console: Console, record: dict[str, Any]) -> None:
    rows = [
        (
            f"{row['variable']}: {row['level']}" if row["level"] else row["variable"],
            f"{row['areas']:,}",
            number(row["slope"]),
            number(row["correlation"]),
            number(row["error"]),
            number(row["spread"]),
            number(row["beyond"]),
            percent(row["coverage"], 0),
            number(row["margin"]),
            number(row["interval_score"]),
        )
        for row in record["summary"].to_dict("records")
    ]
    columns = (
        "hidden",
        "areas",
        "slope",
        "correlation",
        "error",
        "truth varies by",
        "unexplained",
        "inside margin",
        "margin",
        "interval score",
    )
    title = "Fused where the recipient knows the answer, area by area"
    console.print(table(columns, rows, title=title))
    show_findings(console, "What it says", record["findings"])
    for row in record["hidden"].to_dict("records"):
        console.print(
            f"Hidden with {row['variable']}: {row['predictor']} ({row['reason']}).", markup=False
        )
    for note in record["notes"]:
        console.print(note, markup=False)
    console.print(f"\n{record['carries']}", markup=False)
    if record["outdated"]:
        console.print(
            "\nThe run's files changed since these were asked for; repeat with --again.",
            markup=False,
        )
    for path in record.get("files", ()):
        console.print(f"Wrote {path}", markup=False)


def _write_csv(folder: Path, tables: dict[str, Any]) -> list[str]:
    from fusion_core.workspace.files import write_text

    written = []
    for name, frame in tables.items():
        path = folder / f"known-{name}.csv"
        write_text(csv_text(frame), path)
        written.append(show_path(path))
    return written
