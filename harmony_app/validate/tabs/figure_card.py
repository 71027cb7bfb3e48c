"""A card of a tab: sentences, the figure they speak of, and its numbers on demand."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, Final

import panel as pn

from harmony_app.figures.look import Look
from harmony_app.validate.tabs._parts import part

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harmony_app.figures.printing import Mark
    from harmony_app.shell.session import Theme

_WIDE: Final[dict[str, Any]] = {"sizing_mode": "stretch_width"}
_HEIGHT: Final = 250


class FigureCard:
    """A card of the Validate page that draws when it is shown, and again only for another figure.

    Parameters
    ----------
    theme
        Light or dark page.
    html
        Settings of every piece of text.
    panel
        Least width of a panel in pixels; several stand side by side where there is room.
    widest
        Its largest width; 0 for none.
    """

    def __init__(
        self, theme: Theme, html: dict[str, Any], *, panel: int = 260, widest: int = 0
    ) -> None:
        self._theme = theme
        self._widest = widest
        self._panel = panel
        self._drawn: Hashable = None
        self.above = pn.pane.HTML("", **html)
        self.below = pn.pane.HTML("", **html)
        self.panels = pn.FlexBox(gap="8px", margin=(8, 0, 0, 0), **_WIDE)
        self.view = pn.Column(
            self.above,
            self.panels,
            self.below,
            css_classes=["card"],
            margin=0,
            styles={"padding": "14px", "min-width": "0"},
            **_WIDE,
        )

    @property
    def plots(self) -> list[Any]:
        """The Bokeh figures that are shown."""
        return [column[0].object for column in self.panels]

    @property
    def text(self) -> str:
        """Everything the card says, as HTML."""
        return f"{self.above.object}{self.below.object}"

    def show(
        self,
        above: str,
        below: str,
        what: Hashable,
        draw: Callable[[Look], Sequence[Any]],
    ) -> None:
        """Show sentences and a figure.

        Parameters
        ----------
        above, below
            HTML.
        what
            Tells figures apart: the same is not drawn again.
        draw
            Makes the panels.
        """
        self.above.object, self.below.object = above, below
        if self._drawn == what:
            return
        self._drawn = what
        look = Look(theme=self._theme, titled=True, height=_HEIGHT)
        renderer = look.hv.Store.renderers["bokeh"]
        styles = {"flex": f"1 1 {self._panel}px", "min-width": "0"}
        if self._widest:
            styles["max-width"] = f"{self._widest}px"
        self.panels[:] = [
            pn.Column(
                pn.pane.Bokeh(renderer.get_plot(panel).state, margin=0, **_WIDE),
                margin=0,
                styles=styles,
            )
            for panel in draw(look)
        ]


def bokeh_pane(
    draw: Callable[[Look], Any], theme: Theme, *, height: int = 380
) -> pn.viewable.Viewable:
    """Return one figure as a pane.

    Parameters
    ----------
    draw
        Makes it.
    theme
        Light or dark page.
    height
        In pixels.
    """
    look = Look(theme=theme, height=height)
    plot = look.hv.Store.renderers["bokeh"].get_plot(draw(look))
    return pn.pane.Bokeh(plot.state, margin=(8, 0, 0, 0), **_WIDE)


def dots_key(marks: Sequence[Mark]) -> str:
    """Return what colours of dots stand for, as the legend of a file says it."""
    return key_html([(mark.colour, mark.text) for mark in marks if mark.kind == "dot"])


def key_html(entries: Sequence[tuple[str, str]]) -> str:
    """Return what colours stand for: pairs of a colour and its words."""
    return part("key", entries)
