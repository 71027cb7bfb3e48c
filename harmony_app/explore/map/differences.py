"""A map of what estimates differ by from an independent table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from harmony_app.explore.map.layers import LegendEntry, MapLayer
from harmony_app.shell.look import axis_numbers, diverging_palette

if TYPE_CHECKING:
    import pandas as pd

    from harmony_app.shell.session import Theme

# Of the sizes of all differences: a third is small, a third large.
_THIRDS: Final = (1 / 3, 2 / 3)
_CLASSES: Final = 5


def difference_layer(
    points: pd.DataFrame, areas: pd.DataFrame, theme: Theme, *, relative: bool, share: bool
) -> MapLayer:
    """Colour areas by how much more or less the estimates are, symmetrically about no difference.

    Parameters
    ----------
    points
        Of a `fusion_core.validation.external.ExternalComparison`, by the identifiers of `areas`.
    areas
        `area_id`, in the order of the map.
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
    own = points.set_index(points["area"].astype(str)).reindex(areas["area_id"].astype(str))
    gap = own["difference"].to_numpy(dtype=float)
    if relative:
        with np.errstate(divide="ignore", invalid="ignore"):
            gap = gap / own["external"].to_numpy(dtype=float)
    known = np.isfinite(gap)
    small, large = np.quantile(np.abs(gap[known]), _THIRDS) if known.any() else (0.0, 0.0)
    inner = np.array([-large, -small, small, large])
    codes = np.where(known, np.searchsorted(inner, gap, side="right"), -1).astype(np.int64)
    palette = diverging_palette(theme)
    within = own["within_moe"].eq(True).to_numpy() & known
    texts = axis_numbers([float(small), float(large)], share=relative or share)
    labels = (
        f"over {texts[1]} less",
        f"{texts[0]} – {texts[1]} less",
        f"within {texts[0]}",
        f"{texts[0]} – {texts[1]} more",
        f"over {texts[1]} more",
    )
    legend = tuple(
        LegendEntry(palette[code], labels[code], int((codes == code).sum()))
        for code in range(_CLASSES)
    )
    return MapLayer(
        codes=codes,
        palette=palette,
        unreliable=tuple(int(place) for place in np.flatnonzero(within)),
        legend=legend,
        without_value=int((~known).sum()),
    )
