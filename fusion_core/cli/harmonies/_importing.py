"""`harmony harmonies import`: harmony files into a workspace, with a report on every harmony."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from fusion_core.cli.options import (
    CreateOption,
    JsonLinesOption,
    WorkspaceOption,
    find_dictionary,
    open_workspace,
    user_name,
)
from fusion_core.cli.output import Output, error_record, table
from fusion_core.summaries import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from fusion_core.harmony.exchange import Outcome, PlannedEntry, PlannedFile

UNFINISHED: Final = 1
UNREADABLE: Final = 2
_CHANGES_SHOWN: Final = 4


def import_harmonies(
    *,
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", help="fusionData .R files, or JSON copies or exports."),
    ],
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help="Replace existing harmonies by those in the files; the history keeps the replaced ones.",
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would happen; save nothing.")
    ] = False,
    create: CreateOption = False,
    workspace: WorkspaceOption = Path(),
    json: JsonLinesOption = False,
) -> None:
    """Import harmonies; the files are read as data and never run.

    Every harmony is reported: imported as it is, with a translated adjustment, flagged with what
    you must do, or skipped with the reason. The exit code is 1 when something is flagged or
    skipped, and 2 when a file cannot be read; the other files are imported all the same.
    """
    from fusion_core.harmony.exchange import carry_out, plan_import

    opened = open_workspace(workspace, create=create and not dry_run)
    reports: list[tuple[PlannedFile, Mapping[int, Outcome]]] = []
    for path in files:
        plan = plan_import(path, opened.path, lambda survey: find_dictionary(opened, survey))
        done: Mapping[int, Outcome] = {}
        if plan.error is None and not dry_run:
            done = carry_out(plan, opened.path, author=user_name(), replace=replace)
        reports.append((plan, done))
    records = [
        record
        for path, (plan, done) in zip(files, reports, strict=True)
        for record in _records(str(path), plan, done)
    ]
    Output(json).lines(records, lambda console: _show(console, reports))
    if any(plan.error for plan, _ in reports):
        raise typer.Exit(UNREADABLE)
    if any(record["status"] in {"flagged", "skipped"} for record in records):
        raise typer.Exit(UNFINISHED)


def _records(file: str, plan: PlannedFile, done: Mapping[int, Outcome]) -> Sequence[dict[str, Any]]:
    if plan.error is not None:
        return [{"file": file, **error_record(plan.error)}]
    return [
        {
            "file": file,
            "pair": str(plan.pair),
            "key": item.entry.key,
            "status": item.entry.status,
            "outcome": done.get(place, "none"),
            "exists": item.standing in {"same", "different"},
            "translations": [
                {"from": before, "to": after} for before, after in item.entry.translations
            ],
            "todo": item.entry.todo,
            "remarks": (*plan.remarks, *item.entry.remarks),
            "differences": [change.cells for change in item.changes],
        }
        for place, item in enumerate(plan.entries)
    ]


def _show(console: Console, reports: Sequence[tuple[PlannedFile, Mapping[int, Outcome]]]) -> None:
    for plan, done in reports:
        if plan.error is not None:
            console.print(f"{plan.name}: not imported. {plan.error.message}", markup=False)
            continue
        console.print(f"{plan.name}: {_summary(plan, done)}", markup=False)
        for sentence in plan.remarks:
            console.print(f"  {sentence}.", markup=False)
        rows = [
            (item.entry.key, item.entry.status, sentence)
            for place, item in enumerate(plan.entries)
            for sentence in _sentences(item, done.get(place))
        ]
        if rows:
            console.print(table(("harmony", "status", "what"), rows))


def _summary(plan: PlannedFile, done: Mapping[int, Outcome]) -> str:
    pair = plan.pair.title if plan.pair else ""
    total = f"{counted(len(plan.entries), 'harmony', 'harmonies')} of {pair}"
    if not done:
        counts = [
            (plan.count("new"), "are new"),
            (plan.count("same"), "exist already"),
            (plan.count("different"), "differ from the workspace"),
            (plan.count("none"), "cannot be read"),
        ]
    else:
        outcomes = list(done.values())
        counts = [
            (outcomes.count("added"), "added"),
            (outcomes.count("replaced"), "replaced"),
            (outcomes.count("same"), "existed already"),
            (outcomes.count("kept"), "left as they were in the workspace"),
            (outcomes.count("skipped"), "skipped"),
        ]
    return f"{total}: " + ", ".join(f"{count} {word}" for count, word in counts if count)


def _sentences(item: PlannedEntry, outcome: Outcome | None) -> list[str]:
    found = [*item.entry.todo, *item.entry.remarks]
    found += [f"{before!r} became {after!r}" for before, after in item.entry.translations]
    if item.standing == "different" and outcome != "replaced":
        shown = [" ".join(change.cells) for change in item.changes[:_CHANGES_SHOWN]]
        more = len(item.changes) - len(shown)
        end = f" and {more} more" if more > 0 else ""
        found.append(f"the workspace has another version: {'; '.join(shown)}{end}")
    return found


__all__ = ["import_harmonies"]
