"""One small panel per variable, so that many can be read side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from harmony_app.figures.metrics import METRICS
from harmony_app.shell.look import percent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harmony_app.figures.look import Look

    Floats = NDArray[np.float64]

ACROSS: Final = 6
# A cell is one unit wide and high; its panel leaves room for the name above and a gap beside.
_WIDE, _HIGH = 0.88, 0.62
_LETTERS: Final = 19
# Errors above this are drawn at the top of a cell: no cell is flattened by the worst variable.
_CAP: Final = 0.5
_CELL_PIXELS: Final = 84


def multiple_cells(
    curves: pd.DataFrame, names: Sequence[str], across: int = ACROSS
) -> pd.DataFrame:
    """Place the error curve of every variable in a cell of its own, row by row.

    Parameters
    ----------
    curves
        As `fusion_core.validation.Validation.curves`.
    names
        The variables, in reading order.
    across
        Cells in a row.

    Returns
    -------
    DataFrame
        ``variable``, ``x`` and ``y`` (place of the curve), ``middle`` (height of the median of all
        variables there), ``left`` and ``floor`` of the cell, ``share`` and ``error``.
    """
    errors = curves[curves["metric"] == METRICS[0].name]
    roots = np.sqrt(errors["share"].to_numpy(dtype=float))
    low, high = (roots.min(), roots.max()) if len(roots) else (0.0, 1.0)
    at = np.linspace(low, high, 60)
    own = {
        str(name): item.sort_values("share")
        for name, item in errors.groupby("variable", sort=False)
    }
    values = np.array(
        [
            np.interp(
                at, np.sqrt(own[name]["share"]), own[name]["value"], left=np.nan, right=np.nan
            )
            for name in names
            if name in own
        ]
    )
    top = min(float(np.nanmax(values, initial=0.02)), _CAP)
    middle = np.minimum(_median(values), top) / top * _HIGH
    parts = []
    for place, name in enumerate(name for name in names if name in own):
        left, floor = float(place % across), -float(place // across)
        parts.append(
            pd.DataFrame(
                {
                    "variable": name,
                    "x": left + _WIDE * (at - low) / max(high - low, 1e-9),
                    "y": floor + np.minimum(values[place], top) / top * _HIGH,
                    "middle": floor + middle,
                    "left": left,
                    "floor": floor,
                    "share": at**2,
                    "error": values[place],
                }
            )
        )
    table = pd.concat(parts, ignore_index=True)
    table.attrs["top"] = top
    return table


def multiples(
    curves: pd.DataFrame, names: Sequence[str], look: Look, *, across: int = ACROSS
) -> Any:
    """Return small panels of errors against subset size, all on the same two scales.

    Parameters
    ----------
    curves, names, across
        As in `multiple_cells`.
    look
        Where they are drawn.
    """
    hv, colours = look.hv, look.colours
    cells = multiple_cells(curves, names, across)
    corners = cells.groupby("variable", sort=False)[["left", "floor"]].first()
    rows = int(-corners["floor"].min()) + 1
    boxes = [
        (left, floor, left + _WIDE, floor + _HIGH)
        for left, floor in corners.itertuples(index=False)
    ]
    titles = [
        (left, floor + _HIGH + 0.1, _clipped(str(name)))
        for name, left, floor in corners.itertuples()
    ]
    first, last = cells["share"].iloc[0], cells["share"].max()
    foot = -(rows - 1) - 0.12
    scale = [
        (0.0, foot, percent(float(first))),
        (_WIDE, foot, percent(float(last), decimals=0)),
    ]
    height = f"{percent(cells.attrs['top'], decimals=0)} at the top"
    parts = [
        look.opts(hv.Rectangles(boxes), look.band(colours["grid"], alpha=0.55)),
        look.opts(
            hv.Curve(_with_gaps(cells, "middle"), "x", "y", label="median"),
            look.line(colours["muted"], width=1.4, dash=(4, 3)),
        ),
        look.opts(
            hv.Curve(_with_gaps(cells, "y"), "x", "y", label="error"),
            look.line(colours["accent"], width=2.0),
        ),
        look.opts(
            hv.Labels(titles, ["x", "y"], "label"),
            look.words(colours["text"], size=11, align="left"),
        ),
        look.opts(hv.Labels(scale, ["x", "y"], "label"), look.words(colours["muted"], size=10)),
    ]
    return look.opts(
        hv.Overlay(parts),
        {
            **look.frame(
                xlabel=f"share of households, alike in all panels; absolute percent error, {height}",
                xlim=(-0.06, across - 0.02),
                ylim=(foot - 0.16, 0.9),
                xticks=[],
                yaxis=None,
            ),
            **({} if look.on_paper else {"height": 46 + _CELL_PIXELS * rows}),
        },
    )


def _median(values: Floats) -> Floats:
    known = np.isfinite(values).any(axis=0)
    middle = np.full(values.shape[1], np.nan)
    middle[known] = np.nanmedian(values[:, known], axis=0)
    return middle


def _with_gaps(cells: pd.DataFrame, column: str) -> tuple[Floats, Floats]:
    gap = np.array([np.nan])
    parts = [
        (own["x"].to_numpy(float), own[column].to_numpy(float))
        for _, own in cells.groupby("variable", sort=False)
    ]
    return (
        np.concatenate([part for x, _ in parts for part in (x, gap)]),
        np.concatenate([part for _, y in parts for part in (y, gap)]),
    )


def _clipped(name: str) -> str:
    return name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…"
