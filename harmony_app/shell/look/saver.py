"""Send a figure to the visitor's downloads folder as SVG or PNG."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from panel.custom import JSComponent


class FigureSaver(JSComponent):
    """An invisible helper; the browser turns the SVG into the file that was asked for."""

    _esm = Path(__file__).parents[1] / "assets" / "saver.js"

    def save(self, svg: str, stem: str, kind: Literal["svg", "png"]) -> None:
        """Offer a figure as a download.

        Parameters
        ----------
        svg
            The figure, a stand-alone SVG document.
        stem
            File name without extension.
        kind
            ``png`` is drawn by the browser at twice the figure's size.
        """
        self._send_msg({"svg": svg, "name": f"{stem}.{kind}", "kind": kind})
