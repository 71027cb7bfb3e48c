"""Suggestions on the page: offered beside the match, taken whole, in parts, level by level, or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from fusion_core.errors import HarmonyError, InputError
from fusion_core.harmony.matching import Confidence
from fusion_core.harmony.model import SIDES, Harmony, SurveyPair
from fusion_core.harmony.suggest import (
    Suggestion,
    SuggestionIndex,
    open_parts,
    suggested_groups,
    take,
    take_levels,
)
from fusion_core.surveys.model import Variable
from harmony_app.harmonize.work import (
    Actions,
    Host,
    Message,
    PairSession,
    messages,
    require_harmony,
    require_work,
)
from harmony_app.shell.work import BackgroundWork, SlowWork

CONFIDENCE_WORDS: Final[Mapping[Confidence, str]] = {
    "sure": "almost certainly right",
    "likely": "probably right, worth a look",
    "unsure": "a first guess, look closely",
}
"""How far a suggestion can be trusted, as people read it."""

PATIENCE: Final = 1.0
"""Seconds a person looks at 'Looking for a suggestion …' before wording alone answers."""

STILL_READING: Final = "the harmonies of other surveys are still being read"

Match = tuple[SurveyPair | None, str]
"""A pair of surveys and the key of a harmony: keys repeat from one pair to the next."""


class Suggesting:
    """The part of the page that offers suggestions and takes them over.

    Parameters
    ----------
    host
        The page.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._slow_work = SlowWork(host.session.visitor)
        self._meanwhile = SlowWork(host.session.visitor, head_start=PATIENCE)
        self._warming = BackgroundWork[None]()
        self._index: SuggestionIndex | None = None
        self._found: dict[Match, Suggestion] = {}
        self._wanted: set[Match] = set()
        self._looking_for: Match | None = None
        self._may_look = False

    @property
    def actions(self) -> Actions:
        """What a message of each kind starts."""
        return {
            "suggest": self._want,
            "dismiss_suggestion": self._dismiss,
            "take_suggestion": self._take,
            "take_levels": self._take_levels,
            "take_candidate": self._take_candidate,
        }

    # What is offered -------------------------------------------------------------------------

    def show(self) -> None:
        """Show what is suggested for the open match, or look for it first."""
        host, current = self._host, self._host.state.current
        if self._looking_for not in {None, self._match}:
            self._abandon()
        if host.work is None or current is None or not self._is_offered():
            self._abandon()
            host.browser.show(suggestion=None)
        elif not self._may_look:
            host.browser.show(suggestion={"key": current.key, "looking": True})
        elif self._match not in self._found or self._index is not host.work.shared_index.latest:
            self._look(host.work, current)
        else:
            host.browser.show(suggestion=self._record(current))

    def foreseen(self) -> Harmony | None:
        """Return what an untouched match would become with the whole suggestion."""
        state = self._host.state
        found = self._found.get(self._match)
        if state.current is None or state.is_draft or state.saved or not found:
            return None
        if not self._is_offered():
            return None
        whole = take(state.current, found.harmony, *self._variables(state.current))
        return None if whole == state.current else whole

    def warm(self) -> None:
        """Read what the workspace knows beside the page, then rank the candidates by it.

        Suggestions are looked for from the first call on: found sooner, they would reach no browser.
        """
        self._may_look = True
        host, work = self._host, self._host.work
        if work is None or work.shared_index.latest is not None:
            return

        def rank(_: object) -> None:
            if work.shared_index.latest is not None:
                host.show("subject")

        self._warming.start(work.shared_index.reading(), rank, self._report)

    def take_whole(self) -> None:
        """Take over everything that is left of the suggestion, at once."""
        work, current = require_work(self._host), require_harmony(self._host)
        if self._match not in self._found:
            donor, recipient = work.variables(current)
            columns = work.surveys.donor.dictionary.answers()
            years = work.surveys.price_years
            found = work.index.suggest(
                donor, recipient.name, work.pair, columns=columns, price_years=years
            )
            self._keep(self._match, work.shared_index.latest, found)
        taken = take(current, self._found_here().harmony, *self._variables(current))
        self._host.edit(taken)

    @property
    def _match(self) -> Match:
        return self._host.state.pair, self._host.state.key

    def _is_offered(self) -> bool:
        """Whether to suggest: for a new match, or where a person asked for it."""
        match, work = self._match, self._host.work
        if match in self._wanted:
            return True
        return self._host.state.saved is None and work is not None and match[1] not in work.declined

    def _look(self, work: PairSession, current: Harmony) -> None:
        match = self._match
        if self._looking_for == match:
            return
        self._looking_for = match
        self._host.browser.show(suggestion={"key": current.key, "looking": True})
        donor, recipient = work.variables(current)
        columns = tuple(work.surveys.donor.dictionary.answers())
        years = work.surveys.price_years

        def find() -> tuple[SuggestionIndex, Suggestion] | None:
            index = work.shared_index.fresh()
            if self._looking_for != match:  # the person went on while the files were read
                return None
            return index, index.suggest(
                donor, recipient.name, work.pair, columns=columns, price_years=years
            )

        def offer(found: tuple[SuggestionIndex, Suggestion] | None) -> None:
            if found is None:
                return
            self._abandon()
            self._keep(match, *found)
            self.show()
            self._host.schedule()

        def find_by_wording() -> Suggestion:
            index = work.shared_index.by_wording
            found = index.suggest(
                donor, recipient.name, work.pair, columns=columns, price_years=years
            )
            return replace(found, reasons=(*found.reasons, STILL_READING))

        def offer_meanwhile(found: Suggestion) -> None:
            self._keep(match, work.shared_index.latest, found)
            self.show()
            self._host.schedule()

        self._slow_work.start(find, offer, self._report)
        if self._looking_for == match:
            self._meanwhile.start(find_by_wording, offer_meanwhile, self._report)

    def _abandon(self) -> None:
        """Stop looking: what is found from now on is dropped."""
        self._looking_for = None
        self._slow_work.cancel()
        self._meanwhile.cancel()

    def _keep(self, match: Match, index: SuggestionIndex | None, found: Suggestion) -> None:
        if self._index is not index:
            self._index, self._found = index, {}
        self._found[match] = found

    def _report(self, error: Exception) -> None:
        self._looking_for = None
        self._host.browser.show(suggestion=None)
        if not isinstance(error, HarmonyError):
            raise error
        self._host.toast(f"There are no suggestions: {error.message}", severity="error")

    def _record(self, current: Harmony) -> dict[str, Any] | None:
        found, variables = self._found[self._match], self._variables(current)
        parts = open_parts(current, found.harmony, *variables)
        if not parts and self._match not in self._wanted:
            return None
        groups = suggested_groups(current, found.harmony, *variables)
        return {
            "key": current.key,
            "looking": False,
            "confidence": found.confidence,
            "confidence_words": CONFIDENCE_WORDS[found.confidence],
            "reasons": list(found.reasons),
            "parts": [{"name": part.name, "words": part.words} for part in parts],
            "groups": {"donor": list(groups.donor), "recipient": list(groups.recipient)},
        }

    # What is taken ---------------------------------------------------------------------------

    def _want(self, message: Message) -> None:
        del message
        require_harmony(self._host)
        self._wanted.add(self._match)
        if self._match[1] in (work := require_work(self._host)).declined:
            work.decline(self._match[1], again=True)

    def _dismiss(self, message: Message) -> None:
        del message
        require_harmony(self._host)
        self._wanted.discard(self._match)
        require_work(self._host).decline(self._match[1])

    def _take(self, message: Message) -> None:
        """Take over everything that is left, or the parts a message names."""
        parts = message.get("parts")
        if parts is not None and not (
            isinstance(parts, list) and all(isinstance(item, str) for item in parts)
        ):
            raise InputError("The message names no parts of a suggestion")
        found, current = self._found_here(), require_harmony(self._host)
        taken = take(current, found.harmony, *self._variables(current), parts=parts)
        if taken == current:
            raise InputError(
                "The suggestion has nothing to add", fix="Put the remaining levels in by hand"
            )
        self._host.edit(taken)

    def _take_levels(self, message: Message) -> None:
        found, current = self._found_here(), require_harmony(self._host)
        groups = suggested_groups(current, found.harmony, *self._variables(current))
        chosen = {
            name: messages.positions(message.get(name, []), len(current.side(name).levels))
            for name in SIDES
        }
        self._host.edit(take_levels(current, groups, chosen))

    def _take_candidate(self, message: Message) -> None:
        """Open a candidate with its whole suggestion: one click instead of two."""
        host = self._host
        donor, recipient = messages.text(message, "donor"), messages.text(message, "recipient")
        host.open(donor, recipient)
        if host.state.saved is not None or host.state.is_draft:
            raise InputError(
                f"{donor} and {recipient} have a harmony already",
                fix="It is open now; ask for a suggestion there",
            )
        self.take_whole()

    def _found_here(self) -> Suggestion:
        found = self._found.get(self._match)
        if found is None:
            raise InputError("The suggestion is not there yet", fix="Try again in a moment")
        return found

    def _variables(self, harmony: Harmony) -> tuple[Variable, Variable]:
        return require_work(self._host).variables(harmony)


__all__ = ["CONFIDENCE_WORDS", "Suggesting"]
