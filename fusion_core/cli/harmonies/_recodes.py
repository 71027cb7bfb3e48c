"""`harmony harmonies recodes`: groupings with a name, used by several harmonies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fusion_core.cli.options import (
    JsonOption,
    WorkspaceOption,
    open_workspace,
    read_pair,
    user_name,
)
from fusion_core.cli.output import Output, plain, table
from fusion_core.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from fusion_core.harmony.model import Harmony, HarmonySet, SideName
    from fusion_core.harmony.recodes import Consequence, Recode
    from fusion_core.workspace.layout import Workspace

app = typer.Typer(no_args_is_help=True, help="Groupings with a name, used by several harmonies.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Such as education-5.")]
PairOption = Annotated[
    str, typer.Option("--pair", metavar="PAIR", help="Such as RECS_2015__ACS_2015.")
]
SideOption = Annotated[str, typer.Option("--side", help="'donor', 'recipient' or 'both'.")]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Show what would change; save nothing.")
]
_SIDES: dict[str, tuple[SideName, ...]] = {
    "donor": ("donor",),
    "recipient": ("recipient",),
    "both": ("donor", "recipient"),
}


@app.command("list")
def list_recodes(workspace: WorkspaceOption = Path(), json: JsonOption = False) -> None:
    """List the recodes of the workspace and those that ship with the program."""
    from fusion_core.harmony.recodes import RecodeShelf, uses_of

    opened = open_workspace(workspace)
    sets = _all_sets(opened)
    found = [(item, uses_of(item, sets)) for item in RecodeShelf(opened.path).all()]
    record = {
        "recodes": [
            {
                "name": item.name,
                "title": item.title,
                "groups": len(item.groups),
                "standard": item.is_standard,
                "uses": len(uses),
                "differing": sum(bool(use.departures) for use in uses),
            }
            for item, uses in found
        ]
    }

    def show(console: Console) -> None:
        rows = [
            (r["name"], r["title"], r["groups"], "ships" if r["standard"] else "", r["uses"] or "")
            for r in record["recodes"]
        ]
        console.print(table(("recode", "title", "groups", "", "uses"), rows))

    Output(json).result(record, show)


@app.command("show")
def show_recode(
    name: NameArgument, workspace: WorkspaceOption = Path(), json: JsonOption = False
) -> None:
    """Show the groups of a recode, the answers it knows, and which harmonies use it."""
    from fusion_core.harmony.recodes import RecodeShelf, recode_record, uses_of

    opened = open_workspace(workspace)
    recode = RecodeShelf(opened.path).get(name)
    uses = uses_of(recode, _all_sets(opened))
    record = {"recode": recode_record(recode), "uses": [plain(item) for item in uses]}

    def show(console: Console) -> None:
        console.print(f"{recode.title} ({recode.name})", markup=False)
        for text in filter(None, (recode.source, recode.note)):
            console.print(text, markup=False)
        rows = [(f"{code:g}", text, _known(recode, code)) for code, text in recode.groups]
        console.print(table(("group", "name", "answers"), rows))
        for use in uses:
            differing = f", {len(use.departures)} levels differ" if use.departures else ""
            console.print(f"{use.pair.title}: {use.key}, {use.side}{differing}", markup=False)
        if not uses:
            console.print("No saved harmony uses it.")

    Output(json).result(record, show)


@app.command("save")
def save_recode(
    name: NameArgument,
    *,
    pair: PairOption = "",
    key: Annotated[
        str, typer.Option("--from", metavar="KEY", help="The harmony whose grouping is saved.")
    ] = "",
    side: Annotated[str, typer.Option("--side", help="'donor' or 'recipient'.")] = "recipient",
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="JSON", help="A recode written by `show --json`."),
    ] = None,
    title: Annotated[str, typer.Option(help="What people read.")] = "",
    dry_run: DryRunOption = False,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Save a grouping under a name; where the recode exists, its harmonies change with it.

    Every harmony that uses it is listed with what changes. One with levels that have no group any
    more is kept as a draft for you to decide.
    """
    from fusion_core.harmony.recodes import RecodeShelf, carry_out, consequences

    opened = open_workspace(workspace)
    shelf = RecodeShelf(opened.path)
    before = shelf.find(name)
    if file is not None:
        after = _from_file(file, name)
    else:
        after = _from_harmony(_harmony(opened, pair, key), side, name, title, before)
    found = consequences(before, after, _all_sets(opened)) if before is not None else []
    saved = drafts = 0
    if not dry_run:
        shelf.save(after, author=user_name(), expected_revision=before.revision if before else 0)
        saved, drafts = carry_out(opened.path, found, author=user_name())
    record = {
        "recode": name,
        "changes": [_changed(item) for item in found],
        "saved": saved,
        "drafts": drafts,
    }
    Output(json).result(record, lambda console: _show_changes(console, found, dry_run=dry_run))


