"""`harmony harmonies suggest`: what wording and the workspace's other harmonies suggest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from fusion_core.cli.harmonies._saving import (
    SavedSuggestions,
    is_as_sure,
    read_confidence,
    save_suggested,
    undo_of_saving,
)
from fusion_core.cli.options import (
    JsonOption,
    WorkspaceOption,
    open_workspace,
    read_pair,
    user_name,
)
from fusion_core.cli.output import Output, plain, table
from fusion_core.summaries import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from fusion_core.harmony.apply import RowsCache
    from fusion_core.harmony.matching import Candidate, Confidence
    from fusion_core.harmony.model import SurveyPair
    from fusion_core.harmony.suggest import Suggestion, SuggestionIndex
    from fusion_core.surveys.model import Dictionary, Variable
    from fusion_core.surveys.source import SurveySource
    from fusion_core.workspace.layout import Workspace

_CANDIDATES: Final = 5


def suggest_harmonies(
    variables: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[VARIABLE…]",
            show_default="all undecided",
            help="Donor variables; DONOR__RECIPIENT chooses the recipient variable, too.",
        ),
    ] = None,
    *,
    pair: Annotated[
        str, typer.Option("--pair", metavar="PAIR", help="Two surveys, as RECS_2020__ACS_2019.")
    ],
    save_drafts: Annotated[
        bool, typer.Option("--save-drafts", help="Keep the suggestions as your drafts.")
    ] = False,
    possible: Annotated[
        bool, typer.Option("--possible", help="Without names, also list less certain suggestions.")
    ] = False,
    save: Annotated[
        str,
        typer.Option(
            "--save",
            metavar="CONFIDENCE",
            help="Save as harmonies what is suggested at least this confidently: sure, likely or "
            "unsure.",
        ),
    ] = "",
    user: Annotated[
        str, typer.Option("--user", help="Whose drafts they become.", show_default="your account")
    ] = "",
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Suggest recipient variables, and whole harmonies, for donor variables.

    Variables that are named get their best candidates and a harmony with the first; without names,
    every undecided variable with a candidate worth a look. Nothing is stored without --save or
    --save-drafts, and a draft or harmony that exists already is never replaced. With --save, the
    variable and the harmony must both be that sure, and the harmony must apply to all households.
    """
    from fusion_core.harmony.model import SIDES, split_key
    from fusion_core.harmony.store import HarmonyStore
    from fusion_core.harmony.suggest import SuggestionIndex
    from fusion_core.workspace.knowledge import read_examples

    least = read_confidence(save)
    opened = open_workspace(workspace)
    surveys = read_pair(opened, pair)
    donor, recipient = (opened.dictionary(item) for item in (surveys.donor, surveys.recipient))
    index = SuggestionIndex(recipient, read_examples(opened, surveys.recipient))
    compared = _Microdata.of(opened, surveys)
    store, who = HarmonyStore(opened.path, surveys), user or user_name()
    kept = {*(harmony.key for harmony in store.load().harmonies), *store.load_drafts(who)}
    if variables:
        parts = [(name, "") if name in donor else split_key(name) for name in variables]
        chosen = [(donor.require(own, where=surveys.donor.title), its) for own, its in parts]
    else:
        done = {split_key(key)[0] for key in kept} | store.decisions.set_aside()
        chosen = [(item, "") for item in donor.harmonizable() if item.name not in done]
    stated = [opened.describe(item).price_year for item in (surveys.donor, surveys.recipient)]
    suggest = partial(
        index.suggest,
        columns=tuple(donor.answers()),
        price_years=dict(zip(SIDES, stated, strict=True)),
    )
    found = [_suggested(index, suggest, surveys, asked, compared) for asked in chosen]
    shown = [
        item
        for item in found
        if item
        and (variables or item.is_worth_a_look or (possible and item.candidates[0].is_possible))
    ]
    shown.sort(key=lambda item: (not item.is_worth_a_look, -item.candidates[0].score))
    shown = shown if variables else _finest_areas(shown, kept)
    unlisted = [item for item in found if item and item not in shown and not variables]
    others = sum(item.candidates[0].is_possible for item in unlisted)
    fresh = [item for item in shown if item.suggestion.harmony.key not in kept]
    saved = SavedSuggestions()
    if least is not None:
        sure = [item for item in fresh if item.is_as_sure(least)]
        saved = save_suggested(
            store,
            [item.suggestion.harmony for item in sure],
            (compared.donor, compared.recipient) if compared else None,
            compared.cache if compared else None,
        )
    drafts = [
        item.suggestion.harmony for item in fresh if item.suggestion.harmony.key not in saved.keys
    ]
    for harmony in drafts if save_drafts else ():
        store.save_draft(harmony, user=who)
    record = {
        "pair": str(surveys),
        "drafts": [harmony.key for harmony in drafts] if save_drafts else [],
        "saved": saved.keys,
        "not_saved": saved.refused,
        "suggestions": [_record(item) for item in shown],
    }
    more = f"Less sure: {counted(others, 'suggestion')}, listed with --possible." if others else ""
    if not shown and not more:
        more = _without_questions(surveys, donor, recipient)
    Output(json).result(record, lambda console: _show(console, record, shown, more))


