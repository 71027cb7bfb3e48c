"""How areas such as counties cut through PUMAs, as far as a workspace knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusion_core.geography.location import PUMA, read_intersections

if TYPE_CHECKING:
    import pandas as pd

    from fusion_core.workspace.layout import Workspace


def area_shares(workspace: Workspace, kind: str) -> pd.DataFrame | None:
    """Return how areas cut through PUMAs, ``None`` where the workspace does not know.

    Parameters
    ----------
    workspace
        Where the shares are stored.
    kind
        What the areas are.

    Returns
    -------
    DataFrame or None
        ``puma``, the column `kind`, and ``share``: the part of the PUMA's homes in the area.
    """
    for table in read_intersections(workspace, [kind]):
        return table.assign(**{kind: table[kind].astype(str), PUMA: table[PUMA].astype(str)})
    return None


def kinds_by_shares(workspace: Workspace) -> tuple[str, ...]:
    """Return the kinds of areas the workspace knows the shares of."""
    folder = workspace.geography_folder / "intersections"
    names = [path.stem for path in sorted(folder.glob("*.parquet"))]
    return tuple(name for name in names if area_shares(workspace, name) is not None)


__all__ = ["area_shares", "kinds_by_shares"]
