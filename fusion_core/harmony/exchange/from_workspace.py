"""Harmonies of a workspace as files: one pair, or many of which none stops the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, TypeAlias

from fusion_core.errors import HarmonyError, InputError
from fusion_core.harmony.checks import sibling_sets
from fusion_core.harmony.exchange.documentation import (
    DocumentFacts,
    Provenance,
    SurveyFacts,
    preview_harmonies,
    survey_facts,
)
from fusion_core.harmony.exchange.exporting import Exported, Format, export_harmonies
from fusion_core.harmony.model import SIDES, HarmonySet, SurveyPair
from fusion_core.harmony.store import HarmonyStore
from fusion_core.records import Checked

if TYPE_CHECKING:
    from pathlib import Path

    from fusion_core.harmony.model import SideName
    from fusion_core.surveys.model import SurveyId
    from fusion_core.surveys.source import SurveySource

Progress: TypeAlias = Callable[[float, str], None]
Opener: TypeAlias = "Callable[[SurveyId], SurveySource | None]"


@dataclass(frozen=True)
class ExportOrder(Checked):
    """What files are wanted.

    Attributes
    ----------
    form
        Their format.
    workspace, author
        Title of the workspace, and who asked for the files, for documentation.
    with_shares, with_findings
        Whether documentation has weighted shares and similarity, and the checker's findings.
    """

    form: Format
    workspace: str = ""
    author: str = ""
    with_shares: bool = True
    with_findings: bool = False


@dataclass(frozen=True)
class NotExported(Checked):
    """A pair without a file, and why.

    Attributes
    ----------
    pair
        The surveys.
    sentence
        What stood in the way.
    """

    pair: SurveyPair
    sentence: str

    def __str__(self) -> str:
        return f"{self.pair.title} was not exported. {self.sentence}"


def export_pair(
    folder: Path,
    pair: SurveyPair,
    order: ExportOrder,
    opener: Opener,
    *,
    keys: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Exported:
    """Return the harmonies of a pair as a file.

    A survey the workspace lacks is described by its name alone.

    Parameters
    ----------
    folder, pair
        Folder of the workspace, and whose harmonies are wanted.
    order
        What file is wanted.
    opener
        Opens a survey; ``None`` for one the workspace lacks.
    keys
        Only these harmonies; all when left out.
    progress
        Told the share done and what is in hand.

    Raises
    ------
    InputError
        If there is no such harmony, or as `export_harmonies`.
    CorruptFileError
        If the harmony file or a survey is damaged.
    """
    harmonies = _selected(HarmonyStore(folder, pair).load(), keys)
    facts = _facts(folder, harmonies, order, opener, progress)
    return export_harmonies(harmonies, order.form, facts)


def export_pairs(
    folder: Path,
    wanted: Mapping[SurveyPair, Sequence[str] | None],
    order: ExportOrder,
    opener: Opener,
    *,
    progress: Progress | None = None,
) -> tuple[list[Exported], list[NotExported]]:
    """Return the harmonies of several pairs, one file each, and the pairs that could not be exported.

    Parameters
    ----------
    folder, order, opener, progress
        As in `export_pair`.
    wanted
        Pairs, each with the harmonies that are wanted of it; ``None`` for all.

    Raises
    ------
    InputError
        If only one pair is wanted, as `export_pair`.
    CorruptFileError
        Likewise.
    """
    files, failed = [], []
    for place, (pair, keys) in enumerate(wanted.items()):
        tell = _part_of(progress, place, len(wanted), pair)
        try:
            files.append(export_pair(folder, pair, order, opener, keys=keys, progress=tell))
        except HarmonyError as error:
            if len(wanted) == 1:
                raise
            failed.append(NotExported(pair, str(error)))
    return files, failed


def _part_of(
    progress: Progress | None, place: int, count: int, pair: SurveyPair
) -> Progress | None:
    """Tell the share of all pairs, and which of them is in hand."""
    if progress is None or count == 1:
        return progress
    progress(place / count, f"{pair.title} ({place + 1} of {count})")
    return lambda share, words: progress((place + share) / count, f"{pair.title}: {words}")


def _selected(harmonies: HarmonySet, keys: Sequence[str] | None) -> HarmonySet:
    if keys is None:
        return harmonies
    known = [item.key for item in harmonies.harmonies]
    for key in keys:
        if key not in known:
            raise InputError.unknown("harmony", key, known, where=harmonies.pair.title)
    wanted = set(keys)
    return HarmonySet(
        harmonies.pair, tuple(item for item in harmonies.harmonies if item.key in wanted)
    )


def _facts(
    folder: Path,
    harmonies: HarmonySet,
    order: ExportOrder,
    opener: Opener,
    progress: Progress | None,
) -> DocumentFacts:
    """Gather what the format shows."""
    pair = harmonies.pair
    opened = {
        side: opener(survey)
        for side, survey in zip(SIDES, (pair.donor, pair.recipient), strict=True)
    }
    stored: dict[SideName, SurveySource] = {
        side: survey for side, survey in opened.items() if survey is not None
    }
    previews = {}
    is_shown = order.form == "html" and (order.with_shares or order.with_findings)
    if is_shown and len(stored) == len(SIDES):
        previews = preview_harmonies(
            harmonies,
            stored["donor"],
            stored["recipient"],
            others=sibling_sets(folder, pair),
            progress=progress,
        )
    source = Provenance(
        order.workspace,
        datetime.now().astimezone().isoformat(timespec="minutes"),
        order.author,
        version("survey-harmonization-tool"),
    )
    known = {side: survey_facts(survey) for side, survey in stored.items()}
    return DocumentFacts(
        source,
        dict.fromkeys(SIDES, SurveyFacts()) | known,
        previews,
        with_shares=order.with_shares,
        with_findings=order.with_findings,
    )


__all__ = ["ExportOrder", "NotExported", "export_pair", "export_pairs"]