def _without_questions(pair: SurveyPair, donor: Dictionary, recipient: Dictionary) -> str:
    """Say what suggestions lack where most variables of a survey have no description."""
    silent = [
        survey.title
        for survey, dictionary in ((pair.donor, donor), (pair.recipient, recipient))
        if 2 * sum(not item.description for item in dictionary.harmonizable())
        > len(dictionary.harmonizable())
    ]
    if not silent:
        return ""
    return (
        f"Suggestions rest on what was asked, and most variables of {' and '.join(silent)} have no "
        "description: import with a codebook (harmony survey add --codebook … --replace), or match "
        "variables on the page Harmonize."
    )


def _finest_areas(shown: list[_Suggested], kept: set[str]) -> list[_Suggested]:
    """Leave out areas where a finer one, or the same under another name, is matched already."""
    from fusion_core.harmony.model import split_key

    taken = {split_key(key)[1] for key in kept}
    found = []
    for item in shown:
        recipient = item.candidates[0].variable
        if recipient.role == "geography":
            if recipient.name in taken:
                continue
            taken.add(recipient.name)
        found.append(item)
    return found


@dataclass(frozen=True)
class _Suggested:
    """A donor variable, its best candidates, and the harmony suggested with one of them."""

    donor: Variable
    candidates: tuple[Candidate, ...]
    suggestion: Suggestion

    @property
    def is_worth_a_look(self) -> bool:
        """Whether to list it unasked: two lists of answers of which none meet are no suggestion."""
        from fusion_core.harmony.model import SIDES

        sides = [self.suggestion.harmony.side(name) for name in SIDES]
        met = not all(side.levels for side in sides) or all(side.group_codes for side in sides)
        return met and self.candidates[0].is_worth_a_look

    def is_as_sure(self, least: Confidence) -> bool:
        """Whether both the variable and the harmony with it are at least this sure."""
        chosen = next(
            (
                item
                for item in self.candidates
                if item.variable.name == self.suggestion.harmony.recipient.variable
            ),
            None,
        )
        named = "sure" if chosen is None else chosen.confidence  # a person named it
        return is_as_sure(named, self.suggestion.confidence, least=least)


@dataclass(frozen=True)
class _Microdata:
    """The answers of both surveys, to compare their distributions."""

    donor: SurveySource
    recipient: SurveySource
    cache: RowsCache

    @classmethod
    def of(cls, workspace: Workspace, pair: SurveyPair) -> _Microdata | None:
        """Return the answers, if both surveys have any."""
        from fusion_core.harmony.apply import RowsCache

        donor, recipient = (workspace.stored_survey(item) for item in (pair.donor, pair.recipient))
        if not (donor.has("household") and recipient.has("household")):
            return None
        return cls(donor, recipient, RowsCache())


def _suggested(
    index: SuggestionIndex,
    suggest: Callable[[Variable, str, SurveyPair], Suggestion],
    surveys: SurveyPair,
    asked: tuple[Variable, str],
    compared: _Microdata | None,
) -> _Suggested | None:
    from fusion_core.harmony.suggest import COMPARED, by_fit, candidate_fits

    donor, recipient = asked
    found = index.rank(donor, survey=surveys.donor.name, limit=COMPARED)
    if not found:
        return None
    if compared is not None:
        fits = candidate_fits(
            found,
            lambda name: suggest(donor, name, surveys).harmony,
            compared.donor,
            compared.recipient,
            cache=compared.cache,
        )
        found = by_fit(found, fits)
    found = found[:_CANDIDATES]
    chosen = recipient or found[0].variable.name
    return _Suggested(donor, found, suggest(donor, chosen, surveys))


def _record(item: _Suggested) -> dict[str, Any]:
    harmony = item.suggestion.harmony
    return {
        "donor": item.donor.name,
        "description": item.donor.description,
        "candidates": [_candidate(found) for found in item.candidates],
        "harmony": {"key": harmony.key, **plain(harmony)},
        "confidence": item.suggestion.confidence,
        "reasons": list(item.suggestion.reasons),
    }


def _candidate(item: Candidate) -> dict[str, Any]:
    return {
        "variable": item.variable.name,
        "score": round(item.score, 4),
        "probability": round(item.probability, 4),
        "confidence": item.confidence,
        "reason": item.reason,
    }


def _show(console: Console, record: dict[str, Any], shown: list[_Suggested], more: str) -> None:
    rows = [
        (
            item.suggestion.harmony.key,
            item.candidates[0].confidence,
            item.candidates[0].reason,
            f"{item.suggestion.confidence}: {'; '.join(item.suggestion.reasons)}",
        )
        for item in shown
    ]
    console.print(table(("suggested", "variable", "because", "harmony"), rows))
    kept = f", {len(record['drafts'])} kept as drafts" if record["drafts"] else ""
    console.print(f"{counted(len(shown), 'suggestion')} for {record['pair']}{kept}.", markup=False)
    if more:
        console.print(more, markup=False)
    for key, reason in record["not_saved"].items():
        console.print(f"Not saved: {key}: {reason.rstrip('.')}.", markup=False)
    if record["saved"]:
        saved = counted(len(record["saved"]), "harmony", "harmonies")
        console.print(f"{saved} saved: {', '.join(record['saved'])}.", markup=False)
        console.print(
            f"To undo it: {undo_of_saving(record['saved'], record['pair'])}", markup=False
        )


__all__ = ["suggest_harmonies"]
