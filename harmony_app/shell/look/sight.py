"""Know when a visitor reaches a place of a page, so that what is further down is drawn for those who go there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from panel.custom import JSComponent

if TYPE_CHECKING:
    from collections.abc import Callable


class Sight(JSComponent):
    """An invisible line of the page.

    Parameters
    ----------
    on_seen
        Called when the line has come into sight, once.
    params
        Further parameters of the component.
    """

    _esm = Path(__file__).parents[1] / "assets" / "sight.js"

    def __init__(self, on_seen: Callable[[], None], **params: Any) -> None:
        super().__init__(**params)
        self._on_seen = on_seen
        self.seen = False

    def _handle_msg(self, _msg: dict[str, Any]) -> None:
        if not self.seen:
            self.seen = True
            self._on_seen()
