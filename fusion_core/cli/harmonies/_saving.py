"""Suggested harmonies that are saved at once, and `harmony harmonies delete` and `restore`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, get_args

import typer

from fusion_core.cli.options import (
    JsonOption,
    WorkspaceOption,
    open_workspace,
    read_pair,
    user_name,
)
from fusion_core.cli.output import Output
from fusion_core.errors import InputError
from fusion_core.summaries import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from fusion_core.harmony.apply import RowsCache
    from fusion_core.harmony.matching import Confidence
    from fusion_core.harmony.model import Harmony
    from fusion_core.harmony.store import HarmonyStore
    from fusion_core.surveys.source import SurveySource

_SUREST_FIRST: Final = ("sure", "likely", "unsure")


@dataclass(frozen=True)
class SavedSuggestions:
    """What became of suggestions that were to be saved.

    Attributes
    ----------
    keys
        Harmonies that were saved.
    refused
        Why others were not, by key.
    """

    keys: tuple[str, ...] = ()
    refused: dict[str, str] = field(default_factory=dict)


def read_confidence(text: str) -> Confidence | None:
    """Return the least confidence asked for; ``None`` where nothing was.

    Raises
    ------
    InputError
        If there is no such confidence.
    """
    from fusion_core.harmony.matching import Confidence

    known: tuple[Confidence, ...] = get_args(Confidence)
    found = next((item for item in known if item == text.strip().lower()), None)
    if text and found is None:
        raise InputError.unknown("confidence", text, known)
    return found


def is_as_sure(*confidences: Confidence, least: Confidence) -> bool:
    """Whether none of several confidences is less than the least one."""
    return all(_SUREST_FIRST.index(item) <= _SUREST_FIRST.index(least) for item in confidences)


def save_suggested(
    store: HarmonyStore,
    harmonies: Iterable[Harmony],
    surveys: tuple[SurveySource, SurveySource] | None,
    cache: RowsCache | None,
) -> SavedSuggestions:
    """Save suggested harmonies that can be applied as they are.

    Parameters
    ----------
    store
        The pair's.
    harmonies
        Suggested harmonies.
    surveys, cache
        The microdata they are tried on; without any, every level must have a group.
    """
    ready, refused = [], {}
    for harmony in harmonies:
        problem = _untried(harmony) if surveys is None else _tried(harmony, surveys, cache)
        if problem:
            refused[harmony.key] = problem
        else:
            ready.append(harmony)
    saved = store.save_all(ready, author=user_name()) if ready else ()
    return SavedSuggestions(tuple(item.key for item in saved), refused)


def _untried(harmony: Harmony) -> str:
    for side in (harmony.donor, harmony.recipient):
        lacking = [item.level for item in side.levels if item.group is None]
        if lacking:
            return f"'{lacking[0]}' of {side.variable} has no group"
    return ""


def _tried(
    harmony: Harmony, surveys: tuple[SurveySource, SurveySource], cache: RowsCache | None
) -> str:
    from fusion_core.harmony.apply import harmonize_side
    from fusion_core.harmony.model import SIDES

    try:
        for side, survey in zip(SIDES, surveys, strict=True):
            harmonize_side(harmony, side, survey, cache=cache)
    except InputError as error:
        return error.what
    return ""


PairName = Annotated[
    str, typer.Option("--pair", metavar="PAIR", help="Two surveys, as RECS_2020__ACS_2019.")
]


def delete_harmonies(
    keys: Annotated[list[str], typer.Argument(metavar="KEY…", help="Such as income__hincp.")],
    *,
    pair: PairName,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Delete harmonies; `harmony harmonies restore` brings them back."""
    from fusion_core.harmony.store import HarmonyStore

    opened = open_workspace(workspace)
    surveys = read_pair(opened, pair)
    store = HarmonyStore(opened.path, surveys)
    known = [item.key for item in store.load().harmonies]
    for key in keys:
        if key not in known:
            raise InputError.unknown("harmony", key, known, where=surveys.title)
    for key in dict.fromkeys(keys):
        store.delete(key, author=user_name())
    _tell(json, pair, "deleted", keys, f"harmony harmonies restore {' '.join(keys)} --pair {pair}")


def restore_harmonies(
    keys: Annotated[list[str], typer.Argument(metavar="KEY…", help="Such as income__hincp.")],
    *,
    pair: PairName,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Bring deleted harmonies back as they were."""
    from fusion_core.harmony.store import HarmonyStore

    opened = open_workspace(workspace)
    store = HarmonyStore(opened.path, read_pair(opened, pair))
    for key in keys:
        store.version(key)
    for key in dict.fromkeys(keys):
        store.restore(key, author=user_name())
    _tell(json, pair, "restored", keys, undo_of_saving(keys, pair))


def undo_of_saving(keys: Iterable[str], pair: str) -> str:
    """Return the command that takes saved harmonies back."""
    return f"harmony harmonies delete {' '.join(keys)} --pair {pair}"


def _tell(json: bool, pair: str, what: str, keys: list[str], undo: str) -> None:
    said = f"{counted(len(keys), 'harmony', 'harmonies')} {what}: {', '.join(keys)}."

    def show(console: Console) -> None:
        console.print(said, markup=False)
        console.print(f"To undo it: {undo}", markup=False)

    Output(json).result({"pair": pair, what: keys, "undo": undo}, show)


__all__ = [
    "SavedSuggestions",
    "delete_harmonies",
    "is_as_sure",
    "read_confidence",
    "restore_harmonies",
    "save_suggested",
    "undo_of_saving",
]
