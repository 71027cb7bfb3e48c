"""What estimates differ by from independent values, as a map with its legend."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import panel as pn

from fusion_core.html_templates import Macros
from harmony_app.explore.map import MapFigure
from harmony_app.shell.look import count, figure_colours, number

if TYPE_CHECKING:
    import pandas as pd

    from harmony_app.explore.map import AreaShapes, MapLayer
    from harmony_app.shell.session import Theme

_MAP_HEIGHT = 420
figure_part: Final = Macros(Path(__file__).parent / "templates" / "difference_map.html")


def difference_map(
    shapes: AreaShapes, layer: MapLayer, areas: pd.DataFrame, theme: Theme, *, beside: str = "table"
) -> pn.viewable.Viewable:
    """Return a map of what estimates differ by from other values, with its legend.

    Parameters
    ----------
    shapes
        The areas.
    layer
        Their colours, see `harmony_app.explore.map.difference_layer`.
    areas
        What the hover card tells of each area, in their order: ``estimate``, ``moe``, ``external``,
        ``difference`` and ``within_moe``.
    theme
        Light or dark page.
    beside
        What the other values are called.
    """
    plot = MapFigure(shapes, theme, lambda _area, _compare: None)
    for part in (plot.plot, plot.layout):
        part.update(sizing_mode="stretch_width", height=_MAP_HEIGHT)
    plot.show_layer(layer)
    records = areas.to_dict("records")
    colours = figure_colours(theme)
    plot.show_texts(
        {
            "value": [_compared(row, beside) for row in records],
            "interval": [_gap(row) for row in records],
            "note": [_judged(row) for row in records],
            "dot": [colours["good" if row["within_moe"] is True else "warn"] for row in records],
        }
    )
    entries = [(item.colour, item.label, f"{item.areas:,}") for item in layer.legend]
    legend = figure_part("legend", entries, count(len(layer.unreliable), "area"))
    return pn.Column(
        pn.pane.Bokeh(plot.layout, height=_MAP_HEIGHT, sizing_mode="stretch_width", margin=0),
        pn.pane.HTML(legend, sizing_mode="stretch_width", margin=0),
        margin=(8, 0, 0, 0),
        sizing_mode="stretch_width",
    )


def _compared(row: dict[Any, Any], beside: str) -> str:
    if row["external"] != row["external"]:
        return "not in both"
    return f"{number(row['estimate'])} ± {number(row['moe'])}, {beside} {number(row['external'])}"


def _gap(row: dict[Any, Any]) -> str:
    return f"difference {number(row['difference'])}"


def _judged(row: dict[Any, Any]) -> str:
    return "within the margins of both" if row["within_moe"] is True else "beyond the margins"
