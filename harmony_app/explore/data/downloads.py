"""Files a visitor takes away: the table as CSV, XLSX, Parquet or GeoJSON, always with its note."""

from __future__ import annotations

import io
import itertools
import json
import re
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from fusion_core.calibration import CALIBRATION_COLUMNS
from fusion_core.spreadsheets import csv_text, guarded_comments
from harmony_app.explore.map import SECOND, SMOOTHED_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    from harmony_app.explore.data.method_note import MethodNote

EXPORTED: Final = (
    "year",
    "area_id",
    "name",
    "n",
    "estimate",
    "moe",
    "lower",
    "upper",
    "standard_error",
    "cv",
    "reliability",
    "assumption",
    "class",
    *(f"{SECOND}{name}" for name in ("n", "estimate", "moe", "lower", "upper", "cv", "class")),
    "class_unsure",
    *SMOOTHED_COLUMNS,
    "allocated",
    "external",
    "external_moe",
    "difference",
    "within_moe",
    "change",
    "change_moe",
    "p_adjusted",
    "changed",
    *CALIBRATION_COLUMNS,
)


def export_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns a download holds, in reading order."""
    return table[[name for name in EXPORTED if name in table.columns]]


def as_csv(table: pd.DataFrame, note: MethodNote, frame: gpd.GeoDataFrame) -> bytes:
    """Return a CSV file; the note stands above the header in comment lines."""
    del frame
    comments = guarded_comments(note.text().splitlines())
    return (comments + csv_text(export_table(table))).encode()


def as_xlsx(table: pd.DataFrame, note: MethodNote, frame: gpd.GeoDataFrame) -> bytes:
    """Return a workbook with the sheets ``estimates`` and ``note``."""
    del frame
    buffer = io.BytesIO()
    with pd.ExcelWriter(buffer, engine="openpyxl") as writer:
        export_table(table).to_excel(writer, sheet_name="estimates", index=False)
        lines = pd.DataFrame({"note": note.text().splitlines()})
        lines.to_excel(writer, sheet_name="note", index=False, header=False)
        for cell in itertools.chain.from_iterable(
            cell for sheet in writer.sheets.values() for cell in sheet.iter_rows()
        ):
            if cell.data_type == "f":  # a label such as "=1+1" is a survey's text, never a formula
                cell.data_type = "s"
        sheet = writer.sheets["estimates"]
        sheet.freeze_panes = "A2"
        sheet.column_dimensions["B"].width = 44
    return buffer.getvalue()


def as_parquet(table: pd.DataFrame, note: MethodNote, frame: gpd.GeoDataFrame) -> bytes:
    """Return a Parquet file with the note in its metadata under ``note``."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    del frame
    content = pa.Table.from_pandas(export_table(table), preserve_index=False)
    metadata = {**(content.schema.metadata or {}), b"note": note.text().encode()}
    buffer = io.BytesIO()
    pq.write_table(content.replace_schema_metadata(metadata), buffer, compression="zstd")
    return buffer.getvalue()


def as_geojson(table: pd.DataFrame, note: MethodNote, frame: gpd.GeoDataFrame) -> bytes:
    """Return a GeoJSON file in longitude and latitude (RFC 7946), the note as a member of its own."""
    shapes = frame[["area_id", "geometry"]].to_crs("EPSG:4326")
    joined = shapes.merge(export_table(table), on="area_id", how="left")
    content: dict[str, Any] = json.loads(joined.to_json(drop_id=True))
    content.pop("crs", None)
    return json.dumps({**content, "note": note.text()}, ensure_ascii=False).encode()


FORMATS: Final[
    dict[str, tuple[str, Callable[[pd.DataFrame, MethodNote, gpd.GeoDataFrame], bytes]]]
] = {
    "CSV": ("csv", as_csv),
    "XLSX": ("xlsx", as_xlsx),
    "Parquet": ("parquet", as_parquet),
    "GeoJSON": ("geojson", as_geojson),
}


def file_stem(title: str, area_kind: str) -> str:
    """Return a file name without extension that says what is inside."""
    words = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    by = re.sub(r"[^a-z0-9_]+", "-", area_kind.lower()).strip("-")
    return f"{words[:60].rstrip('-') or 'estimates'}-by-{by}"
