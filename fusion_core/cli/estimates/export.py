"""`harmony export`: estimates, or the implicates themselves, as a file other programs read."""

from __future__ import annotations

import json as json_text
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fusion_core.cli.estimates.estimate import (
    AboveOption,
    BelowOption,
    ByOption,
    ConditionOption,
    ConfidenceOption,
    ExpressionOption,
    LevelOption,
    MethodOption,
    PerOption,
    QuantileOption,
    StatisticOption,
    VariableOption,
    WhereOption,
    WithinOption,
)
from fusion_core.cli.estimates.statistics import (
    Wish,
    area_notes,
    chosen_fusion,
    estimates_of,
    read_by,
)
from fusion_core.cli.options import (
    JsonOption,
    WorkspaceOption,
    check_target,
    open_workspace,
    split_list,
)
from fusion_core.cli.output import Output, show_path
from fusion_core.errors import InputError
from fusion_core.estimates.margins import FRECHET_COLUMNS
from fusion_core.spreadsheets import csv_text

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from fusion_core.fusion import ImplicateFolder
    from fusion_core.workspace.combinations import Combination
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run

_FORMATS = ("parquet", "csv", "geojson", "xlsx")
_KEPT = ("estimate", "moe", "cv", "n", "reliability", "assumption", *FRECHET_COLUMNS)
_EXCEL_ROWS = 1_048_576


