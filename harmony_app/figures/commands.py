"""The `harmony figure` commands; each draws one kind of figure into an SVG file."""

from __future__ import annotations

from typing import Final

import typer

from harmony_app.figures.curves_command import draw_curves
from harmony_app.figures.donor_command import draw_donor
from harmony_app.figures.map_command import draw_map
from harmony_app.figures.table_command import draw_table

app: Final = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown")


@app.callback()
def figure() -> None:
    """Draw a figure for a report as an SVG file, the same as the pages save."""


app.command("map")(draw_map)
app.command("donor")(draw_donor)
app.command("table")(draw_table)
app.command("curves")(draw_curves)
