"""Rows and texts of the Places page."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.geography.codes import match_areas
from fusion_core.geography.definitions import boundary_census
from fusion_core.geography.levels import level_words
from fusion_core.geography.local_context import as_spatial_table
from fusion_core.geography.spatial import PUMA
from fusion_core.places.overview import StoredTable
from harmony_app.places.map_picture import CLASSES, picture, stored_paths
from harmony_app.places.parts import place_part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_core.geography.spatial import SpatialTable
    from fusion_core.places.overview import Finding, StoredBoundaries, StoredContext
    from fusion_core.workspace.layout import Workspace

CONTEXT: Final = "context/"
"""What the addresses of local contexts begin with; no spatial table can be named so."""
BOUNDARY_COLUMNS: Final = [
    {"key": "kind", "title": "Boundaries", "width": "minmax(90px, 1fr)", "kind": "strong"},
    {"key": "census", "title": "Census", "width": "90px"},
    {"key": "areas", "title": "Areas", "width": "70px", "align": "right"},
]
TABLE_COLUMNS: Final = [
    {"key": "table", "title": "Spatial table", "width": "minmax(104px, 1fr)", "kind": "strong"},
    {"key": "census", "title": "Census", "width": "76px"},
    {"key": "vintage", "title": "Vintage", "width": "84px"},
    {"key": "predictors", "title": "Predictors", "width": "74px", "align": "right"},
    {"key": "covers", "title": "Covers", "width": "66px", "align": "right"},
]
CONTEXT_COLUMNS: Final = [
    {"key": "context", "title": "Local context", "width": "minmax(104px, 1fr)", "kind": "strong"},
    {"key": "donor", "title": "Donor", "width": "minmax(76px, 0.7fr)"},
    {"key": "vintage", "title": "Vintage", "width": "84px"},
    {"key": "classes", "title": "Classes", "width": "74px", "align": "right"},
]
PREDICTOR_COLUMNS: Final = [
    {"key": "name", "title": "Predictor", "width": "minmax(110px, 1fr)", "kind": "mono"},
    {"key": "words", "title": "Meaning", "width": "minmax(0, 1.6fr)"},
    {"key": "pumas", "title": "PUMAs", "width": "96px", "align": "right"},
    {"key": "covers", "title": "Covers", "width": "62px", "align": "right"},
]


def boundary_rows(stored: list[StoredBoundaries]) -> list[dict[str, Any]]:
    """List the boundaries."""
    return [
        {
            "id": item.kind,
            "kind": level_words(item.kind),
            "census": "damaged" if item.problem else item.census or "unknown",
            "areas": f"{item.areas:,}",
        }
        for item in stored
    ]


def table_rows(stored: list[StoredTable]) -> list[dict[str, Any]]:
    """List the spatial tables."""
    rows = []
    for item in stored:
        if item.table is None:
            rows.append({"id": item.name, "table": item.name, "census": "damaged"})
            continue
        shares = [entry.share for entry in item.table.coverage.values()]
        rows.append(
            {
                "id": item.name,
                "table": item.name,
                "census": item.table.census or "unknown",
                "vintage": item.table.vintage,
                "predictors": f"{len(item.table.predictors):,}",
                "covers": _share(min(shares)) if shares else "–",
            }
        )
    return rows


def context_rows(stored: list[StoredContext]) -> list[dict[str, Any]]:
    """List the local contexts."""
    return [
        {"id": CONTEXT + item.name, "context": item.name, "donor": "damaged"}
        if item.context is None
        else {
            "id": CONTEXT + item.name,
            "context": item.name,
            "donor": item.context.donor.title,
            "vintage": item.context.vintage or "–",
            "classes": f"{len(item.context.classes)}",
        }
        for item in stored
    ]


def with_contexts(tables: list[StoredTable], contexts: list[StoredContext]) -> list[StoredTable]:
    """Put beside the spatial tables what local contexts say of PUMAs: the share of each class."""
    return [
        *tables,
        *(
            StoredTable(
                CONTEXT + item.name,
                None if item.context is None else as_spatial_table(item.context),
                item.problem,
            )
            for item in contexts
        ),
    ]


def predictor_rows(table: SpatialTable) -> list[dict[str, Any]]:
    """List the predictors of a table, each with how many PUMAs have a value."""
    rows = []
    for name in table.predictors:
        coverage = table.coverage.get(name)
        there = int(table.data[name].notna().sum())
        unit = table.units.get(name, "")
        words = table.columns.get(name, "")
        rows.append(
            {
                "id": name,
                "name": name,
                "words": f"{words}, {unit}" if words and unit else words or unit,
                "pumas": f"{there:,} of {len(table.data):,}",
                "covers": _share(coverage.share) if coverage else "–",
            }
        )
    return rows


def findings_html(findings: list[Finding]) -> str:
    """Say what does not fit the surveys."""
    return place_part("findings", findings)


def boundaries_html(workspace: Workspace, kind: str) -> str:
    """Draw the boundaries of a kind."""
    areas, height = stored_paths(workspace, kind)
    hints = [f"{name} ({code})" for code, name in zip(areas["area_id"], areas["name"], strict=True)]
    drawn = picture(areas, height, [None] * len(areas), hints)
    return place_part("boundaries", level_words(kind), len(areas), drawn)


def table_html(workspace: Workspace, table: SpatialTable, predictor: str, *, drawn: bool) -> str:
    """Draw a predictor, and count the areas without a value and the values without an area."""
    unit, made = table.units.get(predictor, ""), table.made.get(predictor, "")
    words = table.columns.get(predictor, "") or predictor
    about = f"{words}{f', {unit}' if unit else ''}{f' ({made})' if made else ''}"
    census = boundary_census(workspace) if drawn else ""
    remark, kind, drawing = "", "sub", _Drawing()
    if not drawn:
        remark = "Add PUMA boundaries to see it on a map."
    elif census and table.census and census != table.census:
        kind = "count"
        remark = (
            f"The table holds PUMAs of the {table.census} census and the boundaries are those of"
            f" {census}, whose equal codes are different areas: it is not drawn."
        )
    else:
        drawing = _drawing(workspace, table.data.set_index(PUMA)[predictor])
    return place_part(
        "table",
        table.title,
        about,
        remark,
        kind,
        drawing.picture,
        drawing.keys,
        drawing.counts,
        table.source,
        table.notes,
    )


@dataclass(frozen=True)
class _Drawing:
    """A predictor on the map, its classes, and what is missing."""

    picture: str = ""
    keys: Sequence[tuple[int, str]] = ()
    counts: Sequence[str] = ()


def _drawing(workspace: Workspace, values: pd.Series[Any]) -> _Drawing:
    areas, height = stored_paths(workspace, "puma")
    drawn_as = match_areas(values.index, areas.assign(name=areas["area_id"]))
    by_area = values.rename(index=drawn_as).reindex(areas["area_id"])
    classes, keys = _classes(by_area)
    hints = [
        f"{name} ({code}): {_value(value)}"
        for code, name, value in zip(areas["area_id"], areas["name"], by_area, strict=True)
    ]
    without = int(by_area.isna().sum())
    undrawn = sum(code not in drawn_as for code in values.dropna().index)
    counts = [f"{without:,} of {len(areas):,} areas have no value (hatched)." if without else ""]
    counts.append(f"{undrawn:,} PUMAs with a value have no boundaries." if undrawn else "")
    told = [text for text in counts if text]
    return _Drawing(picture(areas, height, classes, hints), keys, told)


def _classes(values: pd.Series[Any]) -> tuple[list[int | None], list[tuple[int, str]]]:
    """Sort values into five classes of equally many areas; categories keep their own order."""
    if isinstance(values.dtype, pd.CategoricalDtype) or not pd.api.types.is_numeric_dtype(values):
        levels = sorted({str(value) for value in values.dropna()})
        place = {level: number % CLASSES for number, level in enumerate(levels)}
        keys = [(place[level], level) for level in levels]
        return [place[str(v)] if pd.notna(v) else -1 for v in values], keys
    numbers = values.to_numpy(float)
    known = numbers[np.isfinite(numbers)]
    if not len(known):
        return [-1] * len(numbers), []
    edges = np.unique(np.quantile(known, np.linspace(0, 1, CLASSES + 1)))
    inner = edges[1:-1]
    classes: list[int | None] = [
        int(np.searchsorted(inner, number, side="right")) if np.isfinite(number) else -1
        for number in numbers
    ]
    keys = [
        (number, f"{_value(low)} – {_value(high)}")
        for number, (low, high) in enumerate(itertools.pairwise(edges))
    ]
    return classes, keys


def _value(value: Any) -> str:
    if isinstance(value, str):
        return value
    if pd.isna(value):
        return "no value"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.4g}"  # noqa: PLR2004 - longer are read in thousands


def _share(share: float) -> str:
    return f"{100 * share:.1f} %"
