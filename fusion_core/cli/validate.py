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
from fusion_core.cli.output import Output, number, percent, table
from fusion_core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from fusion_core.validation import Validation

_SHARES = (0.01, 0.05, 0.20)
_ERROR = "absolute_percent_error"


def validate(
    run: RunArgument = "latest",
    variable: Annotated[
        str, typer.Option(metavar="NAME", help="Only this variable.", show_default="all")
    ] = "",
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Show the validation of a run: typical errors by size of subset, and a plain verdict.

    The fused variables were simulated for the donor's own households and compared with what these
    really answered, in many subsets of the population.
    """
    from fusion_core.validation import read_validation

    opened = open_workspace(workspace)
    chosen = choose_run(opened, run)
    if not (chosen.validation_folder / "validation.json").exists():
        raise InputError(
            "The run is not validated yet", where=chosen.id,
            fix=f"Wait for its end, or go on with `harmony fuse --resume {chosen.id}`",
        )  # fmt: skip
    found = read_validation(chosen.validation_folder)
    names = [str(name) for name in found.summary["variable"]]
    if variable and variable not in names:
        raise InputError.unknown("fused variable", variable, names, where=chosen.id)
    shown = [variable] if variable else names
    record: dict[str, Any] = {
        "run": chosen.id,
        "verdicts": _verdicts(found, shown),
        "summary": found.summary[found.summary["variable"].isin(shown)],
        "curves": found.curves[found.curves["variable"].isin(shown)],
    }
    if variable:
        record["metrics"] = found.metrics[found.metrics["variable"] == variable]
    Output(json).result(record, lambda console: _show(console, found, shown))


def _verdicts(found: Validation, names: list[str]) -> list[str]:
    return [text for text in found.verdicts if text.partition(":")[0] in names]


def _show(console: Console, found: Validation, names: list[str]) -> None:
    summary = found.summary.set_index("variable")
    rows = []
    for name in names:
        errors = [percent(_near(found.curves, name, share)) for share in _SHARES]
        rows.append(
            (name, *errors, percent(_cell(summary, name, "value_added"), 0),
             number(_cell(summary, name, "uncertainty_ratio")),
             percent(_cell(summary, name, "coverage"), 0))
        )  # fmt: skip
    columns = (
        "variable", *(f"error at {percent(share, 0)}" for share in _SHARES), "value added",
        "uncertainty ratio", "coverage",
    )  # fmt: skip
    title = "Typical error in subsets of this share of households"
    console.print(table(columns, rows, title=title))
    console.print()
    for sentence in _verdicts(found, names):
        console.print(sentence, markup=False)


def _near(curves: pd.DataFrame, variable: str, share: float) -> float | None:
    """Return the smoothed error at the subset share next to the one asked for."""
    own = curves[(curves["variable"] == variable) & (curves["metric"] == _ERROR)].dropna()
    if own.empty:
        return None
    position = int((own["share"] - share).abs().to_numpy().argmin())
    return float(own["value"].to_numpy()[position])


def _cell(summary: pd.DataFrame, variable: str, column: str) -> float | None:
    return float(summary[column][variable]) if column in summary.columns else None
