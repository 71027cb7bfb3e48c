"""`harmony demo`: a fictional state to try everything on, and the whole path in one command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fusion_core.cli.options import JsonOption
from fusion_core.cli.output import Output, number, percent, show_path, table

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from fusion_core.cli.output import ProgressCallback
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run

_BUILD_SHARE = 0.1
_TOP = 3


def demo(
    *,
    workspace: Annotated[
        Path, typer.Option("--workspace", "-w", metavar="DIR", help="Folder to build it in.")
    ] = Path("demo-workspace"),
    quick: Annotated[
        bool,
        typer.Option(
            "--quick",
            help="Also run the whole path with quick settings: harmonies, fusion, validation, and "
            "PUMA estimates compared with the truth.",
        ),
    ] = False,
    small: Annotated[
        bool, typer.Option("--small", help="A small state (20 areas) that builds and fuses faster.")
    ] = False,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Another seed gives another fictional state.")
    ] = None,
    later_year: Annotated[
        bool,
        typer.Option(
            "--later-year",
            help="Also draw the community survey of the year after, to follow years.",
        ),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Build the demo workspace: a fictional state whose true values are known.

    Everything in it is generated; no household, place or figure is real. A demo that is there
    already is opened, not rebuilt.
    """
    from fusion_core.demo import add_later_year, ensure_demo

    output = Output(json)
    with output.progress() as progress:
        opened = ensure_demo(
            workspace,
            seed=seed,
            quick=small or None,
            progress=_part(progress, 0.0, _BUILD_SHARE if quick else 1.0),
        )
        if later_year:
            add_later_year(opened)
        found = _whole_path(opened, _part(progress, _BUILD_SHARE, 1.0)) if quick else {}
    record = _describe(opened) | found
    output.result(record, lambda console: _show(console, workspace, record))


def _part(progress: ProgressCallback, start: float, end: float) -> ProgressCallback:
    def report(share: float, sentence: str) -> None:
        progress(start + (end - start) * share, sentence)

    return report


def _describe(workspace: Workspace) -> dict[str, Any]:
    from fusion_core.workspace.files import read_json

    record = read_json(workspace.path / "demo.json")
    return {
        "workspace": str(workspace.path),
        "title": workspace.title,
        "synthetic": True,
        "surveys": [str(survey) for survey in workspace.survey_ids()],
        "left_to_make": record["left_to_make"],
    }


def _whole_path(workspace: Workspace, progress: ProgressCallback) -> dict[str, Any]:
    """Fuse, validate and estimate the demo's variables; compare with the truth."""
    from fusion_core.cli.estimates import Wish, estimates_of
    from fusion_core.cli.runs import follow_run
    from fusion_core.demo import compare_with_truth, quick_look, read_truth
    from fusion_core.prepare.storage import read_prepared
    from fusion_core.validation import read_validation
    from fusion_core.workspace.runs import create_run

    run = create_run(workspace, quick_look())
    follow_run(workspace, run, _part(progress, 0.0, 0.95))
    progress(0.95, "Estimating every variable in every PUMA")
    estimates = estimates_of(workspace, run, Wish())
    progress(1.0, "Done")
    prepared = read_prepared(run.input_folder)
    return {
        "run": run.id,
        "implicates": run.spec().implicates,
        "predictors": prepared.kept,
        "predictor_notes": list(prepared.notes),
        "verdicts": list(read_validation(run.validation_folder).verdicts),
        "truth": compare_with_truth(estimates, read_truth(workspace)),
        "highest": _highest(estimates),
        "estimates_file": str(_keep_estimates(run, estimates)),
    }


def _highest(estimates: pd.DataFrame) -> pd.DataFrame:
    """Return the PUMAs with the largest share of households in energy insecurity."""
    own = estimates[(estimates["variable"] == "insecure") & (estimates["level"] == "Yes")]
    columns = [name for name in ("puma", "name", "estimate", "moe", "reliability") if name in own]
    return own.nlargest(_TOP, "estimate")[columns]


def _keep_estimates(run: Run, estimates: pd.DataFrame) -> Path:
    from fusion_core.workspace.tables import write_table

    path = run.estimates_folder / "puma.parquet"
    write_table(estimates, path)
    return path


def _show(console: Console, folder: Path, record: dict[str, Any]) -> None:
    console.print(f"{record['title']} is in {show_path(folder)}", markup=False)
    if "run" in record:
        _show_path(console, record)
    console.print()
    console.print("Harmonies left for you to make:", markup=False)
    for item in record["left_to_make"]:
        console.print(f"  {item['donor']} ↔ {item['recipient']}: {item['teaches']}", markup=False)
    console.print(f"Open it in the browser: harmony app --workspace {folder}", markup=False)


def _show_path(console: Console, record: dict[str, Any]) -> None:
    console.print(
        f"Run {record['run']}: {len(record['predictors'])} predictors, {record['implicates']} implicates.",
        markup=False,
    )
    for sentence in record["predictor_notes"]:
        console.print(f"  {sentence}", markup=False)
    console.print()
    rows = [
        (
            row["variable"],
            row["level"],
            row["areas"],
            percent(row["typical_error"]),
            percent(row["coverage"], 0),
            number(row["correlation"]),
        )
        for row in record["truth"].to_dict("records")
    ]
    columns = (
        "variable",
        "level",
        "PUMAs",
        "typical error",
        "truth within 90 % margin",
        "correlation",
    )
    console.print(table(columns, rows, title="PUMA estimates against the known truth"))
    console.print()
    console.print("How far validation says to trust it:", markup=False)
    for sentence in record["verdicts"]:
        console.print(f"  {sentence}", markup=False)
    console.print()
    highest = [
        (
            row["puma"],
            row.get("name", ""),
            percent(row["estimate"]),
            f"± {percent(row['moe'])}",
            row["reliability"],
        )
        for row in record["highest"].to_dict("records")
    ]
    headings = ("PUMA", "name", "estimate", "margin", "reliability")
    console.print(
        table(headings, highest, title="Highest share of households in energy insecurity")
    )
