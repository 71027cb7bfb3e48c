"""Boundaries of areas: read a public file once, store it ready to draw, read it back quickly.

Stored areas are one GeoParquet file per kind of area (``geography/<kind>.parquet``) with the
columns `area_id`, `name` and `geometry`: one row per area, however many islands it has, projected
to EPSG:5070 (NAD83 Conus Albers, equal area, metres), so that a map draws them as they are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from shapely.affinity import scale, translate

from fusion_core.arguments import is_real, path_of
from fusion_core.errors import CorruptFileError, InputError
from fusion_core.frames import level_text
from fusion_core.geography.codes import bare_code
from fusion_core.us_states import state_code
from fusion_core.workspace.files import LONGEST_NAME, replace_file, shown_name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from fusion_core.arguments import PathLike
    from fusion_core.workspace.layout import Workspace

MAP_CRS: Final = "EPSG:5070"
AREA_COLUMNS: Final = ("area_id", "name")
CENSUS: Final = "census"
"""Optional column of stored areas: the census that defined them, such as ``"2010"``."""
_KIND = re.compile(r"[a-z][a-z0-9_]*")
_ID_COLUMNS: Final = ("area_id", "GEOID20", "GEOID10", "GEOID", "geoid", "GEO_ID", "puma")
_NAME_COLUMNS: Final = ("name", "NAMELSAD20", "NAMELSAD10", "NAMELSAD", "NAME20", "NAME10", "NAME")
_DATED: Final = re.compile(r"(?:GEOID|NAMELSAD|NAME|PUMACE|STATEFP|MTFCC)(00|10|20)", re.IGNORECASE)
"""Columns of Census files that end with the census whose areas they describe."""
_ID_DIGITS: Final = {"puma": 7, "county": 5, "state": 2, "tract": 11, "block_group": 12}

# Where a map of the United States has room: Alaska (FIPS 02) below the south-west, Hawaii (15) to
# its right. Each is drawn in the projection made for it, scaled, and moved to this centre (metres).
_INSETS: Final = (
    ("02", "EPSG:3338", 0.35, (-1_700_000.0, 480_000.0)),
    ("15", "ESRI:102007", 1.0, (-760_000.0, 330_000.0)),
)
# The uninhabited north-western Hawaiian islands would make the inset 2,400 km wide.
_WEST_OF_INHABITED_HAWAII: Final = -450_000.0


def areas_path(workspace: Workspace, kind: str = "puma") -> Path:
    """Return where the areas of a kind are stored, existing or not.

    Raises
    ------
    InputError
        If `kind` could not be a file name.
    """
    if len(kind) > LONGEST_NAME or not _KIND.fullmatch(kind):
        raise InputError(
            f"'{shown_name(kind)}' is not a kind of area",
            fix="Use small letters, such as puma or state",
        )
    return workspace.geography_folder / f"{kind}.parquet"


def has_areas(workspace: Workspace, kind: str = "puma") -> bool:
    """Whether the workspace has boundaries of this kind."""
    return areas_path(workspace, kind).exists()


def read_areas(workspace: Workspace, kind: str = "puma") -> gpd.GeoDataFrame:
    """Read the areas of a kind: `area_id`, `name` and `geometry` in EPSG:5070.

    Raises
    ------
    InputError
        If the workspace has no boundaries of this kind.
    CorruptFileError
        If the file is damaged.
    """
    import geopandas as gpd

    path = areas_path(workspace, kind)
    if not path.exists():
        raise InputError(
            f"The workspace has no {kind} boundaries",
            where=str(path),
            fix="Import a GeoPackage, shapefile, GeoJSON or GeoParquet file of the areas",
        )
    try:
        areas = gpd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise CorruptFileError(
            "The boundaries are damaged or cut off", where=str(path), fix="Import them again"
        ) from error
    _require_columns(areas, where=str(path))
    return areas


def write_areas(workspace: Workspace, areas: gpd.GeoDataFrame, kind: str = "puma") -> None:
    """Store areas, replacing those of the same kind.

    Parameters
    ----------
    workspace
        Where to.
    areas
        One row per area with `area_id`, `name` and `geometry` in EPSG:5070; more columns are kept.
    kind
        What the areas are, e.g. ``"puma"``.

    Raises
    ------
    InputError
        If a column is missing, an identifier occurs twice or the projection is another one.
    """
    _require_columns(areas, where=f"{kind} boundaries")
    if areas.crs is None or areas.crs.to_string() != MAP_CRS:
        raise InputError(
            f"The {kind} boundaries are not in {MAP_CRS}", fix="Project them before storing"
        )
    twice = areas["area_id"][areas["area_id"].duplicated()]
    if len(twice):
        raise InputError(f"Area '{twice.iloc[0]}' occurs twice", where=f"{kind} boundaries")
    ordered = areas.sort_values("area_id", ignore_index=True)
    with replace_file(areas_path(workspace, kind)) as temporary:
        ordered.to_parquet(temporary, index=False, compression="zstd")


def import_boundaries(
    path: PathLike,
    *,
    kind: str = "puma",
    id_column: str | None = None,
    name_column: str | None = None,
    tolerance: float = 300.0,
    inset: bool = True,
    census: str = "",
) -> gpd.GeoDataFrame:
    """Read a boundary file into the form `write_areas` stores.

    Parameters
    ----------
    path
        GeoPackage, shapefile (also zipped), GeoJSON or GeoParquet, in any projection it declares.
    kind
        What the areas are; Census identifiers are padded to the kind's length (PUMA 7 digits).
    id_column, name_column
        Columns with the identifier and the name; ``None`` recognises the Census names.
    tolerance
        Coarseness of the simplification in metres: corners that matter less than a triangle of
        this side are dropped, shared borders stay shared (Visvalingam–Whyatt on the coverage).
        Borders that overlap or gape in the file are left as they are. 0 keeps every corner.
    inset
        Move Alaska and Hawaii below the south-west, each in its own projection and Alaska at
        35 % scale. Right for a map of the country; areas and distances are then not true there.
    census
        Census that defined the areas, such as ``"2010"``; left out, it is read off the names of the
        columns, as in ``GEOID10``, and unknown where these do not say.

    Returns
    -------
    geopandas.GeoDataFrame
        `area_id`, `name`, `geometry` and, where known, `census`, one row per area;
        ``attrs["note"]`` says what was done to the borders.

    Raises
    ------
    InputError
        If the file cannot be read, declares no projection or has no identifier.
    """
    import geopandas as gpd

    path = path_of(path, "path")
    if not is_real(tolerance):
        raise InputError(f"'tolerance' must be a number; got {tolerance!r:.60}", fix="Give metres")
    source = _read_source(path)
    identifiers = _identifiers(source, id_column, kind, str(path))
    names = _names(source, name_column, identifiers, str(path))
    raw = gpd.GeoDataFrame({"area_id": identifiers, "name": names}, geometry=source.geometry.array)
    raw = raw[~(raw.geometry.isna() | raw.geometry.is_empty)]
    if raw["area_id"].duplicated().any():
        raw = raw.dissolve("area_id", aggfunc="first", as_index=False)
    raw = raw.sort_values("area_id", ignore_index=True)
    projected = raw.to_crs(MAP_CRS)
    projected.geometry = projected.geometry.make_valid().map(_polygons)
    _require_extent(projected, str(path))
    areas, note = _simplify(projected, tolerance)
    if inset:
        areas = _with_insets(areas, raw)
    result = areas[[*AREA_COLUMNS, "geometry"]]
    defined = census or _dated(source)
    if defined:
        result = result.assign(**{CENSUS: defined})
    result.attrs["note"] = note
    return result


def is_parquet(path: Path) -> bool:
    """Whether a file's name says it is Parquet."""
    return path.suffix.lower() in {".parquet", ".geoparquet", ".pq"}


