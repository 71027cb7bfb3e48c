"""Dependence between variables as a matrix: by how much fusing changed it, pair by pair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fusion_core.validation.report import sentences
from harmony_app.figures.look import Look
from harmony_app.shell.look import diverging_palette

if TYPE_CHECKING:
    import pandas as pd

    from harmony_app.shell.session import Theme

_CELL: Final = 19
_EDGES: Final = 120
_SMALL: Final = 20


def dependence_classes(theme: Theme) -> list[tuple[str, str, float, float]]:
    """Return the classes of differences, weakest first: colour, words, and the ends they lie between."""
    kept, lost = sentences.KEPT_DEPENDENCE, sentences.LOST_DEPENDENCE
    words = (
        f"weaker by {lost:.2f} or more",
        f"weaker by {kept:.2f} to {lost:.2f}",
        f"kept within {kept:.2f}",
        f"stronger by {kept:.2f} to {lost:.2f}",
        f"stronger by {lost:.2f} or more",
    )
    ends = (-np.inf, -lost, -kept, kept, lost, np.inf)
    palette = diverging_palette(theme)
    return [
        (*item, ends[place], ends[place + 1])
        for place, item in enumerate(zip(palette, words, strict=True))
    ]


def dependence_names(correlations: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Return the fused variables, and the predictors each of them is paired with."""
    fused = correlations[correlations["kind"] == "fused"]
    rows = list(dict.fromkeys([*correlations["first"], *fused["second"]]))
    others = correlations.loc[correlations["kind"] != "fused", "second"]
    return rows, list(dict.fromkeys(others))


def dependence_panel(correlations: pd.DataFrame, look: Look, chosen: str = "") -> Any:
    """Return the matrix: fused variables down, the same and the subset variables across.

    Parameters
    ----------
    correlations
        `fusion_core.validation.Validation.correlations`.
    look
        Where it is drawn.
    chosen
        A variable whose row alone is shown; all when empty.
    """
    hv = look.hv
    names, predictors = dependence_names(correlations)
    across = {name: place for place, name in enumerate([*names, *predictors])}
    shown = [chosen] if chosen else names
    down = {name: len(shown) - 1 - place for place, name in enumerate(shown)}
    cells = _cells(correlations, down, across)
    parts = [
        look.opts(
            hv.Rectangles(
                [item for item in cells if low <= item[6] < high],
                vdims=["pair", "said", "difference"],
            ),
            look.tiles(colour) | look.told("pair", ["said"]),
        )
        for colour, _, low, high in dependence_classes(look.theme)
    ]
    height: dict[str, Any] = (
        {} if look.on_paper else {"height": max(look.height, _CELL * len(shown) + _EDGES)}
    )
    size = {"fontsize": {"xticks": "10px", "yticks": "10px"}} if _small(look, across) else {}
    return look.opts(
        hv.Overlay(parts),
        look.frame(
            grid=False,
            title="",
            xlabel="",
            ylabel="",
            xlim=(0, len(across)),
            ylim=(0, len(shown)),
            xticks=[(place + 0.5, name) for name, place in across.items()],
            yticks=[(place + 0.5, name) for name, place in down.items()],
            xrotation=90,
            **height,
            **size,
        ),
    )


def _small(look: Look, across: dict[str, int]) -> bool:
    return not look.on_paper and len(across) > _SMALL


def _cells(
    correlations: pd.DataFrame, down: dict[str, int], across: dict[str, int]
) -> list[tuple[Any, ...]]:
    """Return a square per pair; a pair of fused variables stands on both sides of the diagonal."""
    found: list[tuple[Any, ...]] = []
    for row in correlations.to_dict("records"):
        first, second = str(row["first"]), str(row["second"])
        told = f"{row['measure']}: observed {row['observed']:.2f}, fused {row['simulated']:.2f}"
        change = strength_change(row)
        for one, other in ((first, second), (second, first)):
            if one in down and other in across:
                x, y = across[other], down[one]
                found.append((x, y, x + 1, y + 1, f"{one} – {other}", told, change))
    return found


def strength_change(row: dict[Any, Any]) -> float:
    """Return by how much a dependence is stronger: away from zero, whatever its sign.

    A correlation of −0.6 that becomes −0.4 is weaker by 0.2; one that changes its sign is weaker by
    the whole difference.
    """
    sign = -1.0 if float(row["observed"]) < 0 else 1.0
    return sign * float(row["difference"])
