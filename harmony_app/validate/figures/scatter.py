"""Estimates against independent values, one dot per area, on a diagonal."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

from harmony_app.shell.look import figure_colours, number, page_part, style_figure

if TYPE_CHECKING:
    import pandas as pd

    from harmony_app.shell.session import Theme

_SHARE_LIMIT = 1.5


def scatter_figure(points: pd.DataFrame, theme: Theme) -> pn.viewable.Viewable:
    """Return the figure.

    Parameters
    ----------
    points
        Of a `fusion_core.validation.ExternalComparison`.
    theme
        Light or dark page.
    """
    colours = figure_colours(theme)
    plot = figure(
        height=340,
        sizing_mode="stretch_width",
        tools="pan,wheel_zoom,reset",
        toolbar_location="right",
        x_axis_label="table",
        y_axis_label="estimate, 90 % margin of error",
        min_border=4,
        y_range=_reach(points),
    )
    style_figure(plot, theme)
    names = points["name"] if "name" in points else points["area"]
    source = ColumnDataSource(
        {
            "x": points["external"],
            "y": points["estimate"],
            "low": points["estimate"] - points["moe"],
            "high": points["estimate"] + points["moe"],
            "colour": [
                colours["accent"] if within else colours["bad"] for within in points["within_moe"]
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
    plot.add_layout(
        Slope(gradient=1, y_intercept=0, line_color=colours["muted"], line_dash="dashed")
    )
    plot.add_layout(
        Whisker(
            source=source,
            base="x",
            lower="low",
            upper="high",
            line_color=colours["muted"],
            line_alpha=0.5,
            upper_head=None,
            lower_head=None,
        )
    )
    dots = plot.scatter("x", "y", source=source, size=7, color="colour", fill_alpha=0.75)
    plot.add_tools(HoverTool(renderers=[dots], tooltips=page_part("point_label", "@area", "@said")))
    shares = float(points["external"].abs().max()) <= _SHARE_LIMIT
    # Digits as a tick needs them, so that none is written twice however far one zooms.
    shape = "0.[0000] %" if shares else "0,0.[0000]"
    plot.xaxis.formatter = plot.yaxis.formatter = NumeralTickFormatter(format=shape)
    return pn.pane.Bokeh(plot, sizing_mode="stretch_width", margin=(8, 0, 0, 0))


def _reach(points: pd.DataFrame) -> Range1d:
    """Return a vertical range that holds every margin of error and every value of the table."""
    low = min(float((points["estimate"] - points["moe"]).min()), float(points["external"].min()))
    high = max(float((points["estimate"] + points["moe"]).max()), float(points["external"].max()))
    edge = 0.04 * (high - low) or 1.0
    return Range1d(low - edge, high + edge)
