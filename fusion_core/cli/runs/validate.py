"""`harmony validate`: how far a run can be trusted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fusion_core.cli.options import (
    JsonOption,
    RunArgument,
    WorkspaceOption,
    choose_run,
    open_workspace,
)
from fusion_core.cli.output import Output, number, percent, show_path, table
from fusion_core.cli.runs._known_answers import show_findings, show_known_answers
from fusion_core.errors import InputError
from fusion_core.spreadsheets import csv_text

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from fusion_core.validation import Validation
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run

_SHARES = (0.01, 0.05, 0.20)
_ERROR = "absolute_percent_error"


def validate(
    *,
    run: RunArgument = "latest",
    variable: Annotated[
        str, typer.Option(metavar="NAME", help="Only this variable.", show_default="all")
    ] = "",
    out_of_fold: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="First check with households the models have not seen, in N parts: trains N "
            "times. An interrupted check resumes with the parts it finished.",
        ),
    ] = 0,
    again: Annotated[
        bool, typer.Option("--again", help="Validate again first, as after an update.")
    ] = False,
    known_answers: Annotated[
        bool,
        typer.Option(
            "--known-answers",
            help="Show what comes out where the recipient knows the answer: predictors are hidden "
            "one after the other, fused, and compared in every area. Asked for now if the run has not.",
        ),
    ] = False,
    against: Annotated[
        str,
        typer.Option(
            metavar="RUN",
            help="Compare with another run on the same donor, such as one of another method: settings, "
            "predictors, and which scores of households neither has seen differ by more than chance. Both "
            "need --out-of-fold first.",
            show_default=False,
        ),
    ] = "",
    csv: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Also write every table as a CSV file.", file_okay=False
        ),
    ] = None,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Show the validation of a run: typical errors by size of subset, and a plain verdict.

    The fused variables were simulated for the donor's own households and compared with what these
    really answered: estimates in many subsets of the population, whole distributions, dependence
    between variables, and the draws of single households.
    """
    from fusion_core.validation import read_validation

    opened, output = open_workspace(workspace), Output(json)
    chosen = choose_run(opened, run)
    _refuse_unvalidated(chosen)
    if known_answers:
        show_known_answers(opened, chosen, output, again=again, csv=csv)
        return
    if again or out_of_fold:
        _compute(chosen, output, again=again, folds=out_of_fold)
    found = read_validation(chosen.validation_folder)
    outside = _outside(chosen)
    names = [str(name) for name in found.summary["variable"]]
    if variable and variable not in names:
        raise InputError.unknown("fused variable", variable, names, where=chosen.id)
    shown = [variable] if variable else names
    record = _record(opened, chosen, found, outside, shown)
    if against:
        record["against"] = _compared(chosen, choose_run(opened, against), shown)
    if variable:
        record["metrics"] = found.metrics[found.metrics["variable"] == variable]
    if csv is not None:
        record["files"] = _write_csv(csv, {"": found, "unseen-": outside})
    output.result(record, lambda console: _show(console, record, found, shown))


def _refuse_unvalidated(run: Run) -> None:
    from fusion_core.validation.report import has_validation

    if not has_validation(run.validation_folder):
        raise InputError(
            "The run is not validated yet",
            where=run.id,
            fix=f"Wait until it finishes, or resume it with `harmony fuse --resume {run.id}`",
        )


def _compute(run: Run, output: Output, *, again: bool, folds: int) -> None:
    from fusion_core.execution.validating import validate_inside, validate_out_of_fold
    from fusion_core.workspace.runs import check_folds

    check_folds(folds)
    with output.progress() as progress:
        if again:
            validate_inside(run, progress)
        if folds:
            validate_out_of_fold(run, folds, progress)


def _outside(run: Run) -> Validation | None:
    from fusion_core.execution.validating import out_of_fold_folder
    from fusion_core.validation.report import has_validation, read_validation

    folder = out_of_fold_folder(run)
    return read_validation(folder) if has_validation(folder) else None


def _compared(first: Run, second: Run, names: list[str]) -> dict[str, Any]:
    """Compare two runs by households neither has seen."""
    from fusion_core.execution.validating import compare_runs
    from fusion_core.validation.report import difference_findings

    _refuse_unvalidated(second)
    found = compare_runs(first, second)
    if not found.unseen:
        lacking = next(run for run in (first, second) if _outside(run) is None)
        raise InputError(
            "The run has not been validated with households its models have not seen",
            where=lacking.id,
            fix=f"Run `harmony validate {lacking.id} --out-of-fold 5` first",
        )
    scores = _of(found.scores, names)
    return {
        "settings": found.settings,
        "predictors": found.predictors,
        "results": _of(found.results, names),
        "scores": scores,
        "findings": difference_findings(scores),
    }


