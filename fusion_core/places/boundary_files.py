"""Add boundaries to a workspace."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fusion_core.errors import ConflictError, InputError
from fusion_core.geography.boundaries import (
    CENSUS,
    areas_path,
    has_areas,
    import_boundaries,
    is_parquet,
    write_areas,
)
from fusion_core.places.known_areas import PUMA, wanted_censuses

if TYPE_CHECKING:
    import geopandas as gpd

    from fusion_core.workspace.layout import Workspace

_SUFFIXES: Final = (".gpkg", ".shp", ".geojson", ".fgb", ".kml", ".geoparquet")
CENSUSES: Final = ("2000", "2010", "2020")


@dataclass(frozen=True)
class BoundaryRequest:
    """Which boundaries to add, and how; see `fusion_core.geography.boundaries.import_boundaries`.

    Attributes
    ----------
    path
        The file.
    kind
        What the areas are: ``"puma"``, ``"county"``, ``"state"``, or a name of one's own, which is
        the name of the survey column that holds them.
    census
        Census that defined them; empty reads it off the file.
    id_column, name_column
        Columns with identifier and name; empty recognises those of the Census Bureau.
    tolerance
        Coarseness of the borders, metres.
    inset
        Whether Alaska and Hawaii move below the south-west.
    """

    path: Path
    kind: str = PUMA
    census: str = ""
    id_column: str = ""
    name_column: str = ""
    tolerance: float = 300.0
    inset: bool = True


def is_boundary_file(path: Path) -> bool:
    """Whether a file holds polygons, as far as its name and outline tell."""
    suffix = path.suffix.lower()
    if suffix in _SUFFIXES:
        return True
    if suffix == ".zip" and path.exists():
        import zipfile

        try:
            with zipfile.ZipFile(path) as archive:
                return any(name.lower().endswith(_SUFFIXES) for name in archive.namelist())
        except (OSError, zipfile.BadZipFile):
            return False  # whoever reads it says what is wrong
    if is_parquet(path) and path.exists():
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            return b"geo" in (pq.read_schema(path).metadata or {})
        except (OSError, pa.ArrowException):
            return False
    return False


def make_boundaries(workspace: Workspace, request: BoundaryRequest) -> gpd.GeoDataFrame:
    """Read boundaries and check that they are of the census the surveys use; nothing is stored.

    Raises
    ------
    InputError
        If the file is wrong or its PUMAs are of another census than those of the surveys.
    """
    areas_path(workspace, request.kind)  # refuses what could not be a kind, before minutes of work
    if request.census and request.census not in CENSUSES:
        raise InputError.unknown("census", request.census, CENSUSES)
    areas = import_boundaries(
        request.path,
        kind=request.kind,
        id_column=request.id_column or None,
        name_column=request.name_column or None,
        tolerance=request.tolerance,
        inset=request.inset,
        census=request.census,
    )
    wanted = wanted_censuses(workspace)
    census = str(areas[CENSUS].iloc[0]) if CENSUS in areas.columns else ""
    if request.kind == PUMA and census and wanted and census not in wanted:
        raise InputError(
            f"The boundaries are PUMAs of the {census} census and the surveys hold those of "
            f"{' and '.join(wanted)}, whose equal codes are different areas",
            where=str(request.path),
            fix=f"Add the PUMA boundaries of the {wanted[0]} census",
        )
    return areas


def add_boundaries(
    workspace: Workspace, request: BoundaryRequest, *, may_replace: bool = False
) -> gpd.GeoDataFrame:
    """Read boundaries and store them.

    Raises
    ------
    ConflictError
        If the workspace has boundaries of this kind already.
    InputError
        As `make_boundaries`; nothing is stored then.
    """
    if has_areas(workspace, request.kind) and not may_replace:
        raise ConflictError(
            f"The workspace has {request.kind} boundaries already",
            where=str(workspace.path),
            fix="Replace them, or give another kind to keep both",
        )
    areas = make_boundaries(workspace, request)
    write_areas(workspace, areas, request.kind)
    return areas


__all__ = [
    "CENSUSES",
    "BoundaryRequest",
    "add_boundaries",
    "is_boundary_file",
    "make_boundaries",
]
