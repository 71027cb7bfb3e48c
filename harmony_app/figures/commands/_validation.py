"""`harmony figure validation` and `curves`: what the Validate page draws of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fusion_core.cli.options import (
    JsonOption,
    RunArgument,
    WorkspaceOption,
    choose_run,
    open_workspace,
)
from fusion_core.cli.output import Output, show_path
from fusion_core.validation.internal import FigureName
from harmony_app.figures.printing import SizeName

FileOption = Annotated[
    Path, typer.Option("--to", metavar="FILE", help="Where to write the SVG, PNG or PDF.")
]
SizeOption = Annotated[
    SizeName, typer.Option(help="For a column of a journal, the width of its page, or a slide.")
]
NamesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--variable",
        "-v",
        metavar="NAME",
        help="Only these. Left out: all, or those furthest from right where all are too many.",
    ),
]


def draw_validation(
    *,
    run: RunArgument = "latest",
    to: FileOption,
    show: Annotated[FigureName, typer.Option(help="What is drawn.")] = "curves",
    variable: NamesOption = None,
    unseen: Annotated[
        bool, typer.Option("--unseen", help="Of households the models have not seen.")
    ] = False,
    size: SizeOption = "page",
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Draw a figure of a run's validation.

    Curves of all variables in one frame or, as multiples, in a frame each; distributions, dependence,
    calibration, predictors or implicates.

    Example: harmony figure validation latest --show dependence --to dependence.pdf
    """
    from fusion_core.errors import InputError
    from harmony_app.figures.printing import save_sheet
    from harmony_app.figures.validation import (
        telling_variables,
        validation_sheet,
        variables_of,
    )
    from harmony_app.validate.tabs import size_marks
    from harmony_app.validate.view import read_validated

    opened = open_workspace(workspace)
    chosen = choose_run(opened, run)
    record = read_validated(opened, chosen, {})
    if unseen and record.outside is None:
        raise InputError(
            "The run has not been validated with households its models have not seen",
            where=chosen.id,
            fix=f"Run `harmony validate {chosen.id} --out-of-fold 5` first",
        )
    found = record.shown(unseen)
    notes = ["SYNTHETIC DATA."] if opened.synthetic else []
    notes += ["Households the models have not seen."] if unseen else []
    notes += ["Subsets: all."] if show in {"curves", "multiples"} else []
    spec = chosen.spec()
    asked = [name for name in variables_of(found) if name in variable] if variable else []
    unknown = [name for name in variable or () if name not in asked]
    sheet = validation_sheet(
        found,
        show,
        title=f"{spec.name} · {spec.pair.donor.title} → {spec.pair.recipient.title}",
        names=[*asked, *unknown],
        note=" ".join(notes),
        marks=size_marks(record),
    )
    save_sheet(sheet, to, size)
    written = {"file": str(to), "variables": asked or telling_variables(found, show)}
    Output(json).result(
        written, lambda console: console.print(f"Wrote {show_path(to)}", markup=False)
    )


def draw_curves(
    *,
    run: RunArgument = "latest",
    to: FileOption,
    variable: NamesOption = None,
    size: SizeOption = "page",
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Draw the three curves of a validated run: error, value-added and uncertainty by subset size.

    Example: harmony figure curves latest --to curves.svg
    """
    draw_validation(run=run, to=to, variable=variable, size=size, workspace=workspace, json=json)
