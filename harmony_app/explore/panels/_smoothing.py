"""The choice to let direct estimates borrow strength from each other, where there are any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import panel as pn

from harmony_app.explore.data import smoothing_offer
from harmony_app.shell.look import page_part

if TYPE_CHECKING:
    from collections.abc import Callable

    from harmony_app.explore.data import Source
    from harmony_app.explore.view import ExploreState

_WIDE: Final[dict[str, Any]] = {"sizing_mode": "stretch_width"}
_LABELS: Final = {
    "survey": "Let areas borrow strength (Fay–Herriot)",
    "donor": "Agree with the donor's smoothed places (Fay–Herriot)",
}


class Smoothing:
    """A checkbox, and why it is not there of fused areas.

    Parameters
    ----------
    change
        Called with whether to smooth.
    styles
        Style sheets of the HTML pane.
    """

    def __init__(self, change: Callable[[bool], None], styles: list[str]) -> None:
        self._change = change
        self._showing = False
        self.choice = pn.widgets.Checkbox(label=_LABELS["survey"], margin=(0, 0, 4, 0), **_WIDE)
        self.reason = pn.pane.HTML("", stylesheets=styles, margin=(0, 0, 7, 0), **_WIDE)
        self.choice.param.watch(self._ticked, "value")
        self.panel = pn.Column(self.choice, self.reason, margin=0, **_WIDE)

    def show(self, state: ExploreState, source: Source) -> None:
        """Offer it where somebody was asked, without reporting it as an edit."""
        offer = smoothing_offer(state, source)
        self._showing = True
        self.choice.visible = bool(offer.how)
        self.choice.label = _LABELS[offer.how or "survey"]
        self.choice.value = state.smooth
        self._showing = False
        self.reason.visible = bool(offer.reason)
        self.reason.object = (
            page_part("line", "div", "footnote", offer.reason) if offer.reason else ""
        )

    def _ticked(self, event: Any) -> None:
        if not self._showing:
            self._change(bool(event.new))


__all__ = ["Smoothing"]
