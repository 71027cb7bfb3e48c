"""The figures that are shown, to be taken away as files."""

from __future__ import annotations

import io
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import panel as pn

from harmony_app.figures.printing import KINDS, FileKind, SizeName, sheet_bytes
from harmony_app.shell.look import page_part

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harmony_app.figures.printing import Sheet

    Sheets = Mapping[str, Callable[[], Sheet]]

_WIDE: Final[dict[str, Any]] = {"sizing_mode": "stretch_width"}
_SIZES: Final[dict[str, SizeName]] = {
    "a column of a journal": "column",
    "the width of a page": "page",
    "a slide": "slide",
}


class FigureFiles:
    """Which figure of a tab, how large, and a button per kind of file.

    Parameters
    ----------
    html
        Settings of every piece of text.
    """

    def __init__(self, html: dict[str, Any]) -> None:
        self._sheets: Sheets = {}
        self.figure = pn.widgets.Select(label="Figure", options=[], margin=(8, 0, 0, 0), **_WIDE)
        self.size = pn.widgets.Select(
            label="Figure for", options=_SIZES, value="page", margin=(8, 0, 4, 0), **_WIDE
        )
        self.none = pn.pane.HTML(
            page_part("line", "p", "which", "This tab shows no figure to save."), **html
        )
        self.buttons = pn.FlexBox(*map(self._button, KINDS), gap="4px", margin=0, **_WIDE)
        self.view = pn.Column(
            self.figure, self.size, self.buttons, self.none, margin=(8, 0, 0, 0), **_WIDE
        )

    def show(self, sheets: Sheets) -> None:
        """Offer figures, by what they are called; the one chosen before stays if it is among them."""
        self._sheets = sheets
        if list(self.figure.options) != list(sheets):
            self.figure.options = list(sheets)
        if self.figure.value not in sheets:
            self.figure.value = next(iter(sheets), None)
        self.figure.visible = len(sheets) > 1
        self.size.visible = self.buttons.visible = bool(sheets)
        self.none.visible = not sheets

    def content(self, kind: FileKind) -> bytes:
        """Return the chosen figure as the content of a file."""
        return sheet_bytes(self._sheets[self.figure.value](), kind, self.size.value)

    def _button(self, kind: FileKind) -> pn.widgets.FileDownload:
        return pn.widgets.FileDownload(
            callback=partial(self._file, kind),
            filename=f"validation-figure.{kind}",
            label=kind.upper(),
            icon=None,
            margin=0,
        )

    def _file(self, kind: FileKind) -> io.BytesIO:
        return io.BytesIO(self.content(kind))
