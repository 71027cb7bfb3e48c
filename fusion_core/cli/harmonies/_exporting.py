"""`harmony harmonies export`: harmonies as a file for fusionData, scripts, spreadsheets or people."""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import version
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
    from collections.abc import Callable

    from rich.console import Console

    from fusion_core.harmony.exchange import DocumentFacts, Exported, Format
    from fusion_core.harmony.model import HarmonySet
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
    """Export harmonies to a file.

    What the format cannot express is reported per harmony. The exit code is 1 when a harmony had
    to be left out.
    """
    from fusion_core.harmony.exchange import export_harmonies as export
    from fusion_core.harmony.exchange import parse_format
    from fusion_core.harmony.store import HarmonyStore
    from fusion_core.workspace.files import write_text

    wanted = parse_format(form)
    opened = open_workspace(workspace)
    chosen = read_pair(opened, pair) if pair else choose_pair(opened, "", "")
    harmonies = _selected(HarmonyStore(opened.path, chosen).load(), split_list(keys))
    output = Output(json)
    with output.progress() as progress:
        facts = _facts(
            opened, harmonies, wanted, progress=progress, shares=shares, findings=findings
        )
    exported = export(harmonies, wanted, facts)
    path = out / exported.name if out.is_dir() else out
    check_target(opened, path)
    write_text(exported.text, path)
    record = {
        "file": str(path),
        "format": wanted,
        "pair": str(chosen),
        "harmonies": len(harmonies.harmonies),
        "remarks": exported.remarks,
    }
    output.result(record, lambda console: _show(console, path, harmonies, exported))
    if any(remark.left_out for remark in exported.remarks):
        raise typer.Exit(LEFT_OUT)


def _selected(harmonies: HarmonySet, keys: list[str]) -> HarmonySet:
    from fusion_core.harmony.model import HarmonySet

    known = [item.key for item in harmonies.harmonies]
    for key in keys:
        if key not in known:
            raise InputError.unknown("harmony", key, known, where=harmonies.pair.title)
    if not keys:
        return harmonies
    return HarmonySet(
        harmonies.pair, tuple(item for item in harmonies.harmonies if item.key in keys)
    )


def _facts(
    workspace: Workspace,
    harmonies: HarmonySet,
    form: Format,
    *,
    progress: Callable[[float, str], None],
    shares: bool,
    findings: bool,
) -> DocumentFacts:
    """Gather what the format shows; a survey the workspace lacks is described by its name alone."""
    from fusion_core.harmony.checks import sibling_sets
    from fusion_core.harmony.exchange import (
        DocumentFacts,
        Provenance,
        SurveyFacts,
        preview_harmonies,
        survey_facts,
    )
    from fusion_core.harmony.model import SIDES

    pair = harmonies.pair
    surveys = {
        name: workspace.stored_survey(survey)
        for name, survey in zip(SIDES, (pair.donor, pair.recipient), strict=True)
        if workspace.has_survey(survey)
    }
    previews = {}
    if form == "html" and (shares or findings) and len(surveys) == len(SIDES):
        previews = preview_harmonies(
            harmonies,
            surveys["donor"],
            surveys["recipient"],
            others=sibling_sets(workspace.path, pair),
            progress=progress,
        )
    known = {name: survey_facts(survey) for name, survey in surveys.items()}
    return DocumentFacts(
        Provenance(
            workspace.title,
            datetime.now().astimezone().isoformat(timespec="minutes"),
            user_name(),
            version("survey-harmonization-tool"),
        ),
        dict.fromkeys(SIDES, SurveyFacts()) | known,
        previews,
        with_shares=shares,
        with_findings=findings,
    )


def _show(console: Console, path: Path, harmonies: HarmonySet, exported: Exported) -> None:
    for remark in exported.remarks:
        console.print(str(remark), markup=False)
    left_out = sum(remark.left_out for remark in exported.remarks)
    count = len(harmonies.harmonies) - left_out
    console.print(
        f"{counted(count, 'harmony', 'harmonies')} of {harmonies.pair.title} written to {show_path(path)}",
        markup=False,
    )


__all__ = ["export_harmonies"]
