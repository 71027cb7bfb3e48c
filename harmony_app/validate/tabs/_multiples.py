"""The curve of every variable in a frame of its own, to look through many and choose one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import panel as pn

from harmony_app.figures.look import Look
from harmony_app.figures.subsets.metrics import METRICS, Metric
from harmony_app.figures.subsets.multiples import height_on_page, multiples_panel
from harmony_app.shell.look import Sight, page_part, segmented
from harmony_app.validate.tabs._parts import part
from harmony_app.validate.view import words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from harmony_app.figures.subsets.curves import SizeMark
    from harmony_app.shell.session import Theme

_WIDE: Final[dict[str, Any]] = {"sizing_mode": "stretch_width"}


class MultiplesCard:
    """Small frames of all variables, by one metric at a time; hidden where there is one variable.

    They stand below what a visitor sees first, and are drawn when they are reached.

    Parameters
    ----------
    theme
        Light or dark page.
    html
        Settings of every piece of text.
    on_choose
        Called with the variable whose frame is clicked.

    Attributes
    ----------
    plot
        The Bokeh figure that is shown; ``None`` before it is reached.
    """

    def __init__(
        self, theme: Theme, html: dict[str, Any], on_choose: Callable[[str], None]
    ) -> None:
        self._theme = theme
        self._on_choose = on_choose
        self._shown: tuple[Any, ...] = ()
        self.plot: Any = None
        self.metric = segmented({item.title: item for item in METRICS}, margin=(8, 0, 0, 0))
        self.metric.param.watch(lambda _: self._draw(), "value")
        self.sight = Sight(self._draw, margin=0, **_WIDE)
        self._status = pn.pane.HTML(page_part("status", "Drawing the frames …", busy=True), **html)
        # A box that flows: in a column, figures elsewhere on the page lose their size.
        self._place = pn.FlexBox(self._status, margin=(4, 0, 0, 0), **_WIDE)
        self.view = pn.Column(
            pn.pane.HTML(part("panel", words.MULTIPLES_TITLE, words.MULTIPLES_HELP), **html),
            self.metric,
            self.sight,
            self._place,
            css_classes=["card"],
            margin=(0, 0, 10, 0),
            visible=False,
            styles={"padding": "12px"},
            **_WIDE,
        )

    def show(
        self,
        curves: pd.DataFrame,
        names: Sequence[str],
        chosen: str,
        marks: Sequence[SizeMark],
    ) -> None:
        """Show curves.

        Parameters
        ----------
        curves
            As `fusion_core.validation.Validation.curves`.
        names
            The variables.
        chosen
            The one in detail; empty for none.
        marks
            Typical sizes of areas.
        """
        shown = (curves, tuple(names), chosen, tuple(marks))
        same = len(self._shown) == len(shown) and self._shown[0] is curves
        if same and self._shown[1:] == shown[1:]:
            return
        self._shown = shown
        self.view.visible = len(names) > 1
        self._place.styles = {"min-height": f"{height_on_page(len(names))}px"}
        self._draw()

    def _draw(self) -> None:
        if not self._shown or not self.view.visible or not self.sight.seen:
            return
        curves, names, chosen, marks = self._shown
        metric: Metric = self.metric.value
        look = Look(theme=self._theme)
        panel = multiples_panel(curves, names, metric, look, chosen=chosen, marks=marks)
        drawn = look.hv.Store.renderers["bokeh"].get_plot(panel)
        frames = next(iter(drawn.subplots.values())).handles
        frames["glyph_renderer"].nonselection_glyph = None  # a click chooses, and fades nothing
        self._listen(drawn.state, frames["source"], frames["glyph_renderer"])
        self.plot = drawn.state
        pane = pn.pane.Bokeh(self.plot, margin=0, **_WIDE)
        self._place[:] = [pn.Column(pane, margin=0, styles={"flex": "1 1 300px", "min-width": "0"})]

    def _listen(self, plot: Any, source: Any, frames: Any) -> None:
        from bokeh.models import TapTool

        plot.add_tools(TapTool(renderers=[frames]))

        def clicked(_name: str, _old: list[int], rows: list[int]) -> None:
            if rows:
                source.selected.indices = []
                self._on_choose(str(source.data["name"][rows[0]]))

        source.selected.on_change("indices", clicked)
