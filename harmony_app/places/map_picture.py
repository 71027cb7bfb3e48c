"""A small map of areas as SVG: outlines, or the values of a predictor in five classes."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from fusion_core.geography.boundaries import areas_path, read_areas
from harmony_app.places.parts import place_part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_core.workspace.layout import Workspace

WIDTH: Final = 900
CLASSES: Final = 5
_HALF_A_PIXEL: Final = 0.5


@lru_cache(maxsize=4)
def area_paths(workspace: Workspace, kind: str, changed: int) -> tuple[pd.DataFrame, int]:
    """Return `area_id`, `name` and `path` (SVG) of the areas, and the height of the picture.

    `changed` makes a replaced file a new entry.
    """
    del changed
    areas = read_areas(workspace, kind)
    west, south, east, north = areas.total_bounds
    scale = WIDTH / max(east - west, 1.0)
    height = max(1, round((north - south) * scale))

    def to_picture(points: Any) -> Any:
        return np.column_stack([(points[:, 0] - west) * scale, (north - points[:, 1]) * scale])

    shapes = shapely.simplify(
        shapely.transform(areas.geometry.to_numpy(), to_picture), _HALF_A_PIXEL
    )
    paths = [_path(shape) for shape in shapes]
    frame = pd.DataFrame({"area_id": areas["area_id"], "name": areas["name"], "path": paths})
    return frame, height


def stored_paths(workspace: Workspace, kind: str) -> tuple[pd.DataFrame, int]:
    """Return the areas of a kind as `area_paths`, read only when the file has changed."""
    path = areas_path(workspace, kind)
    return area_paths(workspace, kind, path.stat().st_mtime_ns if path.exists() else 0)


def picture(
    areas: pd.DataFrame, height: int, classes: Sequence[int | None], hints: Sequence[str]
) -> str:
    """Draw areas.

    Parameters
    ----------
    areas, height
        As `area_paths` returns them.
    classes
        Class of each area, 0 to 4; -1 for an area without a value, ``None`` for a mere outline.
    hints
        What an area says when pointed at.
    """
    shapes = [
        (path, _CSS[number], hint)
        for path, number, hint in zip(areas["path"], classes, hints, strict=True)
        if path
    ]
    return place_part("map", shapes, WIDTH, height)


_CSS: Final[dict[int | None, str]] = {
    None: "plain",
    -1: "none",
    0: "c0",
    1: "c1",
    2: "c2",
    3: "c3",
    4: "c4",
}


def _path(shape: Any) -> str:
    text = []
    for part in shapely.get_parts(shape):
        if part.geom_type != "Polygon" or part.is_empty:
            continue
        for ring in (part.exterior, *part.interiors):
            points = np.rint(shapely.get_coordinates(ring) * 10).astype(int)
            text.append("M" + "L".join(f"{x / 10:g} {y / 10:g}" for x, y in points[:-1]) + "Z")
    return "".join(text)