def _polygons(shape: Any) -> Any:
    """Return the areas of a shape; mending one may leave lines and points beside them."""
    if shape.geom_type != "GeometryCollection":
        return shape
    parts = [part for part in shapely.get_parts(shape) if part.area > 0]
    return shapely.union_all(parts)


def _require_extent(areas: gpd.GeoDataFrame, where: str) -> None:
    if not len(areas):
        raise InputError("No area of the file has a shape", where=where, fix="Choose another file")
    extent = areas.geometry.area.to_numpy()
    wrong = ~np.isfinite(extent) | (extent <= 0)
    wrong |= ~areas.geometry.geom_type.isin(["Polygon", "MultiPolygon"]).to_numpy()
    if wrong.any():
        raise InputError(
            f"{int(wrong.sum()):,} of {len(areas):,} shapes cover no area, the first one that of "
            f"'{areas['area_id'].iloc[int(np.flatnonzero(wrong)[0])]}'",
            where=where,
            fix="Give polygons, in the projection the file declares",
        )


def _read_source(path: Path) -> gpd.GeoDataFrame:
    import geopandas as gpd

    if not path.exists():
        raise InputError("There is no such file", where=str(path), fix="Check the path")
    try:
        source = gpd.read_parquet(path) if is_parquet(path) else gpd.read_file(path)
    except Exception as error:  # pyogrio raises its own and GDAL's errors, without a common base
        raise InputError(
            "The boundaries cannot be read",
            where=str(path),
            fix="Give a GeoPackage, shapefile, GeoJSON or GeoParquet file that is not cut off",
        ) from error
    if not isinstance(source, gpd.GeoDataFrame) or not len(source):
        raise InputError("The file holds no areas", where=str(path), fix="Choose another file")
    if source.crs is None:
        raise InputError(
            "The file does not say which projection its coordinates are in",
            where=str(path),
            fix="Add the .prj file that belongs to it",
        )
    return source


