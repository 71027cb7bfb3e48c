"""Estimates against independent values, one dot per area, on a diagonal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import panel as pn
from bokeh.models import (
    ColumnDataSource,
    HoverTool,
    NumeralTickFormatter,
    Range1d,
    Slope,
    Whisker,
)
from bokeh.plotting import figure

from fusion_core.html_templates import Macros
from harmony_app.explore.map import MapFigure
from harmony_app.shell.look import count, figure_colours, number, page_part, style_figure

if TYPE_CHECKING:
    import pandas as pd

    from fusion_core.execution.comparing import TableComparison
    from harmony_app.explore.map import AreaShapes, MapLayer
    from harmony_app.shell.session import Theme

_SHARE_LIMIT = 1.5
_MAP_HEIGHT = 420
figure_part: Final = Macros(Path(__file__).parent / "templates" / "difference_map.html")


def scatter_figure(
    points: pd.DataFrame, theme: Theme, *, ranks: bool = False, same: bool = True
) -> pn.viewable.Viewable:
    """Return the figure.

    Parameters
    ----------
    points
        Of a `fusion_core.validation.ExternalComparison`.
    theme
        Light or dark page.
    ranks
        Show ranks, 1 the highest, in place of values.
    same
        Whether both sides are one quantity, so that a 1:1 line means something.
    """
    colours = figure_colours(theme)
    across, up = ("external_rank", "rank") if ranks else ("external", "estimate")
    plot = figure(
        height=340,
        sizing_mode="stretch_width",
        tools="pan,wheel_zoom,reset",
        toolbar_location="right",
        x_axis_label="rank in the table" if ranks else "table",
        y_axis_label="rank of the estimate" if ranks else "estimate, 90 % margin of error",
        min_border=4,
        **_ranges(points, ranks=ranks, same=same),
    )
    style_figure(plot, theme)
    names = points["name"] if "name" in points else points["area"]
    source = ColumnDataSource(
        {
            "x": points[across],
            "y": points[up],
            "low": points["estimate"] - points["moe"],
            "high": points["estimate"] + points["moe"],
            "colour": [
                colours["accent"] if within or not same else colours["bad"]
                for within in points["within_moe"]
            ],
            "area": [
                str(name) or str(code) for name, code in zip(names, points["area"], strict=True)
            ],
            "said": [
                f"{number(row['estimate'])} ± {number(row['moe'])}, table {number(row['external'])}"
                for row in points.to_dict("records")
            ],
        }
    )
    if ranks or same:
        plot.add_layout(
            Slope(gradient=1, y_intercept=0, line_color=colours["muted"], line_dash="dashed")
        )
    if not ranks:
        margins = Whisker(source=source, base="x", lower="low", upper="high")
        margins.update(
            line_color=colours["muted"], line_alpha=0.5, upper_head=None, lower_head=None
        )
        plot.add_layout(margins)
    dots = plot.scatter("x", "y", source=source, size=7, color="colour", fill_alpha=0.75)
    plot.add_tools(HoverTool(renderers=[dots], tooltips=page_part("point_label", "@area", "@said")))
    for axis, name in ((plot.xaxis, across), (plot.yaxis, up)):
        shares = not ranks and float(points[name].abs().max()) <= _SHARE_LIMIT
        # Digits as a tick needs them, so that none is written twice however far one zooms.
        axis.formatter = NumeralTickFormatter(format="0.[0000] %" if shares else "0,0.[0000]")
    return pn.pane.Bokeh(plot, sizing_mode="stretch_width", margin=(8, 0, 0, 0))


def difference_map(
    shapes: AreaShapes, layer: MapLayer, found: TableComparison, theme: Theme
) -> pn.viewable.Viewable:
    """Return a map of what estimates differ by from the table, with its legend.

    Parameters
    ----------
    shapes
        The areas.
    layer
        Their colours, see `harmony_app.explore.map.difference_layer`.
    found
        The comparison, for the hover card.
    theme
        Light or dark page.
    """
    plot = MapFigure(shapes, theme, lambda _area, _compare: None)
    for part in (plot.plot, plot.layout):
        part.update(sizing_mode="stretch_width", height=_MAP_HEIGHT)
    plot.show_layer(layer)
    points = found.comparison.points
    rows = points.set_index(points["area"].astype(str)).reindex(shapes.areas["area_id"].astype(str))
    records = rows.to_dict("records")
    colours = figure_colours(theme)
    plot.show_texts(
        {
            "value": [_compared(row) for row in records],
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


def _compared(row: dict[Any, Any]) -> str:
    if row["external"] != row["external"]:
        return "not in both"
    return f"{number(row['estimate'])} ± {number(row['moe'])}, table {number(row['external'])}"


def _gap(row: dict[Any, Any]) -> str:
    return f"difference {number(row['difference'])}"


def _judged(row: dict[Any, Any]) -> str:
    return "within the margins of both" if row["within_moe"] is True else "beyond the margins"


def _ranges(points: pd.DataFrame, *, ranks: bool, same: bool) -> dict[str, Range1d]:
    """Return the ranges of the axes: ranks fall, and the two sides of one quantity are alike."""
    if ranks:
        last = float(len(points)) + 0.5
        return {"x_range": Range1d(last, 0.5), "y_range": Range1d(last, 0.5)}
    if same:
        return {"y_range": _reach(points)}
    return {}


def _reach(points: pd.DataFrame) -> Range1d:
    """Return a vertical range that holds every margin of error and every value of the table."""
    low = min(float((points["estimate"] - points["moe"]).min()), float(points["external"].min()))
    high = max(float((points["estimate"] + points["moe"]).max()), float(points["external"].max()))
    edge = 0.04 * (high - low) or 1.0
    return Range1d(low - edge, high + edge)
