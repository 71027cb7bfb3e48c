"""A map of what estimates differ by from an independent table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from harmony_app.explore.map.layers import LegendEntry, MapLayer
from harmony_app.shell.look import axis_numbers, diverging_palette

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from harmony_app.shell.session import Theme

# Of the sizes of all differences: a third is small, a third large.
_THIRDS: Final = (1 / 3, 2 / 3)
_CLASSES: Final = 5
WITHIN_BOTH: Final = "within the margins of error of both"


def difference_layer(table: pd.DataFrame, theme: Theme, *, relative: bool, share: bool) -> MapLayer:
    """Colour areas by how much more or less the estimates are, symmetrically about no difference.

    Parameters
    ----------
    table
        One row per area, in the order of the map: ``difference``, ``external`` and ``within_moe`` of a
        `fusion_core.validation.external.ExternalComparison`.
    theme
        Light or dark page.
    relative
        Differences are shown in per cent of the table's values, as totals want it.
    share
        Whether both sides are shares.

    Returns
    -------
    MapLayer
        Hatched are the areas whose difference lies within the margins of both.
    """
    gap = table["difference"].to_numpy(dtype=float)
    if relative:
        with np.errstate(divide="ignore", invalid="ignore"):
            gap = gap / table["external"].to_numpy(dtype=float)
    within = table["within_moe"].eq(True).to_numpy() & np.isfinite(gap)
    layer = _layer(
        gap, theme, ("less", "more"), lambda ends: axis_numbers(ends, share=relative or share)
    )
    return replace(
        layer,
        unreliable=tuple(int(place) for place in np.flatnonzero(within)),
        hatched_when=WITHIN_BOTH,
    )


def rank_layer(table: pd.DataFrame, theme: Theme) -> MapLayer:
    """Colour areas by how many places higher or lower the estimates rank than a related table.

    Parameters
    ----------
    table
        One row per area, in the order of the map: ``rank`` and ``external_rank``, 1 the highest.
    theme
        Light or dark page.
    """
    gap = (table["external_rank"] - table["rank"]).to_numpy(dtype=float)
    return _layer(
        gap,
        theme,
        ("places lower", "places higher"),
        lambda ends: [f"{end:,.0f}" for end in ends],
    )


def _layer(
    gap: NDArray[np.float64],
    theme: Theme,
    sides: tuple[str, str],
    write: Callable[[list[float]], Sequence[str]],
) -> MapLayer:
    """Put differences into classes symmetrical about none; `write` writes the ends of classes."""
    known = np.isfinite(gap)
    small, large = np.quantile(np.abs(gap[known]), _THIRDS) if known.any() else (0.0, 0.0)
    inner = np.array([-large, -small, small, large])
    codes = np.where(known, np.searchsorted(inner, gap, side="right"), -1).astype(np.int64)
    palette = diverging_palette(theme)
    texts = write([float(small), float(large)])
    below, above = sides
    labels = (
        f"over {texts[1]} {below}",
        f"{texts[0]} – {texts[1]} {below}",
        f"within {texts[0]}",
        f"{texts[0]} – {texts[1]} {above}",
        f"over {texts[1]} {above}",
    )
    legend = tuple(
        LegendEntry(palette[code], labels[code], int((codes == code).sum()))
        for code in range(_CLASSES)
    )
    return MapLayer(
        codes=codes,
        palette=palette,
        unreliable=(),
        legend=legend,
        without_value=int((~known).sum()),
    )
