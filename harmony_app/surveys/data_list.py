"""A list of rows with columns that can be walked through with mouse or keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import param
from panel.custom import JSComponent

_ASSETS: Final = Path(__file__).parent / "assets"


class DataList(JSComponent):
    """A table of texts with one selected row.

    Parameters
    ----------
    rows
        One mapping per row: ``id`` and a text, or a list of texts, per column key.
    columns
        One mapping per column: ``key``, ``title``, and optionally ``width`` (CSS grid track),
        ``align`` ("right"), ``kind`` ("text", "strong", "mono", "muted", "warn" or "chips") and
        ``help``.
    selected
        ``id`` of the selected row, or empty.
    label
        What the list holds, for screen readers.
    empty
        What to show when there are no rows.
    """

    rows = param.List(default=[])
    columns = param.List(default=[])
    selected = param.String(default="")
    label = param.String(default="")
    empty = param.String(default="")

    _esm = (_ASSETS / "data_list.js").read_text(encoding="utf-8")
    _stylesheets: Final = [(_ASSETS / "data_list.css").read_text(encoding="utf-8")]
