"""A sortable, read-only table that looks like the rest of the page in either theme."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import panel as pn

if TYPE_CHECKING:
    import pandas as pd

_STYLE: Final = (Path(__file__).parents[1] / "assets" / "table.css").read_text(encoding="utf-8")
_PAGE_ROWS: Final = 100


def data_table(frame: pd.DataFrame, **params: Any) -> pn.widgets.Tabulator:
    """Return a table for reading; long ones are paged by the server.

    Parameters
    ----------
    frame
        The rows.
    params
        Further parameters of `panel.widgets.Tabulator`.
    """
    settings: dict[str, Any] = {
        "show_index": False,
        "disabled": True,
        "layout": "fit_columns",
        "pagination": "remote" if len(frame) > _PAGE_ROWS else None,
        "page_size": _PAGE_ROWS,
        "margin": 0,
        "stylesheets": [_STYLE],
    }
    return pn.widgets.Tabulator(frame, **{**settings, **params})
