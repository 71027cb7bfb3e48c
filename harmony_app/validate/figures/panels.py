"""The paper's three panels as linked figures: a metric against subset size, one line per variable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import panel as pn
from bokeh.models import (
    ColumnDataSource,
    FixedTicker,
    HoverTool,
    NumeralTickFormatter,
    Range1d,
    Span,
)
from bokeh.plotting import figure

from fusion_core.harmony.model import GROUP_COLOURS
from harmony_app.shell.look import FONT, figure_colours, page_part, percent, style_figure
from harmony_app.validate.view import METRICS, Metric, subset_titles, value_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from harmony_app.shell.session import Theme

TICK_SHARES: Final = (0.001, 0.01, 0.05, 0.15, 0.35, 0.65, 1.0)
_POINT_COLUMNS: Final = ("x", "y", "colour", "title", "variable", "value", "detail")


def variable_colours(variables: Sequence[str]) -> dict[str, str]:
    """Return a colour per variable, the same on every panel."""
    return {name: GROUP_COLOURS[i % len(GROUP_COLOURS)] for i, name in enumerate(variables)}


# With ten colours they tell fifty variables apart.
_DASHES: Final = ((), (7, 4), (2, 3), (10, 3, 2, 3), (15, 4))


def line_dashes(variables: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Return the dashes of each variable's line; those of one colour differ."""
    size = len(GROUP_COLOURS)
    return {name: _DASHES[(i // size) % len(_DASHES)] for i, name in enumerate(variables)}


def value_range(metric: Metric, curves: pd.DataFrame) -> tuple[float, float]:
    """Return the vertical range of a panel: all curves and most points, not the wildest ones."""
    if metric.name == "value_added":
        return 0.0, 1.02
    values = curves.loc[curves["metric"] == metric.name, "value"].to_numpy(dtype=float)
    values = values[np.isfinite(values)]
    top = float(values.max()) if len(values) else 1.0
    if metric.reference is None:
        return 0.0, max(top * 1.25, 0.02)
    low = min(float(values.min()) if len(values) else 1.0, metric.reference)
    return max(0.0, low - 0.15), max(top * 1.1, metric.reference + 0.3)


class CurvePanels:
    """Three figures with a common horizontal axis (square root of the subset's share).

    Parameters
    ----------
    variables
        Names in the order of their colours.
    theme
        Light or dark page.
    """

    def __init__(self, variables: Sequence[str], theme: Theme) -> None:
        self._variables = tuple(variables)
        self._theme = theme
        self.colours = variable_colours(variables)
        self._x_range = Range1d(0, 1)
        self._lines: dict[tuple[str, str], ColumnDataSource] = {}
        self._renderers: dict[tuple[str, str], Any] = {}
        self._points: dict[str, ColumnDataSource] = {}
        self._clouds: dict[str, Any] = {}
        self.plots = {metric.name: self._build(metric) for metric in METRICS}

    def _build(self, metric: Metric) -> figure:
        colours = figure_colours(self._theme)
        plot = figure(
            x_range=self._x_range,
            y_range=Range1d(0, 1),
            height=260,
            sizing_mode="stretch_width",
            tools=[],
            toolbar_location=None,
            min_border=4,
            name=metric.name,
            x_axis_label="size of the subset",
            y_axis_label=metric.axis,
        )
        style_figure(plot, self._theme)
        plot.xgrid.grid_line_color = None
        plot.xaxis.ticker = FixedTicker(ticks=[float(np.sqrt(share)) for share in TICK_SHARES])
        plot.xaxis.major_label_overrides = {
            float(np.sqrt(share)): f"{share * 100:g} %" for share in TICK_SHARES
        }
        if metric.percent:
            plot.yaxis.formatter = NumeralTickFormatter(format="0.[000] %")
        if metric.reference is not None:
            reference = Span(location=metric.reference, dimension="width", line_dash="dashed")
            reference.update(line_color=colours["muted"], line_width=1)
            plot.add_layout(reference)
        points = ColumnDataSource({name: [] for name in _POINT_COLUMNS})
        self._points[metric.name] = points
        self._clouds[metric.name] = plot.scatter(
            "x", "y", source=points, size=5, fill_color="colour", line_color=None, fill_alpha=0.16
        )
        dashes = line_dashes(self._variables)
        for name in self._variables:
            source = ColumnDataSource({"x": [], "y": []})
            self._lines[metric.name, name] = source
            self._renderers[metric.name, name] = plot.line(
                "x",
                "y",
                source=source,
                line_color=self.colours[name],
                line_width=2.4 if len(self._variables) <= len(GROUP_COLOURS) else 1.8,
                line_dash=list(dashes[name]),
            )
        hover = HoverTool(
            renderers=[self._clouds[metric.name]], tooltips=_hover_template(self._theme)
        )
        plot.add_tools(hover)  # nothing moves what cannot be put back
        return plot

    def show(self, metrics: pd.DataFrame, curves: pd.DataFrame, chosen: str) -> dict[str, int]:
        """Draw curves and the cloud of analyses; one variable may stand out.

        Parameters
        ----------
        metrics, curves
            As in `fusion_core.validation.Validation`.
        chosen
            The variable in detail; empty shows all alike.

        Returns
        -------
        dict
            Per metric, the number of analyses outside the frame.
        """
        shown = metrics if not chosen else metrics[metrics["variable"] == chosen]
        smallest = float(metrics["share"].min()) if len(metrics) else 0.0
        largest = float(metrics["share"].max()) if len(metrics) else 1.0
        ends = (max(0.0, np.sqrt(smallest) - 0.02), min(1.0, np.sqrt(largest) + 0.03))
        columns, ranges, outside = {}, {}, {}
        for metric in METRICS:
            visible = curves if not chosen else curves[curves["variable"] == chosen]
            ranges[metric.name] = value_range(metric, visible)
            columns[metric.name] = self._point_columns(metric, shown)
            y = np.asarray(columns[metric.name]["y"])
            low, high = ranges[metric.name]
            outside[metric.name] = int(((y < low) | (y > high)).sum())
        lines = {
            (str(metric), str(name)): own.sort_values("share")[["share", "value"]].to_numpy(
                dtype=float
            )
            for (metric, name), own in curves.groupby(["metric", "variable"])
        }

        def draw() -> None:
            self._x_range.update(start=ends[0], end=ends[1], reset_start=ends[0], reset_end=ends[1])
            for metric in METRICS:
                low, high = ranges[metric.name]
                self.plots[metric.name].y_range.update(
                    start=low, end=high, reset_start=low, reset_end=high
                )
                self._points[metric.name].data = columns[metric.name]
                self._clouds[metric.name].glyph.fill_alpha = 0.5 if chosen else 0.16
                for name in self._variables:
                    self._draw_line(metric.name, name, lines, chosen)

        pn.state.execute(draw, schedule=True)
        return outside

    def _draw_line(
        self,
        metric: str,
        name: str,
        lines: Mapping[tuple[str, str], NDArray[np.float64]],
        chosen: str,
    ) -> None:
        line = lines.get((metric, name), np.empty((0, 2)))
        self._lines[metric, name].data = {"x": np.sqrt(line[:, 0]), "y": line[:, 1]}
        glyph = self._renderers[metric, name].glyph
        glyph.line_alpha = 1.0 if chosen in {"", name} else 0.18
        glyph.line_width = 3.2 if chosen == name else 2.2

    def _point_columns(self, metric: Metric, metrics: pd.DataFrame) -> dict[str, Any]:
        finite = metrics[np.isfinite(metrics[metric.name].to_numpy(dtype=float))]
        return {
            "x": np.sqrt(finite["share"].to_numpy(dtype=float)),
            "y": finite[metric.name].to_numpy(dtype=float),
            "colour": [self.colours[name] for name in finite["variable"]],
            "title": subset_titles(finite),
            "variable": finite["variable"].tolist(),
            "value": [value_text(metric, float(value)) for value in finite[metric.name]],
            "detail": [
                f"{percent(share)} of households · {n:,} in the donor"
                for share, n in zip(finite["share"], finite["n"], strict=True)
            ],
        }


def _hover_template(theme: Theme) -> str:
    colours = figure_colours(theme)
    lines = [
        {"dot": "@colour", "text": "@variable:", "value": "@value"},
        {"style": f"color:{colours['muted']}", "text": "@detail"},
    ]
    return page_part("tooltip", 260, FONT, colours, "@title", lines)