def _identifiers(
    source: gpd.GeoDataFrame, column: str | None, kind: str, where: str
) -> pd.Series[str]:
    name = _choose(source, column, _ID_COLUMNS, "identifier", where)
    raw = source[name]
    text: pd.Series[str] = (
        raw.map(level_text, na_action="ignore").fillna("").astype(str).str.strip()
    )
    blank = text == ""
    if blank.any():
        raise InputError(
            f"{int(blank.sum()):,} of {len(text):,} areas have no identifier",
            where=f"{where}, column '{name}', first in row {int(np.flatnonzero(blank)[0]) + 1}",
            fix="Complete the column, take these areas out, or name another column",
        )
    digits = _ID_DIGITS.get(kind)
    if digits is None:
        return text
    if kind == "state":
        text = text.map(lambda written: state_code(bare_code(written)) or written)
    padded: pd.Series[str] = text.map(bare_code).str.zfill(digits)
    wrong = padded[~padded.str.fullmatch(rf"\d{{{digits}}}")]
    if len(wrong):
        raise InputError(
            f"'{wrong.iloc[0]}' is not a {kind} identifier of {digits} digits",
            where=f"{where}, column '{name}'",
            fix="Name the column that holds the Census GEOID",
        )
    return padded


def _dated(source: gpd.GeoDataFrame) -> str:
    """Return the census that the names of a file's columns tell, empty where they do not."""
    matches = [_DATED.fullmatch(str(name)) for name in source.columns]
    years = {f"20{match.group(1)}" for match in matches if match}
    return years.pop() if len(years) == 1 else ""


def _names(
    source: gpd.GeoDataFrame, column: str | None, identifiers: pd.Series[str], where: str
) -> pd.Series[str]:
    if column is None and not any(name in source.columns for name in _NAME_COLUMNS):
        return identifiers
    chosen = _choose(source, column, _NAME_COLUMNS, "name", where)
    names: pd.Series[str] = source[chosen].fillna("").astype(str)
    return names


def _choose(
    source: gpd.GeoDataFrame, column: str | None, known: Iterable[str], what: str, where: str
) -> str:
    present = [str(name) for name in source.columns if name != source.geometry.name]
    if column is not None:
        if column not in present:
            raise InputError.unknown("column", column, present, where=where)
        return column
    found = next((name for name in known if name in present), None)
    if found is None:
        raise InputError(
            f"No column looks like the {what} of an area",
            where=where,
            fix=f"Name one of its columns: {', '.join(present[:12])}",
        )
    return found


def _simplify(areas: gpd.GeoDataFrame, tolerance: float) -> tuple[gpd.GeoDataFrame, str]:
    shapes = areas.geometry.to_numpy()
    if tolerance <= 0:
        return areas, "Borders are as in the file."
    if not shapely.coverage_is_valid(shapes):
        return areas, "Neighbours overlap or gape slightly in the file; borders are as in the file."
    simplified = areas.copy()
    simplified.geometry = shapely.coverage_simplify(shapes, tolerance)
    return simplified, f"Borders were simplified together, to {tolerance:,.0f} m."


def _with_insets(areas: gpd.GeoDataFrame, raw: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Redraw Alaska and Hawaii from the unprojected file, in the free corner of the map."""
    import geopandas as gpd

    moved = areas.copy()
    for state, crs, factor, centre in _INSETS:
        rows = raw["area_id"].str.startswith(state)
        if not rows.any() or rows.all():
            continue
        local = raw.loc[rows, "geometry"].to_crs(crs).make_valid()
        if state == "15":
            local = local.map(_inhabited)
        left, bottom, right, top = local.total_bounds
        origin = ((left + right) / 2, (bottom + top) / 2)
        shapes = [
            translate(
                scale(shape, factor, factor, origin=origin),
                centre[0] - origin[0],
                centre[1] - origin[1],
            )
            for shape in local
        ]
        moved.loc[rows, "geometry"] = gpd.GeoSeries(shapes, index=local.index, crs=MAP_CRS)
    return moved


def _inhabited(shape: Any) -> Any:
    parts = [
        part for part in shapely.get_parts(shape) if part.bounds[0] > _WEST_OF_INHABITED_HAWAII
    ]
    return shapely.union_all(parts) if parts else shape


def _require_columns(areas: gpd.GeoDataFrame, *, where: str) -> None:
    for name in (*AREA_COLUMNS, "geometry"):
        if name not in areas.columns:
            raise InputError.unknown("column", name, map(str, areas.columns), where=where)
