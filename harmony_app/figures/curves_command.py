"""`harmony figure curves`: how well subsets are met, one line per fused variable."""

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
from harmony_app.figures.printing import SizeName


def draw_curves(
    *,
    run: RunArgument = "latest",
    to: Annotated[
        Path, typer.Option("--to", metavar="FILE", help="Where to write the SVG, PNG or PDF.")
    ],
    variable: Annotated[
        list[str] | None,
        typer.Option("--variable", "-v", metavar="NAME", help="Only these; all when left out."),
    ] = None,
    size: Annotated[
        SizeName, typer.Option(help="For a column of a journal, the width of its page, or a slide.")
    ] = "page",
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Draw the three curves of a validated run: error, value-added and uncertainty by subset size.

    Example: harmony figure curves latest --to curves.svg
    """
    from fusion_core.errors import InputError
    from harmony_app.figures.curve_sheet import curve_sheet
    from harmony_app.figures.printing import save_sheet
    from harmony_app.validate.tabs import size_marks
    from harmony_app.validate.view import read_validated

    opened = open_workspace(workspace)
    chosen = choose_run(opened, run)
    record = read_validated(chosen, {})
    found = record.inside
    names = [str(name) for name in found.summary["variable"]]
    for name in variable or ():
        if name not in names:
            raise InputError.unknown("fused variable", name, names)
    kept = [name for name in names if not variable or name in variable]
    note = "Subsets: all."
    if opened.synthetic:
        note = f"SYNTHETIC DATA. {note}"
    spec = chosen.spec()
    sheet = curve_sheet(
        found.metrics[found.metrics["variable"].isin(kept)],
        found.curves[found.curves["variable"].isin(kept)],
        kept,
        title=f"{spec.name} · {spec.pair.donor.title} → {spec.pair.recipient.title}",
        note=note,
        marks=size_marks(record),
    )
    save_sheet(sheet, to, size)
    written = {"file": str(to), "variables": kept}
    Output(json).result(
        written, lambda console: console.print(f"Wrote {show_path(to)}", markup=False)
    )
