"""The crosswalk of a pair as one printable HTML file: nothing to load, nothing that runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fusion_core.harmony.apply import RowsCache
from fusion_core.harmony.checks import siblings_of
from fusion_core.harmony.exchange._documentation_section import (
    LOW_SIMILARITY,
    SEVERITY_WORDS,
    TYPE_WORDS,
    Subject,
    percent,
)
from fusion_core.harmony.model import SIDES, Harmony, HarmonySet, SideName
from fusion_core.harmony.previews import HarmonyPreview, preview
from fusion_core.html_templates import html_templates
from fusion_core.records import Checked
from fusion_core.surveys.model import Dictionary, RespondentLevel, SurveyDescription
from fusion_core.surveys.source import SurveySource

Progress = Callable[[float, str], None]

_HOW_TO_READ: Final = (
    "Each section shows one harmony: a question of the donor and one of the recipient, and how the "
    "answers to both become the same predictor. Answers on the same row, in the same colour and "
    "with the same number, count as the same. Shares are weighted. Similarity is 1 where both "
    "surveys have the same distribution and 0 where they have nothing in common; below 0.80 a "
    "predictor is left out of fusion unless somebody keeps it."
)


@dataclass(frozen=True)
class Provenance(Checked):
    """Where a document comes from.

    Attributes
    ----------
    workspace
        Title of the workspace.
    written
        When, ISO 8601.
    author
        Who had it written; empty when unknown.
    version
        Version of the program.
    """

    workspace: str
    written: str
    author: str = ""
    version: str = ""


@dataclass(frozen=True)
class SurveyFacts(Checked):
    """What is known of one of the surveys.

    Attributes
    ----------
    description, dictionary
        ``None`` where the workspace does not have the survey.
    rows
        Microdata in words, such as "5,686 households"; empty without.
    """

    description: SurveyDescription | None = None
    dictionary: Dictionary | None = None
    rows: str = ""


@dataclass(frozen=True)
class DocumentFacts(Checked):
    """What is known beside the harmonies.

    Attributes
    ----------
    provenance
        Where the document comes from.
    surveys
        The two surveys.
    previews
        What each harmony does to the data, by key; see `preview_harmonies`.
    with_shares, with_findings
        Whether shares and similarity, and the checker's findings, are printed.
    """

    provenance: Provenance
    surveys: Mapping[SideName, SurveyFacts] = field(
        default_factory=lambda: dict.fromkeys(SIDES, SurveyFacts())
    )
    previews: Mapping[str, HarmonyPreview] = field(default_factory=dict)
    with_shares: bool = True
    with_findings: bool = False


def preview_harmonies(
    harmonies: HarmonySet,
    donor: SurveySource,
    recipient: SurveySource,
    *,
    others: Sequence[HarmonySet] = (),
    progress: Progress | None = None,
) -> dict[str, HarmonyPreview]:
    """Compute what each harmony does to the data, with the checker's findings.

    Parameters
    ----------
    harmonies
        The harmonies.
    donor, recipient
        The surveys; without microdata there are no shares.
    others
        Harmonies of other vintages, to compare with.
    progress
        Told the share done and the harmony in hand.
    """
    cache, found = RowsCache(), {}
    for place, harmony in enumerate(harmonies.harmonies):
        if progress is not None:
            progress(place / len(harmonies.harmonies), f"Comparing {harmony.key}")
        siblings = siblings_of(harmony, harmonies.pair, others)
        found[harmony.key] = preview(harmony, donor, recipient, cache=cache, siblings=siblings)
    if progress is not None:
        progress(1.0, "All harmonies compared")
    return found


def survey_facts(survey: SurveySource) -> SurveyFacts:
    """Return what a document says of a survey."""
    levels: tuple[RespondentLevel, ...] = ("household", "person")
    counts = [f"{survey.count(level):,} {level}s" for level in levels if survey.has(level)]
    return SurveyFacts(survey.description, survey.dictionary, ", ".join(counts))


def crosswalk_document(harmonies: HarmonySet, facts: DocumentFacts) -> str:
    """Return the documentation of a crosswalk as one self-contained HTML file.

    Parameters
    ----------
    harmonies
        What to document, in the order of the document.
    facts
        What is known beside them.
    """
    pair = harmonies.pair
    titles: dict[SideName, str] = {"donor": pair.donor.title, "recipient": pair.recipient.title}
    subjects = [_subject(harmony, titles, facts) for harmony in harmonies.harmonies]
    template = html_templates(Path(__file__).parent / "templates").get_template("crosswalk.html")
    return template.render(
        pair=pair.title,
        titles=titles,
        subjects=subjects,
        facts=facts,
        how_to_read=_HOW_TO_READ,
        has_similarity=any(item.similarity is not None for item in subjects),
        low_similarity=LOW_SIMILARITY,
        severity_words=SEVERITY_WORDS,
        type_words=TYPE_WORDS,
        percent=percent,
        SIDES=SIDES,
    )


def _subject(harmony: Harmony, titles: Mapping[SideName, str], facts: DocumentFacts) -> Subject:
    seen = facts.previews.get(harmony.key)
    return Subject(
        harmony,
        titles,
        {side: facts.surveys[side].dictionary for side in SIDES},
        seen if facts.with_shares else None,
        seen.findings if seen is not None and facts.with_findings else (),
    )


__all__ = [
    "DocumentFacts",
    "Progress",
    "Provenance",
    "SurveyFacts",
    "crosswalk_document",
    "preview_harmonies",
    "survey_facts",
]
