"""`harmony harmonies export`: harmonies as a file for fusionData, scripts, spreadsheets or people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fusion_core.cli.options import (
    JsonOption,
    WorkspaceOption,
    check_target,
    choose_pair,
    open_workspace,
    read_pair,
    split_list,
    user_name,
)
from fusion_core.cli.output import Output, show_path
from fusion_core.errors import InputError
from fusion_core.summaries import counted

if TYPE_CHECKING:
    from rich.console import Console

    from fusion_core.harmony.exchange import Exported, NotExported
    from fusion_core.harmony.model import SurveyPair
    from fusion_core.workspace.layout import Workspace

LEFT_OUT: Final = 1


def export_harmonies(
    *,
    pair: Annotated[
        str,
        typer.Option(
            "--pair",
            metavar="PAIR",
            help="Such as RECS_2015__ACS_2015.",
            show_default="the only one with harmonies",
        ),
    ] = "",
    every: Annotated[
        bool, typer.Option("--all", help="All pairs, one file each, into the folder --out.")
    ] = False,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="R|json|csv|html",
            help="For fusionData, without loss, for a spreadsheet, or as printable documentation.",
        ),
    ] = "R",
    out: Annotated[
        Path, typer.Option("--out", metavar="PATH", help="File, or a folder for it.")
    ] = Path(),
    keys: Annotated[
        list[str] | None,
        typer.Option("--key", metavar="KEY", help="Only this harmony; may be repeated."),
    ] = None,
    findings: Annotated[
        bool, typer.Option("--findings", help="Print the checker's findings in documentation.")
    ] = False,
    shares: Annotated[
        bool, typer.Option(help="Print weighted shares and similarity in documentation.")
    ] = True,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Export harmonies to a file, or those of all pairs to one file each.

    What the format cannot express is reported per harmony. The exit code is 1 when a harmony, or a
    pair, had to be left out.
    """
    from fusion_core.harmony.exchange import ExportOrder, export_pairs, parse_format
    from fusion_core.workspace.files import write_text

    wanted_form = parse_format(form)
    opened = open_workspace(workspace)
    order = ExportOrder(
        wanted_form, opened.title, user_name(), with_shares=shares, with_findings=findings
    )
    wanted = _wanted(opened, pair, split_list(keys), every=every)
    if every and not out.is_dir():
        raise InputError("--all writes one file per pair", where=str(out), fix="Give a folder")
    output = Output(json)
    with output.progress() as progress:
        files, failed = export_pairs(
            opened.path,
            wanted,
            order,
            lambda survey: opened.stored_survey(survey) if opened.has_survey(survey) else None,
            progress=progress,
        )
    paths = [out / item.name if out.is_dir() else out for item in files]
    for path, exported in zip(paths, files, strict=True):
        check_target(opened, path)
        write_text(exported.text, path)
    left_out = bool(failed) or any(item.left_out for file in files for item in file.remarks)
    written = list(zip(paths, files, strict=True))
    output.result(
        _record(written, failed, every=every), lambda console: _show(console, written, failed)
    )
    if left_out:
        raise typer.Exit(LEFT_OUT)


def _wanted(
    workspace: Workspace, pair: str, keys: list[str], *, every: bool
) -> dict[SurveyPair, list[str] | None]:
    """Return the pairs to export, and which of their harmonies."""
    from fusion_core.harmony.store import list_pairs

    if not every:
        chosen = read_pair(workspace, pair) if pair else choose_pair(workspace, "", "")
        return {chosen: keys or None}
    if pair or keys:
        raise InputError("--all goes with neither --pair nor --key", fix="Leave one of them out")
    pairs = list_pairs(workspace.path)
    if not pairs:
        raise InputError("No pair has harmonies yet", fix="Save one first")
    return dict.fromkeys(pairs)


def _record(
    written: list[tuple[Path, Exported]], failed: list[NotExported], *, every: bool
) -> dict[str, object]:
    files = [
        {
            "file": str(path),
            "format": exported.form,
            "pair": str(exported.pair),
            "harmonies": exported.harmonies,
            "remarks": exported.remarks,
        }
        for path, exported in written
    ]
    if not every:
        return files[0]
    return {"files": files, "failed": [{"pair": str(i.pair), "reason": i.sentence} for i in failed]}


def _show(
    console: Console, written: list[tuple[Path, Exported]], failed: list[NotExported]
) -> None:
    for path, exported in written:
        for remark in exported.remarks:
            console.print(str(remark), markup=False)
        count = exported.harmonies - sum(remark.left_out for remark in exported.remarks)
        console.print(
            f"{counted(count, 'harmony', 'harmonies')} of {exported.pair.title} written to {show_path(path)}",
            markup=False,
        )
    for item in failed:
        console.print(str(item), markup=False)


__all__ = ["export_harmonies"]
