"""The map: one Bokeh figure that gets new columns, never new polygons, when the view changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import panel as pn
from bokeh.layouts import column
from bokeh.models import (
    CDSView,
    ColumnDataSource,
    CustomJS,
    DataRange1d,
    HoverTool,
    IndexFilter,
    InlineStyleSheet,
    PanTool,
    ResetTool,
    TapTool,
    WheelZoomTool,
    ZoomInTool,
    ZoomOutTool,
)
from bokeh.plotting import figure

from harmony_app.explore.map._donor_figure import DonorFigure
from harmony_app.explore.map._polygons import draw_areas
from harmony_app.explore.map.shapes import outlines
from harmony_app.shell.look import FONT, figure_colours, page_part, style_figure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from harmony_app.explore.map.layers import MapLayer
    from harmony_app.explore.map.shapes import AreaShapes, Lines
    from harmony_app.shell.session import Theme

HOVER_COLUMNS: Final = ("value", "interval", "note", "dot")
DONOR_TEXT: Final = "donor"


class MapFigure:
    """A choropleth whose colours, hatching, hover texts and chosen areas change in place.

    Parameters
    ----------
    shapes
        The areas.
    theme
        Light or dark page.
    on_choose
        Called with the identifier of an area when it is clicked, and whether Shift was held.
    """

    def __init__(
        self, shapes: AreaShapes, theme: Theme, on_choose: Callable[[str, bool], None]
    ) -> None:
        self._shapes = shapes
        self._theme = theme
        self._on_choose = on_choose
        rows = len(shapes.areas)
        self._source = ColumnDataSource(
            {
                "xs": shapes.xs,
                "ys": shapes.ys,
                "colour": packed_colours((), np.full(rows, -1), figure_colours(theme)["grid"]),
                "name": shapes.areas["name"].tolist(),
                "donor_colour": packed_colours(
                    (), np.full(rows, -1), figure_colours(theme)["grid"]
                ),
                DONOR_TEXT: [" "] * rows,
                **{column: [""] * rows for column in HOVER_COLUMNS},
            }
        )
        self._outline = ColumnDataSource({"xs": [], "ys": []})
        self._pins = ColumnDataSource({"x": [], "y": [], "label": []})
        # What the view opens on: all areas until their estimates are there, then those that have one.
        self._extent = ColumnDataSource(_corners(shapes, np.arange(rows)))
        self._clicks = ColumnDataSource({"row": [], "compare": []})
        self._hatched = CDSView(filter=IndexFilter([]))
        self.plot = self._build()
        self._donor: DonorFigure | None = None
        # The donor's map comes below when it is asked for, with the polygons that are there.
        self.layout = column(self.plot, sizing_mode="stretch_both", margin=0)

    def _build(self) -> figure:
        colours = figure_colours(self._theme)
        plot = figure(
            x_range=DataRange1d(range_padding=0),
            y_range=DataRange1d(range_padding=0),
            match_aspect=True,
            sizing_mode="stretch_both",
            min_height=220,
            min_border=0,
            tools=[],
            toolbar_location="right",
            toolbar_inner=True,
            name="map",
        )
        style_figure(plot, self._theme, grid=False)
        plot.axis.visible = False
        fill = draw_areas(
            plot,
            self._source,
            self._hatched,
            self._theme,
            fill_color="colour",
            line_color=colours["surface"],
        )
        plot.multi_polygons(
            "xs",
            "ys",
            source=self._outline,
            fill_alpha=0,
            line_color=colours["text"],
            line_width=2.2,
        )
        plot.scatter(
            "x",
            "y",
            source=self._pins,
            size=15,
            marker="circle",
            fill_color=colours["accent"],
            line_color=colours["surface"],
            line_width=1.5,
        )
        plot.text(
            "x",
            "y",
            text="label",
            source=self._pins,
            text_align="center",
            text_baseline="middle",
            text_font={"value": FONT},
            text_font_size="11px",
            text_font_style="bold",
            text_color=colours["surface"],
        )
        corners = plot.scatter("x", "y", source=self._extent, size=1, alpha=0)
        for limits in (plot.x_range, plot.y_range):
            limits.renderers = [corners]
        self._add_tools(plot, fill)
        return plot

    def _add_tools(self, plot: figure, fill: object) -> None:
        pan = PanTool(visible=False)
        zoom = WheelZoomTool(zoom_on_axis=False, visible=False)
        hover = HoverTool(
            renderers=[fill],
            tooltips=_hover_template(self._theme),
            point_policy="follow_mouse",
            visible=False,
        )
        # The tap tool's own selection would repaint every polygon; the click is told instead, with
        # the Shift key, and only the chosen areas are outlined.
        tap = TapTool(
            renderers=[fill],
            behavior="inspect",
            visible=False,
            callback=CustomJS(
                args={"clicks": self._clicks},
                code="""
                const rows = cb_data.source.inspected.indices;
                if (rows.length > 0) {
                  const compare = cb_data.event?.modifiers?.shift ?? cb_obj.shift ?? false;
                  clicks.data = {row: [rows[0]], compare: [compare]};
                }
                """,
            ),
        )
        plot.add_tools(pan, zoom, ZoomInTool(), ZoomOutTool(), ResetTool(), hover, tap)
        plot.toolbar.active_scroll = zoom
        plot.toolbar.active_drag = pan
        plot.toolbar.stylesheets = [InlineStyleSheet(css=_toolbar_style(self._theme))]
        self._clicks.on_change("data", self._clicked)

    def _clicked(self, attribute: str, old: object, new: dict[str, list[int]]) -> None:
        del attribute, old
        rows = list(new.get("row", []))
        if rows:
            area = str(self._shapes.areas["area_id"].iloc[int(rows[0])])
            self._on_choose(area, bool(next(iter(new.get("compare", [])), False)))

    def show_layer(self, layer: MapLayer) -> None:
        """Colour and hatch the areas."""
        _in_turn(lambda: self._show_layer(layer))

    def _show_layer(self, layer: MapLayer) -> None:
        empty = figure_colours(self._theme)["grid"]
        self._source.data["colour"] = packed_colours(layer.palette, layer.codes, empty)
        self._show_extent(np.flatnonzero(layer.codes >= 0))
        if list(layer.unreliable) != self._hatched.filter.indices:
            self._hatched.filter = IndexFilter(list(layer.unreliable))

    def show_donor(
        self, layer: MapLayer, texts: Sequence[str], title: str, places: Sequence[str]
    ) -> None:
        """Show the donor's own estimates in a map below, zoomed and pointed at together.

        Parameters
        ----------
        layer
            Classes and colours of the donor's estimates.
        texts
            What the hover card of either map says of them, one line an area.
        title
            What stands above the map.
        places
            The donor's place of each area.
        """
        borders = outlines(self._shapes, places)
        _in_turn(lambda: self._show_donor(layer, texts, title, borders))

    def _show_donor(
        self, layer: MapLayer, texts: Sequence[str], title: str, borders: Lines
    ) -> None:
        if self._donor is None:
            template = _hover_template(self._theme)
            self._donor = DonorFigure(self.plot, self._source, template, self._theme)
        empty = figure_colours(self._theme)["grid"]
        rows = len(self._shapes.areas)
        self._source.data["donor_colour"] = packed_colours(layer.palette, layer.codes, empty)
        self._source.patch({DONOR_TEXT: [(slice(0, rows), list(texts))]})
        self._donor.show(layer.unreliable, title, borders)
        if self._donor.plot not in self.layout.children:
            # With its title: the browser leaves no room for one that comes later.
            self.layout.children = [self.plot, self._donor.plot]

    def hide_donor(self) -> None:
        """Take the donor's map away; it is kept for the next time."""
        donor = self._donor
        if donor is not None and donor.plot.visible:
            rows = len(self._shapes.areas)

            def change() -> None:
                donor.plot.visible = False
                self._source.patch({DONOR_TEXT: [(slice(0, rows), [" "] * rows)]})

            _in_turn(change)

    def show_nothing(self) -> None:
        """Take colours, hatching and hover texts away; the view stays where it is."""
        rows = len(self._shapes.areas)
        grey = packed_colours((), np.full(rows, -1), figure_colours(self._theme)["grid"])

        def change() -> None:
            self._source.data["colour"] = grey
            self._hatched.filter = IndexFilter([])

        _in_turn(change)
        self.show_texts({name: [" "] * rows for name in HOVER_COLUMNS})

    def _show_extent(self, rows: NDArray[np.int64]) -> None:
        """Open on the areas with an estimate; on all of them when none has one."""
        if not len(rows):
            rows = np.arange(len(self._shapes.areas))
        corners = _corners(self._shapes, rows)
        # A view somebody has moved stays where it is unless other areas have estimates now.
        if self._extent.data != corners:
            self._extent.data = corners

    def show_texts(self, columns: dict[str, list[str]]) -> None:
        """Replace the hover texts."""
        rows = len(self._shapes.areas)
        patches = {name: [(slice(0, rows), columns[name])] for name in HOVER_COLUMNS}
        _in_turn(lambda: self._source.patch(patches))

    def show_chosen(self, areas: Sequence[str]) -> None:
        """Outline the chosen areas and pin a letter on each."""
        _in_turn(lambda: self._show_chosen(areas))

    def _show_chosen(self, areas: Sequence[str]) -> None:
        rows = [row for area in areas if (row := self._shapes.position(area)) is not None]
        self._outline.data = {
            "xs": [self._shapes.xs[row] for row in rows],
            "ys": [self._shapes.ys[row] for row in rows],
        }
        self._pins.data = {
            "x": [float(self._shapes.centres[row, 0]) for row in rows],
            "y": [float(self._shapes.centres[row, 1]) for row in rows],
            "label": ["A", "B"][: len(rows)],
        }


