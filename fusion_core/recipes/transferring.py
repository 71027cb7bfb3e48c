"""The harmonies of a recipe, brought to the surveys as they are in a workspace.

A recipe is written for one vintage and one edition of the public files. What means the same there is
taken over; what differs is asked of a person, with the sentence that says how, and never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fusion_core.errors import InputError
from fusion_core.harmony.checks import sibling_sets
from fusion_core.harmony.exchange import plan_import
from fusion_core.harmony.expressions import mentioned_columns
from fusion_core.harmony.model import SIDES, Harmony, HarmonySet, Side, SideName, SurveyPair
from fusion_core.harmony.recodes import RecodeShelf
from fusion_core.harmony.store import HarmonyStore
from fusion_core.harmony.vintages import Vintages, transfer_to_vintage
from fusion_core.ingest.generic import read_codebook
from fusion_core.records import Checked
from fusion_core.surveys.model import Dictionary, SurveyId, Variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fusion_core.harmony.vintages import Change, TransferredHarmony
    from fusion_core.workspace.layout import Workspace


@dataclass(frozen=True)
class Transferred(Checked):
    """What became of the harmonies of a file.

    Attributes
    ----------
    taken
        Keys of those that were stored.
    asked
        Those a person must look at, each with what differs, in sentences.
    unusable
        Those that cannot be, each with the reason: a variable the surveys here do not have.
    """

    taken: tuple[str, ...] = ()
    asked: tuple[tuple[str, tuple[str, ...]], ...] = ()
    unusable: tuple[tuple[str, str], ...] = ()


def transfer_harmonies(
    workspace: Workspace,
    path: Path,
    pair: SurveyPair,
    *,
    descriptions: Mapping[SideName, Path | None],
    author: str,
) -> Transferred:
    """Store the harmonies of a file that mean the same for a pair; those it has stay as they are.

    What a person must look at is kept as a draft, to be finished on the page Harmonize.

    Parameters
    ----------
    workspace
        The workspace, with both surveys.
    path
        The file: harmonies of the same surveys, of this vintage or another.
    pair
        The surveys.
    descriptions
        By side, a codebook of the questions behind the file's variables, where there is one.
    author
        Who stores them, and whose the drafts are.

    Raises
    ------
    InputError
        If the file cannot be read or is about other surveys.
    """
    harmonies = _read(workspace, path, pair)
    new: dict[SideName, Dictionary] = {
        "donor": workspace.dictionary(pair.donor),
        "recipient": workspace.dictionary(pair.recipient),
    }
    store = HarmonyStore(workspace.path, pair)
    existing = store.load()
    fresh = [item for item in harmonies.harmonies if existing.get(item.key) is None]
    same = {name: getattr(harmonies.pair, name) == getattr(pair, name) for name in SIDES}
    unusable, usable = [], []
    for item in fresh:
        reason = next(
            (
                f"{getattr(pair, name).title} has no {column} here"
                for name in SIDES
                if same[name]  # a variable of another vintage may go by another name
                for column in _columns(item.side(name))
                if column not in new[name]
            ),
            "",
        )
        (unusable.append((item.key, reason)) if reason else usable.append(item))
    transfer = transfer_to_vintage(
        HarmonySet(harmonies.pair, tuple(usable)),
        pair,
        donor=Vintages(_earlier(usable, "donor", descriptions), new["donor"]),
        recipient=Vintages(_earlier(usable, "recipient", descriptions), new["recipient"]),
        others=sibling_sets(workspace.path, pair),
        existing=existing,
        examine=not all(same.values()),
        recodes=RecodeShelf(workspace.path).all(),
    )
    sure = [item for item in transfer.harmonies if item.harmony is not None and item.is_sure]
    taken = store.save_all([item.harmony for item in sure if item.harmony], author=author)
    asked = [item for item in transfer.harmonies if item.harmony is not None and not item.is_sure]
    _keep_drafts(store, asked, author)
    return Transferred(
        tuple(item.key for item in taken),
        tuple((item.key, item.sentences) for item in asked),
        (
            *unusable,
            *((item.key, item.reason) for item in transfer.having("impossible")),
        ),
    )


def _read(workspace: Workspace, path: Path, pair: SurveyPair) -> HarmonySet:
    def dictionary_of(survey: SurveyId) -> Dictionary | None:
        return workspace.dictionary(survey) if workspace.has_survey(survey) else None

    plan = plan_import(path, workspace.path, dictionary_of)
    if plan.error is not None:
        raise plan.error
    found = plan.pair
    if found is None or (found.donor, found.recipient.name) != (pair.donor, pair.recipient.name):
        raise InputError(
            f"The harmonies are of {'no pair' if found is None else found.title}, not of {pair.title}",
            where=path.name,
            fix="Name a file of harmonies of these surveys",
        )
    read = [item.entry.harmony for item in plan.entries if item.entry.harmony is not None]
    return HarmonySet(found, tuple(read))


def _columns(side: Side) -> tuple[str, ...]:
    """Return the variables a side is made of."""
    texts = (text for text in (side.adjustment, side.universe) if text)
    mentioned = {column for text in texts for column in mentioned_columns(text)}
    return (side.variable, *sorted(mentioned - {side.variable}))


def _earlier(
    harmonies: Iterable[Harmony], name: SideName, descriptions: Mapping[SideName, Path | None]
) -> Dictionary:
    """Return the variables harmonies were written for: levels as they list them, and the questions."""
    path = descriptions.get(name)
    questions = {} if path is None else read_codebook(path)
    found: dict[str, Variable] = {}
    for harmony in harmonies:
        side = harmony.side(name)
        levels = () if side.breakpoints else tuple(item.level for item in side.levels)
        for column in _columns(side):
            entry = questions.get(column)
            own = levels if column == side.variable else ()
            known = found.get(column)
            if known is not None and known.levels:
                continue
            found[column] = Variable(
                column,
                "" if entry is None else entry.description,
                type="ordered" if own and harmony.ordered else "nominal" if own else "continuous",
                respondent=side.respondent,
                levels=own,
            )
    return Dictionary(found.values())


def _keep_drafts(store: HarmonyStore, asked: Iterable[TransferredHarmony], user: str) -> None:
    kept = store.load_drafts(user)
    for item in asked:
        if item.harmony is None or item.harmony.key in kept:
            continue
        changes: tuple[Change, ...] = (*item.levels, *item.settings)
        sure = [change for change in changes if change.sure]
        store.save_draft(item.accept(sure), user=user)
