"""`harmony harmonies`: list, show, apply and transfer harmonies; other commands have modules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from fusion_core.cli.harmonies._check import check_harmonies
from fusion_core.cli.harmonies._deciding import decide_variables
from fusion_core.cli.harmonies._exporting import export_harmonies
from fusion_core.cli.harmonies._importing import import_harmonies
from fusion_core.cli.harmonies._recodes import app as recodes
from fusion_core.cli.harmonies._saving import delete_harmonies, restore_harmonies
from fusion_core.cli.harmonies._suggestions import suggest_harmonies
from fusion_core.cli.harmonies._targets import show_targets
from fusion_core.cli.harmonies._transfer import (
    accepted_harmonies,
    has_microdata,
    read_status,
    show_transfer,
    transfer_record,
)
from fusion_core.cli.options import (
    DonorOption,
    JsonOption,
    RecipientOption,
    WorkspaceOption,
    check_target,
    choose_pair,
    open_workspace,
    read_pair,
    user_name,
)
from fusion_core.cli.output import Output, number, percent, plain, show_path, table
from fusion_core.errors import InputError
from fusion_core.summaries import counted

if TYPE_CHECKING:
    from rich.console import Console

    from fusion_core.harmony.apply import HarmonizedPair
    from fusion_core.harmony.checks import Finding
    from fusion_core.harmony.model import Harmony, HarmonySet, Side
    from fusion_core.harmony.previews import HarmonyPreview
    from fusion_core.workspace.layout import Workspace

app = typer.Typer(no_args_is_help=True, help="List, show, import, check and apply harmonies.")


@app.command("list")
def list_harmonies(
    donor: DonorOption = "",
    recipient: RecipientOption = "",
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """List the harmonies of a pair of surveys."""
    harmonies = _load(open_workspace(workspace), donor, recipient)
    record = {"pair": str(harmonies.pair), "harmonies": [_record(h) for h in harmonies.harmonies]}

    def show(console: Console) -> None:
        rows = [
            (
                h.key,
                _side_text(h.donor),
                _side_text(h.recipient),
                "yes" if h.ordered else "",
                h.author,
                h.modified[:10],
            )
            for h in harmonies.harmonies
        ]
        columns = ("harmony", "donor", "recipient", "ordered", "by", "saved")
        console.print(table(columns, rows, title=harmonies.pair.title))

    Output(json).result(record, show)


@app.command("show")
def show_harmony(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Such as income__hincp.")],
    donor: DonorOption = "",
    recipient: RecipientOption = "",
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Show one harmony with the weighted distributions it yields on both sides."""
    from fusion_core.harmony.previews import preview

    opened = open_workspace(workspace)
    harmonies = _load(opened, donor, recipient)
    harmony = harmonies.get(key)
    if harmony is None:
        known = [item.key for item in harmonies.harmonies]
        raise InputError.unknown("harmony", key, known, where=harmonies.pair.title)
    seen = preview(
        harmony,
        opened.stored_survey(harmonies.pair.donor),
        opened.stored_survey(harmonies.pair.recipient),
    )
    record = {"harmony": _record(harmony), "preview": _without_fixes(seen)}
    Output(json).result(record, lambda console: _show_preview(console, harmony, seen))


app.command("import")(import_harmonies)
app.command("export")(export_harmonies)
app.command("check")(check_harmonies)
app.command("suggest")(suggest_harmonies)
app.command("delete")(delete_harmonies)
app.command("restore")(restore_harmonies)
app.command("decide")(decide_variables)
app.command("targets")(show_targets)
app.add_typer(recodes, name="recodes")


_APPLIED: Final = ("donor.parquet", "recipient.parquet")
_PURPOSE: Final = "harmonized survey"
_LEFT_OUT: Final = 1


def _check_replaceable(folder: Path) -> None:
    """Refuse to replace what `apply_harmonies` did not write."""
    from fusion_core.workspace.tables import purpose_of

    for file in _APPLIED:
        if (folder / file).exists() and purpose_of(folder / file) != _PURPOSE:
            raise InputError(
                f"'{file}' is there and was not written by this command",
                where=str(folder),
                fix="Choose another folder",
            )