@app.command("apply")
def apply_recode(
    name: NameArgument,
    keys: Annotated[list[str], typer.Argument(metavar="KEY…", help="Harmonies of the pair.")],
    *,
    pair: PairOption,
    side: SideOption = "recipient",
    detach: Annotated[
        bool, typer.Option("--detach", help="Remove the recode; the groups stay.")
    ] = False,
    dry_run: DryRunOption = False,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Let harmonies take their groups from a recode; what it does not know is left to decide."""
    from fusion_core.harmony.recodes import (
        Consequence,
        RecodeShelf,
        carry_out,
        follow,
        left_undecided,
    )
    from fusion_core.harmony.recodes import detach as detached

    opened = open_workspace(workspace)
    surveys = read_pair(opened, pair)
    recode = RecodeShelf(opened.path).get(name)
    found = []
    for key in keys:
        harmony = before = _harmony(opened, pair, key)
        for one in _sides(side):
            owner = surveys.donor if one == "donor" else surveys.recipient
            variable = opened.dictionary(owner).get(harmony.side(one).variable)
            harmony = (
                detached(harmony, one)
                if detach
                else follow(harmony, one, recode, variable=variable)
            )
        if harmony != before:
            found.append(Consequence(surveys, before, harmony, left_undecided(harmony)))
    saved, drafts = (0, 0) if dry_run else carry_out(opened.path, found, author=user_name())
    record = {
        "recode": name,
        "changes": [_changed(item) for item in found],
        "saved": saved,
        "drafts": drafts,
    }
    Output(json).result(record, lambda console: _show_changes(console, found, dry_run=dry_run))


@app.command("remove")
def remove_recode(
    name: NameArgument,
    *,
    dry_run: DryRunOption = False,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Remove a recode of the workspace; harmonies that use it keep their groups."""
    from fusion_core.harmony.recodes import (
        RecodeShelf,
        carry_out,
        detachments,
        standard_recodes,
    )

    opened = open_workspace(workspace)
    shelf = RecodeShelf(opened.path)
    shelf.get(name)
    # Behind a removed copy stands the standard recode, which the harmonies then follow.
    found = [] if name in standard_recodes() else detachments(name, _all_sets(opened))
    if not dry_run:
        shelf.remove(name)
        carry_out(opened.path, found, author=user_name())
    record = {"recode": name, "detached": [f"{item.pair}: {item.before.key}" for item in found]}
    Output(json).result(record, lambda console: _show_changes(console, found, dry_run=dry_run))


def _all_sets(opened: Workspace) -> list[HarmonySet]:
    from fusion_core.harmony.store import HarmonyStore, list_pairs

    return [HarmonyStore(opened.path, pair).load() for pair in list_pairs(opened.path)]


def _harmony(opened: Workspace, pair: str, key: str) -> Harmony:
    from fusion_core.harmony.store import HarmonyStore

    if not pair or not key:
        raise InputError(
            "No grouping is named",
            fix="Give --pair and --from, or a file by --file",
        )
    harmonies = HarmonyStore(opened.path, read_pair(opened, pair)).load()
    found = harmonies.get(key)
    if found is None:
        known = [item.key for item in harmonies.harmonies]
        raise InputError.unknown("harmony", key, known, where=harmonies.pair.title)
    return found


def _sides(text: str) -> tuple[SideName, ...]:
    if text not in _SIDES:
        raise InputError.unknown("side", text, [*_SIDES])
    return _SIDES[text]


def _from_harmony(
    harmony: Harmony, side: str, name: str, title: str, before: Recode | None
) -> Recode:
    from fusion_core.harmony.recodes import recode_of_side, updated

    (one, *others) = _sides(side)
    if others:
        raise InputError("A recode is saved from one side", fix="Give --side donor or recipient")
    found = recode_of_side(
        harmony, one, name=name, title=title or (before.title if before else name)
    )
    return found if before is None else updated(before, found)


def _from_file(file: Path, name: str) -> Recode:
    from dataclasses import replace

    from fusion_core.harmony.recodes import read_recode
    from fusion_core.workspace.files import read_json

    record = read_json(file)
    return replace(read_recode(record.get("recode", record), where=str(file)), name=name)


def _known(recode: Recode, code: float) -> str:
    shown = [item.level for item in recode.levels if item.group == code]
    shown += [f"{item.level}…" for item in recode.prefixes if item.group == code]
    shown += [item.level for item in recode.bin_levels if item.group == code]
    return "; ".join(shown[:4]) + (f"; {len(shown) - 4} more" if len(shown) > 4 else "")  # noqa: PLR2004 - four fit a cell


def _changed(item: Consequence) -> dict[str, Any]:
    return {
        "pair": str(item.pair),
        "key": item.before.key,
        "changes": [change.cells for change in item.changes],
        "undecided": [f"{side}: {level}" for side, level in item.undecided],
    }


def _show_changes(console: Console, found: list[Consequence], *, dry_run: bool) -> None:
    for item in found:
        console.print(f"{item.pair.title}: {item.before.key}", markup=False)
        rows = [change.cells for change in item.changes]
        console.print(table(("", "before", "after"), rows))
        if item.undecided:
            levels = ", ".join(level for _, level in item.undecided)
            console.print(f"To decide, so kept as a draft: {levels}", markup=False)
    told = f"{len(found)} harmon{'y' if len(found) == 1 else 'ies'}"
    console.print(f"{told} would change; nothing was saved." if dry_run else f"{told} changed.")


__all__ = ["app"]
