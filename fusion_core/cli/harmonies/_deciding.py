"""`harmony harmonies decide`: donor variables that get no harmony, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fusion_core.cli.options import (
    JsonOption,
    WorkspaceOption,
    open_workspace,
    read_pair,
    user_name,
)
from fusion_core.cli.output import Output, table
from fusion_core.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from fusion_core.surveys.model import Dictionary


def decide_variables(
    variables: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="VARIABLE…",
            help="Donor variables; without any, what was decided is listed.",
            show_default=False,
        ),
    ] = None,
    *,
    pair: Annotated[
        str, typer.Option("--pair", metavar="PAIR", help="Such as RECS_2015__ACS_2015.")
    ],
    verdict: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="DECISION",
            help="'nothing matches', 'not a predictor' (an outcome to fuse), or 'undecided'.",
        ),
    ] = "",
    reason: Annotated[
        str, typer.Option(help="Why, for colleagues; or what an undecided one waits for.")
    ] = "",
    theme: Annotated[
        str, typer.Option(help="Also every variable of a theme that has no harmony, as Energy.")
    ] = "",
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Decide that donor variables get no harmony, so that progress counts what is left to decide.

    A variable with a harmony needs no decision and is refused; a theme leaves those out.
    """
    from fusion_core.harmony.model import split_key
    from fusion_core.harmony.store import HarmonyStore, decide, names_set_aside

    opened = open_workspace(workspace)
    chosen = read_pair(opened, pair)
    store = HarmonyStore(opened.path, chosen)
    dictionary = opened.dictionary(chosen.donor)
    done = {split_key(item.key)[0] for item in store.load().harmonies}
    named = list(variables or ())
    for name in named:
        dictionary.require(name, where=chosen.donor.title)
        if name in done:
            raise InputError(
                f"'{name}' has a harmony",
                where=chosen.title,
                fix="Delete the harmony first if it should not be there",
            )
    if theme:
        named += [name for name in _of_theme(dictionary, theme) if name not in {*named, *done}]
    if named and not verdict:
        raise InputError("No decision is given", fix="Give --as 'nothing matches'")
    if named:
        store.decisions.change(decide(named, verdict, author=user_name(), reason=reason))
    decided = {name: item for name, item in store.decisions.load().items() if name not in done}
    aside = names_set_aside(decided)
    names = {item.name for item in dictionary.harmonizable()}
    record = {
        "pair": str(chosen),
        "harmonized": len(names & done),
        "set_aside": len(names & aside),
        "to_decide": len(names - done - aside),
        "decisions": decided,
    }

    def show(console: Console) -> None:
        rows = [(name, item.verdict, item.reason, item.author) for name, item in decided.items()]
        if rows:
            console.print(table(("variable", "decision", "reason", "who"), rows))
        console.print(
            f"{record['harmonized']} harmonized, {record['set_aside']} set aside, "
            f"{record['to_decide']} of {len(names)} to decide."
        )

    Output(json).result(record, show)


def _of_theme(dictionary: Dictionary, theme: str) -> list[str]:
    from fusion_core.harmony.model import THEMES, themes_of

    if theme not in THEMES:
        raise InputError.unknown("theme", theme, THEMES)
    return [name for name, found in themes_of(dictionary).items() if found == theme]


__all__ = ["decide_variables"]