@app.command("apply")
def apply_harmonies(
    *,
    to: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for donor.parquet and recipient.parquet.")
    ],
    person: Annotated[
        bool, typer.Option("--person", help="One row per person instead of per household.")
    ] = False,
    donor: DonorOption = "",
    recipient: RecipientOption = "",
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Apply the harmonies of a pair and write both surveys with identical columns.

    A harmony that cannot be applied is named with its reason and left out; the exit code is 1 then.
    """
    from fusion_core.harmony.apply import harmonize_pair, similarity
    from fusion_core.workspace.tables import write_table

    opened = open_workspace(workspace)
    check_target(opened, to)
    _check_replaceable(to)
    harmonies = _load(opened, donor, recipient)
    pair = harmonize_pair(
        harmonies,
        opened.stored_survey(harmonies.pair.donor),
        opened.stored_survey(harmonies.pair.recipient),
        respondent="person" if person else "household",
    )
    for file, frame in zip(_APPLIED, (pair.donor, pair.recipient), strict=True):
        write_table(frame, to / file, purpose=_PURPOSE)
    scores = {
        key: similarity(
            pair.donor[key], pair.donor["weight"], pair.recipient[key], pair.recipient["weight"]
        )
        for key in pair.keys
    }
    record = {
        "folder": str(to),
        "donor_rows": len(pair.donor),
        "recipient_rows": len(pair.recipient),
        "similarity": scores,
        "failures": {key: error.message for key, error in pair.failures.items()},
    }
    Output(json).result(record, lambda console: _show_applied(console, to, pair, scores))
    if pair.failures:
        raise typer.Exit(_LEFT_OUT)


@app.command("transfer")
def transfer_harmonies(
    *,
    source: Annotated[
        str,
        typer.Option("--from", metavar="PAIR", help="Pair with harmonies, as RECS_2015__ACS_2015."),
    ],
    to: Annotated[
        str, typer.Option("--to", metavar="PAIR", help="The same surveys of another vintage.")
    ],
    only: Annotated[
        str, typer.Option(help="Show only those: identical, proposed or impossible.")
    ] = "",
    accept: Annotated[
        str,
        typer.Option(
            help="Store what is identical, or (proposed) also what was proposed for every level."
        ),
    ] = "",
    save: Annotated[bool, typer.Option("--save", help="The same as --accept identical.")] = False,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Transfer harmonies to another vintage: what applies unchanged, and what needs a look.

    Nothing is stored without --accept or --save, harmonies that exist stay as they are, and those
    with a level left without a group are for the Harmonize page to finish. Dictionaries are all
    that is needed; of a survey without microdata it says what could not be checked.
    """
    from fusion_core.harmony.checks import sibling_sets
    from fusion_core.harmony.recodes import RecodeShelf
    from fusion_core.harmony.store import HarmonyStore
    from fusion_core.harmony.vintages import Vintages, transfer_to_vintage

    shown, accepted = read_status(only, "--only"), read_status(accept, "--accept")
    opened = open_workspace(workspace)
    old, new = read_pair(opened, source), read_pair(opened, to)
    known = {
        survey: opened.dictionary(survey)
        for survey in {old.donor, old.recipient, new.donor, new.recipient}
    }
    transfer = transfer_to_vintage(
        HarmonyStore(opened.path, old).load(),
        new,
        donor=Vintages(known[old.donor], known[new.donor]),
        recipient=Vintages(known[old.recipient], known[new.recipient]),
        others=sibling_sets(opened.path, new),
        existing=HarmonyStore(opened.path, new).load(),
        recodes=RecodeShelf(opened.path).all(),
    )
    ready = accepted_harmonies(transfer, accepted or ("identical" if save else None))
    saved = HarmonyStore(opened.path, new).save_all(ready, author=user_name()) if ready else ()
    unseen = [item for item in (new.donor, new.recipient) if not has_microdata(opened, item)]
    record = transfer_record(transfer, saved=len(saved), only=shown, unseen=unseen)
    Output(json).result(record, lambda console: show_transfer(console, record))


@app.command("recover")
def recover(
    donor: DonorOption = "",
    recipient: RecipientOption = "",
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Rebuild a damaged harmony file from its history; the damaged file is kept beside it."""
    from fusion_core.harmony.store import HarmonyStore

    opened = open_workspace(workspace)
    pair = choose_pair(opened, donor, recipient)
    recovered = HarmonyStore(opened.path, pair).recover(author=user_name())
    record = {"pair": str(pair), "harmonies": [item.key for item in recovered.harmonies]}
    Output(json).result(
        record,
        lambda console: console.print(
            f"{counted(len(recovered.harmonies), 'harmony', 'harmonies')} of {pair.title} rebuilt."
        ),
    )


def _load(workspace: Workspace, donor: str, recipient: str) -> HarmonySet:
    from fusion_core.harmony.store import HarmonyStore

    return HarmonyStore(workspace.path, choose_pair(workspace, donor, recipient)).load()


def _record(harmony: Harmony) -> dict[str, Any]:
    return {"key": harmony.key, **plain(harmony)}


def _without_fixes(seen: HarmonyPreview) -> dict[str, Any]:
    """Leave out the corrected harmonies: they would repeat the whole record per finding."""
    record: dict[str, Any] = plain(seen)
    record["findings"] = [_finding(item) for item in seen.findings]
    return record


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "sentence": finding.sentence,
        "side": finding.side,
        "levels": finding.levels,
        "fix": finding.fix.label if finding.fix else "",
    }


def _side_text(side: Side) -> str:
    parts = [side.adjustment or side.variable]
    if side.deflate_to_year:
        parts.append(f"in dollars of {side.deflate_to_year}")
    if side.breakpoints:
        parts.append(f"{len(side.levels)} bins")
    elif side.levels:
        parts.append(f"{len(side.levels)} levels")
    if side.respondent == "person":
        parts.append(side.aggregator)
    return ", ".join(parts)


def _show_preview(console: Console, harmony: Harmony, seen: HarmonyPreview) -> None:
    console.print(f"{harmony.key}: similarity {number(seen.similarity)}", markup=False)
    if harmony.comment:
        console.print(harmony.comment, markup=False)
    rows = [
        (
            item.name,
            "; ".join(item.donor_levels),
            "; ".join(item.recipient_levels),
            percent(item.donor_share),
            percent(item.recipient_share),
        )
        for item in seen.groups
    ]
    if rows:
        columns = ("group", "donor", "recipient", "donor share", "recipient share")
        console.print(table(columns, rows))
    for sentence in (*seen.problems, *(item.sentence for item in seen.findings)):
        console.print(sentence, markup=False)


def _show_applied(
    console: Console, folder: Path, pair: HarmonizedPair, scores: dict[str, float]
) -> None:
    console.print(table(("harmony", "similarity"), [(k, number(v)) for k, v in scores.items()]))
    for key, error in pair.failures.items():
        console.print(f"Left out: {key}: {error.message}", markup=False)
    if pair.failures:
        of = len(pair.failures) + len(scores)
        console.print(f"{len(pair.failures)} of {of} harmonies were left out.", markup=False)
    console.print(
        f"{len(pair.donor):,} donor and {len(pair.recipient):,} recipient rows are in "
        f"{show_path(folder)}",
        markup=False,
    )
