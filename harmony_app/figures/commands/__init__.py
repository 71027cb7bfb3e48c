"""The `harmony figure` commands; each draws one kind of figure into a file."""

from __future__ import annotations

from typing import Final

import typer

from harmony_app.figures.commands._donor import draw_donor
from harmony_app.figures.commands._map import draw_map
from harmony_app.figures.commands._table import draw_table
from harmony_app.figures.commands._validation import draw_curves, draw_validation

app: Final = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown")


@app.callback()
def figure() -> None:
    """Draw a figure for a report, the same as the pages save."""


app.command("map")(draw_map)
app.command("donor")(draw_donor)
app.command("table")(draw_table)
app.command("curves")(draw_curves)
app.command("validation")(draw_validation)