def _record(
    workspace: Workspace,
    run: Run,
    found: Validation,
    outside: Validation | None,
    names: list[str],
) -> dict[str, Any]:
    from fusion_core.execution.knowing import known_summary
    from fusion_core.execution.validating import area_sizes, is_outdated, out_of_fold_folder
    from fusion_core.validation.report import (
        all_findings,
        area_size_findings,
        out_of_fold_table,
        read_facts,
    )

    sizes, known = area_sizes(workspace, run), known_summary(run)
    of_areas = area_size_findings(names, found.curves, sizes, known=known)
    record: dict[str, Any] = {
        "run": run.id,
        "outdated": is_outdated(run, run.validation_folder),
        "subsets": read_facts(run.validation_folder).get("subsets", ""),
        "donors": _of(found.donors, names),
        "verdicts": _verdicts(found, names),
        "findings": {
            **({"Areas": of_areas} if of_areas else {}),
            **all_findings(found, outside, names),
        },
        "summary": _of(found.summary, names),
        "curves": _of(found.curves, names),
        "scores": _of(found.scores, names),
        "coverage": _of(found.coverage, names),
        "reliability": _of(found.reliability, names),
        "distances": _of(found.distances, names),
        "dependence": found.correlations,
        "importance": _of(found.importance, names),
        "convergence": _of(found.convergence, names),
    }
    if outside is not None:
        record["out_of_fold"] = {
            "outdated": is_outdated(run, out_of_fold_folder(run)),
            "verdicts": _verdicts(outside, names),
            "summary": _of(outside.summary, names),
            "coverage": _of(outside.coverage, names),
            "comparison": _of(out_of_fold_table(found, outside), names),
        }
    return record


def _of(frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    return frame[frame["variable"].isin(names)]


def _write_csv(folder: Path, validations: dict[str, Validation | None]) -> list[str]:
    from fusion_core.validation.report import TABLES
    from fusion_core.workspace.files import write_text

    written = []
    for prefix, validation in validations.items():
        for name in TABLES if validation is not None else ():
            path = folder / f"{prefix}{name}.csv"
            write_text(csv_text(getattr(validation, name)), path)
            written.append(show_path(path))
    return written


def _verdicts(found: Validation, names: list[str]) -> list[str]:
    return [text for text in found.verdicts if text.partition(":")[0] in names]


def _show(console: Console, record: dict[str, Any], found: Validation, names: list[str]) -> None:
    summary = found.summary.set_index("variable")
    rows = []
    for name in names:
        errors = [percent(_near(found.curves, name, share)) for share in _SHARES]
        rows.append(
            (
                name,
                *errors,
                percent(_cell(summary, name, "value_added"), 0),
                number(_cell(summary, name, "uncertainty_ratio")),
                percent(_cell(summary, name, "skill"), 0),
                percent(_cell(summary, name, "coverage"), 0),
            )
        )
    columns = (
        "variable",
        *(f"error at {percent(share, 0)}" for share in _SHARES),
        "value added",
        "uncertainty ratio",
        "skill",
        "coverage",
    )
    title = "Typical error in subsets of this share of households"
    console.print(table(columns, rows, title=title))
    console.print()
    if record["subsets"]:
        console.print(f"{record['subsets']}.\n", markup=False)
    for sentence in _verdicts(found, names):
        console.print(sentence, markup=False)
    for heading, findings in record["findings"].items():
        show_findings(console, heading, findings)
    if record["outdated"]:
        console.print(
            "\nThe run's files changed since it was validated; repeat with --again.", markup=False
        )
    if "against" in record:
        _show_differences(console, record["against"])
    for path in record.get("files", ()):
        console.print(f"Wrote {path}", markup=False)


def _show_differences(console: Console, against: dict[str, Any]) -> None:
    rows = [
        (
            row["variable"],
            row["score"],
            number(row["first"]),
            number(row["second"]),
            percent(row["difference"]),
            percent(row["margin"]),
            "yes" if row["differ"] else "no",
            percent(row["coverage_first"], 0),
            percent(row["coverage_second"], 0),
        )
        for row in against["scores"].to_dict("records")
    ]
    columns = (
        "variable",
        "score",
        "this run",
        "other",
        "difference",
        "±",
        "beyond chance",
        "coverage",
        "other's",
    )
    title = "Unseen households: lower scores are better, 80 % coverage is ideal"
    console.print()
    console.print(table(columns, rows, title=title))
    settings = [tuple(row.values()) for row in against["settings"].to_dict("records")]
    if settings:
        console.print(table(("setting", "this run", "other"), settings, title="Asked differently"))
    show_findings(console, "The two runs", against["findings"])


def _near(curves: pd.DataFrame, variable: str, share: float) -> float | None:
    """Return the smoothed error at the subset share next to the one asked for."""
    own = curves[(curves["variable"] == variable) & (curves["metric"] == _ERROR)].dropna()
    if own.empty:
        return None
    position = int((own["share"] - share).abs().to_numpy().argmin())
    return float(own["value"].to_numpy()[position])


def _cell(summary: pd.DataFrame, name: str, column: str) -> float | None:
    return float(summary[column][name]) if column in summary.columns else None
