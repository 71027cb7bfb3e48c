"""How figures look: the same elements drawn for a page or a notebook, or for print.

HoloViews draws with Bokeh or Matplotlib, which name the same properties differently. A figure asks
its `Look` for a line, for dots or for a frame, and so is written once for both.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from harmony_app.figures.strokes import (
    STROKE_STYLES,
    Stroke,
    dashed,
    joined_strokes,
    stroke_columns,
)
from harmony_app.shell.look import (
    FONT,
    axis_numbers,
    figure_colours,
    page_part,
    round_ticks,
    style_figure,
    wrapped,
)

if TYPE_CHECKING:
    from harmony_app.shell.session import Theme

Backend = Literal["bokeh", "matplotlib"]

_PLOTTING: Final = {"bokeh": "holoviews.plotting.bokeh", "matplotlib": "holoviews.plotting.mpl"}
# A dot of 5 pixels on a page is one of this many points in print.
_PRINTED: Final = 0.55
_FEWEST_TICKS: Final = 4
# Longer titles of panels on a page are broken, in pixels.
_TITLE_WIDTH: Final = 210.0
_TITLE: Final = 13.0


def holoviews(backend: Backend = "bokeh") -> Any:
    """Return HoloViews, loaded when the first figure is drawn, able to draw with a backend."""
    library = importlib.import_module("holoviews")
    if backend not in library.Store.renderers:
        importlib.import_module(_PLOTTING[backend])
    return library


@dataclass(frozen=True)
class Look:
    """How elements are drawn.

    Attributes
    ----------
    backend
        ``bokeh`` for pages and notebooks, ``matplotlib`` for files.
    theme
        Light or dark; print is light.
    titled
        Whether panels carry their titles: on a page these stand above them.
    height
        Of a panel on a page, in pixels.
    """

    backend: Backend = "bokeh"
    theme: Theme = "light"
    titled: bool = False
    height: int = 260

    @property
    def on_paper(self) -> bool:
        """Whether the figure is made for a file."""
        return self.backend == "matplotlib"

    @property
    def hv(self) -> Any:
        """HoloViews, able to draw with the backend."""
        return holoviews(self.backend)

    @property
    def colours(self) -> dict[str, str]:
        """Colours by role."""
        return figure_colours(self.theme)

    def opts(self, element: Any, options: Mapping[str, Any]) -> Any:
        """Return an element with options of the backend."""
        return element.opts(backend=self.backend, **options)

    def line(
        self, colour: str, *, width: float = 2.0, dash: Sequence[float] = (), alpha: float = 1.0
    ) -> dict[str, Any]:
        """Return the options of a line; `dash` is lengths of strokes and gaps, none for a whole line."""
        if self.on_paper:
            shape = (0, tuple(0.8 * part for part in dash)) if dash else "-"
            return {"color": colour, "linewidth": 0.7 * width, "linestyle": shape, "alpha": alpha}
        return {"color": colour, "line_width": width, "line_dash": dashed(dash), "alpha": alpha}

    def strokes(self, lines: Sequence[Stroke]) -> list[Any]:
        """Return many lines: on a page one element, which is drawn many times faster.

        Its columns are those of `stroke_columns`, by which a page changes the lines later.
        """
        if self.on_paper:
            return [
                self.opts(
                    self.hv.Curve((line.x, line.y), "x", "y"),
                    self.line(line.colour, width=line.width, dash=line.dash, alpha=line.alpha),
                )
                for line in lines
            ]
        points = joined_strokes(lines)  # HoloViews takes paths apart one after the other

        def styled(plot: Any, _element: Any) -> None:
            plot.handles["source"].data = stroke_columns(lines)
            plot.handles["glyph"].update(**{name: name for name in STROKE_STYLES})

        return [self.opts(self.hv.Path([points], ["x", "y"]), {"hooks": [styled]})]

    def dots(
        self,
        colour: Any,
        *,
        size: float = 6.0,
        alpha: float = 0.75,
        hollow: bool = False,
        sizes: tuple[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return the options of dots, their size the diameter in pixels; hollow ones are rings.

        Dots of different sizes name the column of these, and give them.
        """
        surface = self.colours["surface"]
        column, diameters = sizes or (size, size)
        if self.on_paper:
            area = (_PRINTED * diameters) ** 2
            edge = {"facecolors": surface, "edgecolors": colour, "linewidth": 0.9}
            # The alpha of a colour, not of the element: a cloud under lines stays under them.
            plain = {"color": colour, "linewidth": 0}
            return {"s": area, "alpha": alpha, **(edge if hollow else plain)}
        ring = {"fill_color": surface, "line_color": colour, "line_width": 1.6}
        plain = {"color": colour, "line_color": None}
        return {"size": column, "alpha": alpha, **(ring if hollow else plain)}

    def band(self, colour: str, *, alpha: float = 0.2) -> dict[str, Any]:
        """Return the options of a filled area without an edge."""
        if self.on_paper:
            return {"facecolor": colour, "alpha": alpha, "linewidth": 0}
        return {"fill_color": colour, "fill_alpha": alpha, "line_color": None}

    def tiles(self, colour: str) -> dict[str, Any]:
        """Return the options of filled squares that a thin line keeps apart."""
        surface = self.colours["surface"]
        if self.on_paper:
            return {"facecolor": colour, "edgecolor": surface, "linewidth": 0.4}
        return {"fill_color": colour, "fill_alpha": 1.0, "line_color": surface, "line_width": 1}

    def words(
        self, colour: str, *, size: float = 11, align: str = "center", turned: bool = False
    ) -> dict[str, Any]:
        """Return the options of labels; turned ones read upwards."""
        if self.on_paper:
            own = {"color": colour, "size": 0.62 * size, "horizontalalignment": align}
            return {**own, "rotation": 90 if turned else 0, "verticalalignment": "center"}
        return {
            "text_color": colour,
            "text_font_size": f"{size:g}px",
            "text_align": align,
            "text_baseline": "middle",
            "angle": 90 if turned else 0,
        }

    def told(self, title: str, lines: Sequence[str]) -> dict[str, Any]:
        """Return the options of an element that tells of itself at the pointer; none on paper.

        Parameters
        ----------
        title
            Column with the heading of the card.
        lines
            Columns whose texts stand below it.
        """
        if self.on_paper:
            return {}
        colours = self.colours
        said: list[dict[str, Any]] = [{"text": f"@{{{name}}}"} for name in lines]
        card = page_part("tooltip", 260, FONT, colours, f"@{{{title}}}", said)
        return {"tools": ["hover"], "hover_tooltips": card}

    def layout(self, panels: Sequence[Any], *, columns: int = 3) -> Any:
        """Return panels as a layout whose axes are their own."""
        options: dict[str, Any] = {"shared_axes": False}
        if not self.on_paper:
            options["toolbar"] = None
        return self.opts(self.hv.Layout(list(panels)).cols(min(columns, len(panels))), options)

    def frame(self, *, grid: bool = True, **options: Any) -> dict[str, Any]:
        """Return the options of a panel: axes, their names, ranges and ticks.

        Parameters
        ----------
        grid
            Whether lines across it help to read values; on paper the sheet says so.
        options
            Options both backends share, such as ``xlabel``, ``xlim`` and ``xticks``, or those of
            `scale`. ``title`` is dropped where the page shows it above the panel.
        """
        if not self.titled and not self.on_paper:
            options.pop("title", None)
        if self.on_paper:
            return {"show_legend": False, "show_grid": False, **options}
        if "title" in options:
            options["title"] = "\n".join(wrapped(options["title"], _TITLE_WIDTH, _TITLE, bold=True))
        hooks = [self._styled if grid else self._bare]
        own: dict[str, Any] = {
            "toolbar": None,
            "default_tools": [],
            "responsive": True,
            "height": self.height,
        }
        return {**own, "show_legend": False, "hooks": hooks, "shared_axes": False, **options}

    def scale(
        self, axis: Literal["x", "y"], low: float, high: float, *, share: bool = False
    ) -> dict[str, Any]:
        """Return range and round, distinct ticks of an axis; shares are written in per cent.

        Parameters
        ----------
        axis
            Which axis.
        low, high
            Its ends; a higher `low` makes an axis that falls, as of ranks.
        share
            Whether values are shares.
        """
        values = round_ticks(min(low, high), max(low, high), _FEWEST_TICKS + 1)
        ticks = list(zip(values, axis_numbers(values, share=share, exact=True), strict=True))
        return {f"{axis}lim": (low, high), f"{axis}ticks": ticks}

    def _styled(self, plot: Any, _element: Any) -> None:
        style_figure(plot.state, self.theme)
        from bokeh.models import NoOverlap

        plot.state.min_border = 4
        plot.state.xaxis.major_label_policy = NoOverlap()  # a panel may become narrow
        plot.state.xgrid.grid_line_color = None

    def _bare(self, plot: Any, element: Any) -> None:
        self._styled(plot, element)
        plot.state.ygrid.grid_line_color = None
