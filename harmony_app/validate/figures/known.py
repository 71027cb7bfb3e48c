"""Fused values of areas against what the recipient itself says, one dot per area, on a diagonal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import panel as pn
from bokeh.models import ColumnDataSource, HoverTool, NumeralTickFormatter, Slope
from bokeh.plotting import figure

from harmony_app.shell.look import figure_colours, number, page_part, style_figure

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from harmony_app.shell.session import Theme

_MANY: Final = 300


def known_figure(areas: pd.DataFrame, row: Mapping[str, Any], theme: Theme) -> pn.viewable.Viewable:
    """Return the figure.

    Parameters
    ----------
    areas
        Areas of one hidden variable and level, with margins.
    row
        Its row of the summary, for the slope.
    theme
        Light or dark page.
    """
    colours = figure_colours(theme)
    plot = figure(
        height=380,
        sizing_mode="stretch_width",
        tools="pan,wheel_zoom,reset",
        toolbar_location="right",
        x_axis_label="what the recipient says",
        y_axis_label="fused",
        min_border=4,
    )
    style_figure(plot, theme)
    inside = areas["inside"].to_numpy(dtype=bool)
    source = ColumnDataSource(
        {
            "x": areas["answer"],
            "y": areas["fused"],
            "colour": np.where(inside, colours["accent"], colours["bad"]),
            "area": areas["area"].astype(str),
            "said": [
                f"fused {number(fused)}, recipient {number(answer)} ± {number(margin)}"
                for fused, answer, margin in zip(
                    areas["fused"], areas["answer"], areas["margin"], strict=True
                )
            ],
        }
    )
    plot.add_layout(
        Slope(gradient=1, y_intercept=0, line_color=colours["muted"], line_dash="dashed")
    )
    if np.isfinite(row["slope"]):
        middle = float(areas["fused"].mean() - row["slope"] * areas["answer"].mean())
        plot.add_layout(
            Slope(gradient=row["slope"], y_intercept=middle, line_color=colours["text"])
        )
    small = len(areas) > _MANY
    dots = plot.scatter(
        "x",
        "y",
        source=source,
        size=4 if small else 7,
        color="colour",
        fill_alpha=0.5 if small else 0.75,
        line_alpha=0.0 if small else 1.0,
    )
    plot.add_tools(HoverTool(renderers=[dots], tooltips=page_part("point_label", "@area", "@said")))
    shape = "0.[0000] %" if row["level"] else "0,0.[0000]"
    plot.xaxis.formatter = plot.yaxis.formatter = NumeralTickFormatter(format=shape)
    return pn.pane.Bokeh(plot, sizing_mode="stretch_width", margin=(8, 0, 0, 0))
