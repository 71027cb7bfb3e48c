"""The three panels on a page: what is brushed in one lights up in the others, and the page is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import panel as pn
from bokeh.models import BoxSelectTool, HoverTool, TapTool

from harmony_app.figures.look import Look
from harmony_app.figures.strokes import stroke_columns
from harmony_app.figures.subsets.curves import (
    CurveView,
    cloud_alpha,
    curve_panel,
    share_ticks,
    strokes,
)
from harmony_app.figures.subsets.metrics import METRICS, Metric
from harmony_app.shell.look import FONT, figure_colours, page_part

if TYPE_CHECKING:
    from bokeh.plotting import figure

    from harmony_app.shell.session import Theme

# Of dots on top of each other so many are told of.
_TOLD: Final = 3


class LinkedCurves:
    """Figures of one family of subsets, which share their analyses and their horizontal axis.

    Parameters
    ----------
    view
        What they show first.
    theme
        Light or dark page.
    on_brushed
        Called with the rows of `view.points` that are brushed; none when nothing is.
    """

    def __init__(
        self, view: CurveView, theme: Theme, on_brushed: Callable[[Sequence[int]], None]
    ) -> None:
        self.view = view
        self._theme = theme
        look = Look(theme=theme)
        renderer = look.hv.Store.renderers["bokeh"]
        drawn = {
            metric.name: renderer.get_plot(curve_panel(view, metric, look)) for metric in METRICS
        }
        self.plots: dict[str, figure] = {name: plot.state for name, plot in drawn.items()}
        self._parts = {name: _parts(plot) for name, plot in drawn.items()}
        first = self._parts[METRICS[0].name]["cloud"].handles
        self.source = first["source"]
        self.source.data = _columns(view)
        for metric in METRICS:
            self._link(metric.name, self.plots[METRICS[0].name])
        self.source.selected.on_change(
            "indices", lambda _name, _old, rows: on_brushed(list(map(int, rows)))
        )

    def _link(self, metric: str, first: figure) -> None:
        """Let a panel draw the common analyses, and tell of each at the pointer."""
        plot, cloud = self.plots[metric], self._parts[metric]["cloud"].handles["glyph_renderer"]
        cloud.data_source = self.source
        plot.x_range = first.x_range
        plot.name = metric
        plot.toolbar.tools = []  # nothing moves what cannot be put back
        brush = BoxSelectTool(renderers=[cloud])
        hover = HoverTool(
            renderers=[cloud], limit=_TOLD, tooltips=_hover_template(metric, self._theme)
        )
        plot.add_tools(brush, TapTool(renderers=[cloud]), hover)
        plot.toolbar.active_drag = brush

    def show(self, view: CurveView) -> None:
        """Show the same subsets otherwise: of one variable, or with other lines picked."""
        same = view.points.equals(self.view.points)
        self.view = view
        if not same:
            self.source.selected.indices = []

        def draw() -> None:
            if not same:
                self.source.data = _columns(view)
            self._rescale()
            for metric in METRICS:
                self._draw(metric)

        pn.state.execute(draw, schedule=True)

    @property
    def brushed(self) -> list[int]:
        """The rows of `view.points` that are brushed."""
        return [int(row) for row in self.source.selected.indices]

    def clear(self) -> None:
        """Let go of what is brushed."""
        self.source.selected.indices = []

    def _rescale(self) -> None:
        """Let the common axis span what is shown, with ticks that do not touch."""
        low, high = self.view.across
        ticks = share_ticks(self.view.across)
        for plot in self.plots.values():
            plot.x_range.update(start=low, end=high)
            plot.xaxis[0].ticker.ticks = [place for place, _ in ticks]
            plot.xaxis[0].major_label_overrides = dict(ticks)

    def _draw(self, metric: Metric) -> None:
        view, parts = self.view, self._parts[metric.name]
        low, high = view.up[metric.name]
        self.plots[metric.name].y_range.update(start=low, end=high)
        cloud = parts["cloud"].handles
        colours = {line.name: line.style.colour for line in view.lines[metric.name]}
        mapper = cloud["color_color_mapper"]
        grey = figure_colours(self._theme)["muted"]
        mapper.palette = [colours.get(name, grey) for name in mapper.factors]
        cloud["glyph_renderer"].glyph.update(fill_alpha=cloud_alpha(view))
        parts["lines"].handles["source"].data = stroke_columns(strokes(view, metric, self._theme))


def _columns(view: CurveView) -> dict[str, Any]:
    own = {str(name): column.to_numpy() for name, column in view.points.items()}
    return {**own, "color": own["variable"]}  # as HoloViews calls what its colours follow from


def _parts(plot: Any) -> dict[str, Any]:
    """Return the drawn elements that change: the analyses and the lines."""
    kinds = {"cloud": "Scatter", "lines": "Path"}
    drawn = {type(part.current_frame).__name__: part for part in plot.subplots.values()}
    return {part: drawn[kind] for part, kind in kinds.items()}


def _hover_template(metric: str, theme: Theme) -> str:
    colours = figure_colours(theme)
    lines = [
        {"text": "@variable:", "value": f"@said_{metric}"},
        {"style": f"color:{colours['muted']}", "text": "@detail"},
    ]
    return page_part("tooltip", 260, FONT, colours, "@title", lines)
