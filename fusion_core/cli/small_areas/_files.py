"""Estimates of small areas as files: a table, or a map others can open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from fusion_core.errors import InputError
from fusion_core.spreadsheets import csv_text
from fusion_core.workspace.files import replace_file

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

MAPS: Final = {".geojson": "GeoJSON", ".gpkg": "GPKG"}


def write_estimates(found: pd.DataFrame, path: Path, shapes: gpd.GeoDataFrame | None) -> None:
    """Write estimates as CSV, or as a map whose places are dissolved from the boundaries of areas.

    Parameters
    ----------
    found
        The estimates, with a column ``area`` and their places (`small_area_estimates`).
    path
        The file; its ending says which.
    shapes
        Outlines of the finest areas, which a map needs.

    Raises
    ------
    InputError
        If a map is wanted and there are no boundaries.
    """
    driver = MAPS.get(path.suffix.lower())
    if driver is None:
        with replace_file(path) as temporary:
            temporary.write_text(csv_text(found), encoding="utf-8")
        return
    if shapes is None:
        raise InputError(
            "A map needs the boundaries of the areas",
            where=path.name,
            fix="Give a boundary file of the block groups or tracts with --boundaries, or add it with "
            "harmony places add",
        )
    from fusion_core.downscaling import place_shapes

    outlines = place_shapes(shapes, found.attrs["places"])
    named = outlines.rename(columns={"area_id": "area"}).merge(found, on="area", how="right")
    layer = named[[*found.columns, "geometry"]]
    with replace_file(path) as temporary:
        layer.to_crs(4326).to_file(temporary, driver=driver)


__all__ = ["MAPS", "write_estimates"]
