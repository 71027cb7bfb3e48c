"""What a variable was predicted from: a bar per predictor, the strongest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from harmony_app.figures.look import Look

if TYPE_CHECKING:
    import pandas as pd

MOST_PREDICTORS: Final = 12
"""Predictors that have a bar."""

_ROW: Final = 20
_EDGES: Final = 80
_BAR: Final = 9.0


def importance_panels(importance: pd.DataFrame, variable: str, look: Look) -> list[Any]:
    """Return the panel of a variable; none where it is not known what it was predicted from.

    Parameters
    ----------
    importance
        `fusion_core.validation.Validation.importance`.
    variable
        The variable.
    look
        Where it is drawn.
    """
    own = importance[importance["variable"] == variable]
    own = own.sort_values("share", ascending=False, kind="stable").head(MOST_PREDICTORS)
    if own.empty:
        return []
    hv, colours = look.hv, look.colours
    share = own["share"].to_numpy(dtype=float)
    rows = np.arange(len(own), 0, -1, dtype=float)
    bars = hv.Segments((np.zeros(len(own)), rows, share, rows))
    height: dict[str, Any] = {} if look.on_paper else {"height": _ROW * len(own) + _EDGES}
    return [
        look.opts(
            hv.Overlay([look.opts(bars, look.line(colours["accent"], width=_BAR))]),
            look.frame(
                title=variable,
                xlabel="relative importance",
                ylabel="",
                ylim=(0.4, len(own) + 0.6),
                yticks=list(zip(rows.tolist(), own["predictor"].astype(str), strict=True)),
                **height,
                **look.scale("x", 0.0, 1.05 * float(share.max()) or 1.0, share=True),
            ),
        )
    ]
