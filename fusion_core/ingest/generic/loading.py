"""Load a table of any supported format, with what the format itself says about its columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pandas as pd

from fusion_core.arguments import PathLike
from fusion_core.errors import InputError
from fusion_core.ingest.generic.codebook import CodebookEntry
from fusion_core.ingest.tables import (
    FileProblemsError,
    Layout,
    Problem,
    RawTable,
    read_parquet,
    read_raw_table,
    require_content,
    typed_table,
    with_plain_numbers,
)
from fusion_core.records import Checked

TEXT_FORMATS: Final = (".csv", ".tsv", ".tab", ".txt", ".gz", ".zip")
STATISTICAL_FORMATS: Final = {
    ".dta": ("Stata", "read_dta"),
    ".sav": ("SPSS", "read_sav"),
    ".zsav": ("SPSS", "read_sav"),
    ".por": ("SPSS", "read_por"),
    ".sas7bdat": ("SAS", "read_sas7bdat"),
    ".xpt": ("SAS", "read_xport"),
}
WORKBOOKS: Final = (".xlsx", ".xlsm")
FORMATS: Final = (*TEXT_FORMATS, *WORKBOOKS, ".parquet", *STATISTICAL_FORMATS)


@dataclass(frozen=True)
class LoadedTable(Checked):
    """A table as texts, and what its format says about the columns.

    Attributes
    ----------
    raw
        The columns as texts (see `fusion_core.ingest.tables.raw_table`).
    known
        Descriptions and labels stored in the file itself, by lower-case column name.
    """

    raw: RawTable
    known: dict[str, CodebookEntry] = field(default_factory=dict)


def load_table(path: PathLike, *, layout: Layout | None = None) -> LoadedTable:
    """Load a CSV, Excel, Parquet, Stata, SPSS or SAS file.

    Parameters
    ----------
    path
        The file.
    layout
        What a person says of how it is written; the rest is found.

    Raises
    ------
    FileProblemsError
        If the file is empty, damaged or not of the format its name says.
    InputError
        If there is no such file or its format is not supported.
    """
    path, layout = require_content(path), layout or Layout()
    encoding = layout.encoding
    if not is_text_encoding(encoding):
        raise InputError(
            f"There is no text encoding '{encoding}'", fix="Try utf-8, cp1252 or latin-1"
        )
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return _from_frame(path, read_parquet(path))
    if suffix in STATISTICAL_FORMATS:
        return _from_statistical_package(path, encoding)
    if suffix not in {*TEXT_FORMATS, *WORKBOOKS}:
        raise InputError(
            f"Files ending in '{suffix}' cannot be read",
            where=str(path),
            fix="Use CSV, ZIP, Excel (.xlsx), Parquet, Stata (.dta), SPSS (.sav) or SAS (.sas7bdat, .xpt)",
        )
    return LoadedTable(with_plain_numbers(read_raw_table(path, layout=layout), layout.decimal))


def _from_frame(path: Path, frame: pd.DataFrame) -> LoadedTable:
    known = {}
    for name in frame.columns:
        dtype = frame[name].dtype
        if isinstance(dtype, pd.CategoricalDtype):
            labels = {str(level): str(level) for level in dtype.categories}
            kind = "ordered" if dtype.ordered else "nominal"
            known[str(name).lower()] = CodebookEntry(
                str(name), type="ordered" if kind == "ordered" else "nominal", labels=labels
            )
    return LoadedTable(typed_table(path, frame), known)


def _from_statistical_package(path: Path, encoding: str) -> LoadedTable:
    import pyreadstat

    package, function = STATISTICAL_FORMATS[path.suffix.lower()]
    options = {} if encoding == "utf-8" else {"encoding": encoding}
    try:
        frame, metadata = getattr(pyreadstat, function)(str(path), **options)
    except (pyreadstat.ReadstatError, UnicodeDecodeError) as error:
        raise FileProblemsError(
            (
                Problem(
                    f"The {package} file cannot be read: {error}",
                    path.name,
                    fix=f"Save it again from {package}, or choose its encoding",
                ),
            )
        ) from error
    if frame.empty:
        raise FileProblemsError(
            (Problem("The file has no rows", path.name, fix="Save it again with its data"),)
        )
    descriptions = dict(zip(metadata.column_names, metadata.column_labels, strict=True))
    known = {}
    for name in metadata.column_names:
        labels = metadata.variable_value_labels.get(name, {})
        known[name.lower()] = CodebookEntry(
            name=name,
            description=descriptions.get(name) or "",
            labels={_code_text(code): str(label) for code, label in labels.items()},
        )
    return LoadedTable(typed_table(path, frame), known)


def _code_text(code: Any) -> str:
    return str(int(code)) if isinstance(code, float) and code.is_integer() else str(code).strip()


def is_text_encoding(name: str) -> bool:
    """Whether there is an encoding of text of this name; Python has others, such as ``hex``."""
    try:
        b"id".decode(name, "replace")
    except (LookupError, ValueError):
        return False
    return True
