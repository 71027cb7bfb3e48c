"""Harmonies and dictionaries of all pairs of a workspace, read once per server and change."""

from __future__ import annotations

from pathlib import Path

import panel as pn

from fusion_core.errors import HarmonyError
from fusion_core.harmony.model import Harmony, HarmonySet, SurveyPair
from fusion_core.harmony.recodes import RecodeShelf
from fusion_core.harmony.store import HarmonyStore, PairContents, list_pairs
from fusion_core.harmony.vintages import Transfer, Vintages, transfer_to_vintage
from fusion_core.surveys.model import Dictionary, SurveyId
from fusion_core.workspace.layout import Workspace
from harmony_app.harmonize.work import survey_stamp


def stored_set(workspace: Workspace, pair: SurveyPair) -> HarmonySet:
    """Return the saved harmonies of a pair; an unchanged file is read only once.

    Raises
    ------
    CorruptFileError
        If the file is damaged.
    """
    found = stored_contents(workspace, pair).harmonies
    return HarmonySet(pair, tuple(found[key] for key in sorted(found)))


def stored_contents(workspace: Workspace, pair: SurveyPair) -> PairContents:
    """Return all that the file of a pair holds; an unchanged file is read only once.

    Raises
    ------
    CorruptFileError
        If the file is damaged.
    """
    stamp = HarmonyStore(workspace.path, pair).stamp()
    found: PairContents = _stored_contents(str(workspace.path), str(pair), stamp)
    return found


@pn.cache(max_items=200, policy="LRU")
def _stored_contents(path: str, pair: str, stamp: tuple[int, int]) -> PairContents:
    del stamp  # part of the cache's key: a file that changed is read again
    donor, _, recipient = pair.partition("__")
    surveys = SurveyPair(SurveyId.parse(donor), SurveyId.parse(recipient))
    return HarmonyStore(Path(path), surveys).contents()


def stored_dictionary(workspace: Workspace, survey: SurveyId) -> Dictionary | None:
    """Return a survey's dictionary; ``None`` for a survey that is not in the workspace."""
    if not workspace.has_survey(survey):
        return None
    stamp = survey_stamp(workspace, survey)
    found: Dictionary = _stored_dictionary(str(workspace.path), str(survey), stamp)
    return found


@pn.cache(max_items=100, policy="LRU")
def _stored_dictionary(path: str, survey: str, stamp: int) -> Dictionary:
    del stamp  # part of the cache's key
    return Workspace.open(path).dictionary(SurveyId.parse(survey))


def readable_sets(workspace: Workspace) -> list[HarmonySet]:
    """Return the harmonies of every pair; a file that cannot be read is left out.

    Opening its own pair says what is wrong with it.
    """
    found = []
    for pair in list_pairs(workspace.path):
        try:
            found.append(stored_set(workspace, pair))
        except (HarmonyError, OSError):
            continue
    return found


def related_sets(workspace: Workspace, pair: SurveyPair) -> list[HarmonySet]:
    """Return the harmonies of all vintages of a pair's surveys, the pair itself first."""
    names = (pair.donor.name, pair.recipient.name)
    found = [
        item
        for item in readable_sets(workspace)
        if (item.pair.donor.name, item.pair.recipient.name) == names and item.pair != pair
    ]
    return [
        stored_set(workspace, pair),
        *sorted(found, key=lambda item: _distance(item.pair, pair)),
    ]


def related_pairs(workspace: Workspace, pair: SurveyPair) -> list[SurveyPair]:
    """List other vintages of a pair's surveys that are in the workspace, the nearest first."""
    surveys = workspace.survey_ids()
    found = [
        SurveyPair(donor, recipient)
        for donor in surveys
        for recipient in surveys
        if (donor.name, recipient.name) == (pair.donor.name, pair.recipient.name)
        and SurveyPair(donor, recipient) != pair
    ]
    return sorted(found, key=lambda item: _distance(item, pair))


def _distance(pair: SurveyPair, origin: SurveyPair) -> tuple[int, int, str]:
    """How far away a pair's vintages are: pairs that share a survey come before all others."""
    moved = (pair.donor != origin.donor) + (pair.recipient != origin.recipient)
    years = sum(
        abs(_year(own) - _year(other))
        for own, other in ((pair.donor, origin.donor), (pair.recipient, origin.recipient))
    )
    return moved, years, str(pair)


def _year(survey: SurveyId) -> int:
    return survey.years[-1] if survey.years else 0


def transfer_between(
    workspace: Workspace,
    source: SurveyPair,
    target: SurveyPair,
    harmonies: tuple[Harmony, ...] = (),
) -> Transfer:
    """Transfer harmonies of one pair of a workspace to another, with all vintages as examples.

    Parameters
    ----------
    workspace
        The project folder.
    source, target
        The pairs.
    harmonies
        The harmonies to transfer; all that are saved by default.

    Raises
    ------
    InputError
        If a survey is not in the workspace.
    """
    known = {
        survey: stored_dictionary(workspace, survey) or workspace.dictionary(survey)
        for survey in (source.donor, source.recipient, target.donor, target.recipient)
    }
    chosen = HarmonySet(source, harmonies) if harmonies else stored_set(workspace, source)
    return transfer_to_vintage(
        chosen,
        target,
        donor=Vintages(known[source.donor], known[target.donor]),
        recipient=Vintages(known[source.recipient], known[target.recipient]),
        others=related_sets(workspace, target),
        existing=stored_set(workspace, target),
        recodes=RecodeShelf(workspace.path).all(),
    )


__all__ = [
    "readable_sets",
    "related_pairs",
    "related_sets",
    "stored_dictionary",
    "stored_set",
    "transfer_between",
]