def _corners(shapes: AreaShapes, rows: NDArray[np.int64]) -> dict[str, list[float]]:
    west, south, east, north = shapes.extent(rows)
    return {"x": [west, east], "y": [south, north]}


def packed_colours(
    palette: Sequence[str], codes: NDArray[np.int64], empty: str
) -> NDArray[np.uint32]:
    """Return the colour of every area as one number, 0xRRGGBBAA.

    Numbers travel as 4 bytes an area and change together with nothing else, so the browser paints
    the map once.

    Parameters
    ----------
    palette
        Colour of each class, ``#rrggbb``.
    codes
        Class of each area; negative without a value.
    empty
        Colour without a value.
    """
    table = np.array([int(f"{colour[1:]}ff", 16) for colour in (*palette, empty)], dtype=np.uint32)
    return table[np.where(codes < 0, len(palette), codes)]


def _in_turn(change: Callable[[], None]) -> None:
    """Change the figure in the document's own turn.

    Panel lets a widget's callback run without the document's lock, which its own models know how to
    handle and a Bokeh model does not.
    """
    pn.state.execute(change, schedule=True)


def _toolbar_style(theme: Theme) -> str:
    """Let the map show, and be clicked, between the buttons of its tool bar."""
    colours = figure_colours(theme)
    return (
        ":host(.bk-inner) { background: transparent; pointer-events: none; opacity: 1; }"
        f" .bk-tool-icon, [class*='tool-icon'] {{ background-color: {colours['muted']}; }}"
        f" :host > * {{ pointer-events: auto; background: {colours['surface']}; border-radius: 6px; }}"
    )


def _hover_template(theme: Theme) -> str:
    colours = figure_colours(theme)
    lines = [
        {"style": "font-size:14px", "text": "@value"},
        {"style": f"color:{colours['muted']}", "text": "@interval"},
        {"dot": "@dot", "text": "@note"},
        {"style": f"color:{colours['muted']}", "text": f"@{DONOR_TEXT}"},
    ]
    hint = "click for detail, Shift-click to compare"
    return page_part("tooltip", 250, FONT, colours, "@name", lines, hint)