def export(
    *,
    to: Annotated[Path, typer.Option(metavar="FILE", help="File to write; replaced if there.")],
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help="A run: its id, the start of it, or 'latest'; or a combination of runs.",
        ),
    ] = "latest",
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            help="parquet, csv, geojson or xlsx.",
            show_default="the ending of the file",
        ),
    ] = "",
    implicates: Annotated[
        bool,
        typer.Option(
            "--implicates",
            help="Instead of estimates, write the recipient's households with their implicates "
            "(parquet or csv): id, weight, geography, implicate, and the variables named or all.",
        ),
    ] = False,
    wide: Annotated[
        bool,
        typer.Option(
            "--wide",
            help="With --implicates: one row per household, implicates side by side, instead of "
            "one row per household and implicate.",
        ),
    ] = False,
    variable: VariableOption = None,
    statistic: StatisticOption = "",
    level: LevelOption = "",
    above: AboveOption = None,
    below: BelowOption = None,
    quantile: QuantileOption = None,
    per: PerOption = "",
    condition: ConditionOption = "",
    expression: ExpressionOption = "",
    by: ByOption = None,
    where: WhereOption = "",
    within: WithinOption = "",
    confidence: ConfidenceOption = 0.90,
    method: MethodOption = "replicates",
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Write estimates of a run to a file, or its implicates.

    With --implicates, --level keeps the rows in which the one --variable has this level. Examples:

    harmony export latest --variable insecure --format geojson --to insecure.geojson

    harmony export latest --implicates --variable insecure --to insecure.csv
    """
    opened = open_workspace(workspace)
    chosen = chosen_fusion(opened, run)
    check_target(opened, to)
    kind = _format(format_, to)
    notes: list[str] = []
    if implicates:
        rows = _write_implicates(
            opened, chosen, kind, to, variables=split_list(variable), level=level, wide=wide
        )
    else:
        wish = Wish(
            variables=tuple(variable or ()),
            statistic=statistic,
            level=level,
            above=above,
            below=below,
            quantile=quantile,
            per=per,
            by=read_by(by),
            where=where,
            within=within,
            confidence=confidence,
            method=method,
            condition=condition,
            expression=expression,
        )
        frame = estimates_of(opened, chosen, wish)
        areas = wish.by[0] if len(wish.by) == 1 else ""
        _write(opened, chosen, frame, kind, to, areas=areas)
        rows = len(frame)
        notes = area_notes(opened, chosen, frame, wish.by)
    record = {"file": str(to), "format": kind, "rows": rows, "run": chosen.id, "notes": notes}

    def show(console: Console) -> None:
        for line in (f"{rows:,} rows are in {show_path(to)}", *notes):
            console.print(line, markup=False)

    Output(json).result(record, show)


def _format(text: str, to: Path) -> str:
    kind = text or to.suffix.lstrip(".").lower()
    if kind not in _FORMATS:
        if not text:
            raise InputError(
                f"The file name '{to.name}' does not say which format is meant",
                fix="Name it with --format: parquet, csv, geojson or xlsx",
            )
        raise InputError.unknown("format", text, _FORMATS)
    return kind


def _write_implicates(
    workspace: Workspace,
    source: Run | Combination,
    kind: str,
    to: Path,
    *,
    variables: list[str],
    level: str,
    wide: bool,
) -> int:
    """Write recipient households with their implicates; returns the number of rows."""
    from fusion_core.fusion import export_implicates
    from fusion_core.geography.spatial import PUMA
    from fusion_core.prepare.storage import RECIPIENT_FILE
    from fusion_core.surveys.model import HOUSEHOLD_KEY, WEIGHT
    from fusion_core.workspace.combinations import Combination
    from fusion_core.workspace.tables import read_table_outline

    if kind not in {"csv", "parquet"}:
        raise InputError(
            "There are too many implicates for a spreadsheet or a map",
            fix="Choose --format parquet or csv",
        )
    # The households of a combination are in the order of its first run.
    run = source.runs(workspace)[0] if isinstance(source, Combination) else source
    recipient = run.input_folder / RECIPIENT_FILE
    areas = (*workspace.describe(run.spec().pair.recipient).geography, PUMA)
    with _open_implicates(workspace, source, variables) as implicates:
        _, known = read_table_outline(recipient, what="The prepared input", fix="Start a new run")
        kept = dict.fromkeys(name for name in areas if name in known)
        return export_implicates(
            implicates,
            to,
            kind="csv" if kind == "csv" else "parquet",
            recipient=recipient,
            columns=[HOUSEHOLD_KEY, WEIGHT, *kept],
            variables=variables or None,
            level=level,
            wide=wide,
        )


@contextmanager
def _open_implicates(
    workspace: Workspace, source: Run | Combination, variables: list[str]
) -> Iterator[ImplicateFolder]:
    """Open the implicates of a run; those of a combination are put together first."""
    from fusion_core.fusion import open_implicates
    from fusion_core.fusion.implicates import MANIFEST
    from fusion_core.workspace.combinations import Combination

    if isinstance(source, Combination):
        from tempfile import TemporaryDirectory

        from fusion_core.estimates import EstimateCache
        from fusion_core.fusion import Implicates, write_implicates

        joint = EstimateCache().source(workspace, source).implicates
        names = variables or (() if joint is None else joint.names)
        with TemporaryDirectory(prefix=".harmony-") as folder:
            found = {name: joint[name] for name in names} if joint is not None else {}
            write_implicates(Implicates(found), Path(folder) / "implicates")
            yield open_implicates(Path(folder) / "implicates")
        return
    if not (source.implicates_folder / MANIFEST).exists():
        raise InputError(
            "The run has no fused data yet",
            where=source.id,
            fix=f"Wait until it finishes, or resume it with `harmony fuse --resume {source.id}`",
        )
    yield open_implicates(source.implicates_folder)


def _write(
    workspace: Workspace,
    run: Run | Combination,
    frame: pd.DataFrame,
    kind: str,
    to: Path,
    *,
    areas: str,
) -> None:
    from fusion_core.workspace.files import replace_file, write_text

    if kind == "geojson":
        write_text(_geojson(workspace, run, frame, areas), to)
        return
    write_by_kind: dict[str, Callable[[Path], Any]] = {
        "parquet": lambda path: frame.to_parquet(path, index=False, compression="zstd"),
        "csv": lambda path: path.write_text(csv_text(frame), encoding="utf-8", newline=""),
        "xlsx": lambda path: _write_xlsx(workspace, run, frame, path),
    }
    if kind == "xlsx" and len(frame) >= _EXCEL_ROWS:
        raise InputError(
            "A spreadsheet cannot hold that many rows", fix="Choose --format parquet or csv"
        )
    with replace_file(to) as temporary:
        write_by_kind[kind](temporary)


def _geojson(workspace: Workspace, run: Run | Combination, frame: pd.DataFrame, areas: str) -> str:
    """Return one feature per area; every estimate is a set of flat properties, as GIS want it."""
    from fusion_core.estimates.runs import recipient_of
    from fusion_core.geography.boundaries import has_areas, read_areas
    from fusion_core.geography.codes import match_areas
    from fusion_core.geography.definitions import check_definitions

    if not areas or not has_areas(workspace, areas):
        raise InputError(
            "GeoJSON needs estimates by one kind of area with boundaries",
            fix="Leave --by out for PUMAs, or choose another format",
        )
    check_definitions(workspace, workspace.describe(recipient_of(workspace, run)), areas)
    shapes = read_areas(workspace, areas).to_crs("EPSG:4326")
    codes = match_areas(frame[areas], shapes)
    values: dict[str, dict[str, Any]] = {}
    for row in frame.to_dict("records"):
        has_level = isinstance(row["level"], str) and row["level"]
        level = f"={row['level']}" if has_level else ""
        prefix = f"{row['statistic']}:{row['variable']}{level}"
        mine = values.setdefault(codes.get(str(row[areas]), ""), {})
        mine |= {f"{prefix} {name}": row[name] for name in _KEPT if name in row}
    from fusion_core.cli.output import plain

    collection = json_text.loads(shapes.to_json())
    for feature in collection["features"]:
        feature["properties"] |= plain(values.get(feature["properties"]["area_id"], {}))
    collection |= {"name": f"{workspace.title}", "synthetic": workspace.synthetic}
    return json_text.dumps(collection, ensure_ascii=False)


def _write_xlsx(
    workspace: Workspace, run: Run | Combination, frame: pd.DataFrame, path: Path
) -> None:
    """Write a sheet of estimates and one that says where they come from."""
    from openpyxl import Workbook

    from fusion_core.cli.output import plain
    from fusion_core.execution.methods import methods_note

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "estimates"
    about = book.create_sheet("about")
    lines = [[line] for line in methods_note(workspace, run).splitlines()]
    for target, rows in (
        (sheet, [list(frame.columns), *frame.to_numpy().tolist()]),
        (about, lines),
    ):
        for position, row in enumerate(rows, start=1):
            for column, value in enumerate(row, start=1):
                cell = target.cell(position, column, plain(value))
                # A label such as "=1+1" is text a survey used, never a formula.
                if isinstance(cell.value, str):
                    cell.data_type = "s"
    sheet.freeze_panes = "A2"
    book.save(path)
