"""Estimates of small areas as files: a table, or a map others can open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from fusion_core.errors import InputError
from fusion_core.spreadsheets import csv_text
from fusion_core.workspace.files import replace_file

if TYPE_CHECKING:
    import pandas as pd

MAPS: Final = {".geojson": "GeoJSON", ".gpkg": "GPKG"}


def write_estimates(found: pd.DataFrame, path: Path, boundaries: Path | None) -> None:
    """Write estimates as CSV, or as a map whose places are dissolved from the boundaries of areas.

    Parameters
    ----------
    found
        The estimates, with a column ``area`` and their places (`small_area_estimates`).
    path
        The file; its ending says which.
    boundaries
        Boundaries of the finest areas, which a map needs.

    Raises
    ------
    InputError
        If a map is wanted without boundaries, or they lack an area.
    """
    driver = MAPS.get(path.suffix.lower())
    if driver is None:
        with replace_file(path) as temporary:
            temporary.write_text(csv_text(found), encoding="utf-8")
        return
    if boundaries is None:
        raise InputError(
            "A map needs the boundaries of the areas",
            where=path.name,
            fix="Give a boundary file of the block groups or tracts with --boundaries",
        )
    import geopandas as gpd
    import shapely

    from fusion_core.geography.boundaries import import_boundaries

    places = found.attrs["places"]
    own = import_boundaries(boundaries, kind="area", tolerance=0.0, inset=False)
    shapes = dict(zip(own["area_id"].astype(str), own.geometry, strict=True))
    lost = next((area for parts in places.values() for area in parts if area not in shapes), None)
    if lost is not None:
        raise InputError.unknown("area", lost, shapes, where=boundaries.name)
    whole = {
        name: shapely.union_all([shapes[area] for area in parts]) for name, parts in places.items()
    }
    named = found[found["area"].isin(list(whole))]
    layer = gpd.GeoDataFrame(named, geometry=named["area"].map(whole).tolist(), crs=own.crs)
    with replace_file(path) as temporary:
        layer.to_crs(4326).to_file(temporary, driver=driver)


__all__ = ["MAPS", "write_estimates"]
