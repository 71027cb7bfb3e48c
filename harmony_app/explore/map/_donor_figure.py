"""The map of what the donor alone says: another figure of the same polygons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bokeh.models import (
    CDSView,
    ColumnDataSource,
    CustomJS,
    HoverTool,
    IndexFilter,
    PanTool,
    Title,
    WheelZoomTool,
)
from bokeh.plotting import figure

from harmony_app.explore.map._polygons import draw_areas
from harmony_app.shell.look import figure_colours, style_figure

if TYPE_CHECKING:
    from harmony_app.explore.map.shapes import Lines
    from harmony_app.shell.session import Theme


class DonorFigure:
    """A figure that shares polygons, ranges and hover texts with the fused map's.

    Parameters
    ----------
    fused
        The figure of the fused map.
    source
        Its polygons, with the column ``donor_colour``.
    tooltip
        Template of its hover card.
    theme
        Light or dark page.
    """

    def __init__(self, fused: figure, source: ColumnDataSource, tooltip: str, theme: Theme) -> None:
        colours = figure_colours(theme)
        self._hatched = CDSView(filter=IndexFilter([]))
        self._borders = ColumnDataSource({"xs": [], "ys": []})
        self._title = Title(
            text="", text_color=colours["text"], text_font_size="12.5px", text_font_style="bold"
        )
        self.plot = plot = figure(
            x_range=fused.x_range,
            y_range=fused.y_range,
            match_aspect=True,
            sizing_mode="stretch_both",
            min_height=160,
            min_border=0,
            tools=[],
            toolbar_location=None,
            name="donor map",
        )
        style_figure(plot, theme, grid=False)
        plot.axis.visible = False
        plot.title = self._title
        fill = draw_areas(
            plot,
            source,
            self._hatched,
            theme,
            fill_color="donor_colour",
            line_color="donor_colour",
        )
        plot.multi_line(
            "xs", "ys", source=self._borders, line_color=colours["surface"], line_width=1.2
        )
        zoom = WheelZoomTool(zoom_on_axis=False)
        pan = PanTool()
        hover = HoverTool(renderers=[fill], tooltips=tooltip, point_policy="follow_mouse")
        plot.add_tools(pan, zoom, hover)
        plot.toolbar.active_scroll = zoom
        plot.toolbar.active_drag = pan
        pointed = ColumnDataSource({"xs": [], "ys": []})
        for each in (fused, plot):
            each.multi_polygons(
                "xs", "ys", source=pointed, fill_alpha=0, line_color=colours["text"], line_width=1.6
            )
        follow = CustomJS(args={"areas": source, "pointed": pointed}, code=_FOLLOW)
        own = next(tool for tool in fused.tools if isinstance(tool, HoverTool))
        own.callback = hover.callback = follow

    def show(self, hatched: tuple[int, ...], title: str, borders: Lines) -> None:
        """Hatch areas, name the map and draw the borders of places.

        Parameters
        ----------
        hatched
            Positions of the areas that are too uncertain.
        title
            What stands above the map.
        borders
            Of the donor's places.
        """
        self._title.text = title
        if list(hatched) != self._hatched.filter.indices:
            self._hatched.filter = IndexFilter(list(hatched))
        self._borders.data = {"xs": [x for x, _ in borders], "ys": [y for _, y in borders]}
        self.plot.visible = True


# The area under the pointer is outlined in both maps.
_FOLLOW = """
const row = cb_data.index.indices[0];
if (row === undefined) {
  if (pointed.data.xs.length > 0) pointed.data = {xs: [], ys: []};
} else if (pointed.tags[0] !== row || pointed.data.xs.length === 0) {
  pointed.tags = [row];
  pointed.data = {xs: [areas.data.xs[row]], ys: [areas.data.ys[row]]};
}
"""
