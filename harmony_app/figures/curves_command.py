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
from harmony_app.figures.map_command import ToOption, write_figure


def draw_curves(
    *,
    run: RunArgument = "latest",
    to: ToOption,
    variable: Annotated[
        list[str] | None,
        typer.Option("--variable", "-v", metavar="NAME", help="Only these; all when left out."),
    ] = None,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Draw the three curves of a validated run: error, value-added and uncertainty by subset size.

    Example: harmony figure curves latest --to curves.svg
    """
    from fusion_core.errors import InputError
    from fusion_core.validation import read_validation
    from harmony_app.validate.figures import curves_svg, variable_colours
    from harmony_app.validate.view import words

    opened = open_workspace(workspace)
    chosen = choose_run(opened, run)
    found = read_validation(chosen.validation_folder)
    names = [str(name) for name in found.summary["variable"]]
    for name in variable or ():
        if name not in names:
            raise InputError.unknown("fused variable", name, names)
    kept = [name for name in names if not variable or name in variable]
    curves = found.curves[found.curves["variable"].isin(kept)]
    colours = {name: colour for name, colour in variable_colours(names).items() if name in kept}
    note = f"Subsets: all. {words.FIGURE_NOTE}"
    if opened.synthetic:
        note = f"SYNTHETIC DATA. {note}"
    spec = chosen.spec()
    title = f"{spec.name} · {spec.pair.donor.title} → {spec.pair.recipient.title}"
    write_figure(to, curves_svg(curves, colours, title, note))
    record = {"file": str(to), "variables": kept}
    Output(json).result(
        record, lambda console: console.print(f"Wrote {show_path(to)}", markup=False)
    )
