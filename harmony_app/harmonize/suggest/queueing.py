"""The queue of suggestions: everything unharmonized with a candidate, the trustworthy ones first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from fusion_core.errors import HarmonyError, InputError
from fusion_core.harmony.matching import Candidate
from fusion_core.harmony.model import harmony_key, split_key
from fusion_core.harmony.store import names_set_aside
from fusion_core.surveys.model import Variable
from harmony_app.harmonize.suggest.suggesting import CONFIDENCE_WORDS
from harmony_app.harmonize.work import Actions, Host, Message, PairSession, messages, require_work
from harmony_app.shell.work import BackgroundWork


@dataclass(frozen=True, slots=True)
class Queued:
    """A donor variable with the candidate that is suggested for it."""

    donor: str
    candidate: Candidate

    @property
    def key(self) -> str:
        """Key of the harmony the two would have."""
        return harmony_key(self.donor, self.candidate.variable.name)

    @property
    def is_area(self) -> bool:
        """Whether it matches areas, of which the finest is enough."""
        return self.candidate.variable.role == "geography"

    @property
    def rank(self) -> tuple[bool, float, str]:
        """What is shown first: what is worth a look, then what is possible, best first."""
        return not self.candidate.is_worth_a_look, -self.candidate.score, self.donor


class Queueing:
    """The part of the page that finds what can be suggested and leads through it.

    Parameters
    ----------
    host
        The page.
    take_whole
        Takes over all that is suggested for the open match.
    keep, save
        Keep the open harmony as a draft, and save it.
    """

    def __init__(
        self,
        host: Host,
        *,
        take_whole: Callable[[], None],
        keep: Callable[[], None],
        save: Callable[[], None],
    ) -> None:
        self._host = host
        self._take_whole = take_whole
        self._keep_draft = keep
        self._save_open = save
        self._background = BackgroundWork[tuple[str, Candidate | None]]()
        self._found: list[Queued] = []
        self._left = 0
        self._total = 0
        self._skipped: set[str] = set()
        self._at = ""
        self._taken = 0

    @property
    def actions(self) -> Actions:
        """What a message of each kind starts."""
        return {
            "queue_start": self._start,
            "queue_stop": self._stop,
            "queue_draft": self._draft,
            "queue_save": self._save,
            "queue_skip": self._skip,
            "queue_never": self._never,
            "queue_again": self._again,
        }

    # What there is to suggest ----------------------------------------------------------------

    def search(self) -> None:
        """Rank the candidates of all donor variables beside the page, a few at a time."""
        work = require_work(self._host)
        self._found, self._skipped, self._at, self._taken = [], set(), "", 0
        answers = work.surveys.donor.dictionary.harmonizable()
        self._left = self._total = len(answers)

        def keep(found: list[tuple[str, Candidate | None]]) -> None:
            self._left -= len(found)
            first = [Queued(name, item) for name, item in found if item is not None]
            self._found += [
                item
                for item in first
                if item.candidate.is_worth_a_look or item.candidate.is_possible
            ]
            self._found.sort(key=lambda item: item.rank)
            self.show()

        self._background.start(_ranked(work, answers), keep, self._report)

    def show(self) -> None:
        """Show how many suggestions wait, and where in the queue the person is."""
        waiting = self._waiting()
        keys = [item.key for item in waiting]
        at = next((item for item in self._found if item.key == self._at), None)
        if at is not None and self._host.state.key != self._at:
            at = None  # the person went elsewhere; the queue waits
        self._host.browser.show(
            queue={
                "progress": 1 - self._left / max(self._total, 1),
                "items": {item.donor: item.candidate.variable.name for item in waiting},
                "less_sure": [item.donor for item in waiting if not item.candidate.is_worth_a_look],
                "at": at
                and {
                    "key": at.key,
                    "left": len([key for key in keys if key != at.key]),
                    "taken": self._taken,
                    "reason": at.candidate.reason,
                    "words": CONFIDENCE_WORDS[at.candidate.confidence],
                },
            }
        )

    def _report(self, error: Exception) -> None:
        self._left = 0
        if not isinstance(error, HarmonyError):
            raise error
        self._host.toast(f"There are no suggestions: {error.message}", severity="error")

    def _waiting(self) -> list[Queued]:
        work = require_work(self._host)
        done = {split_key(key)[0] for key in (*work.saved, *work.drafts)} | names_set_aside(
            work.decided
        )
        # One area of a donor says all that its coarser areas, or other names of it, could.
        partners = {split_key(key)[1] for key in (*work.saved, *work.drafts)}
        refused = work.declined | self._skipped
        return [
            item
            for item in self._found
            if item.donor not in done
            and item.key not in refused
            and not (item.is_area and item.candidate.variable.name in partners)
        ]

    # Going through them ----------------------------------------------------------------------

    def _start(self, message: Message) -> None:
        del message
        self._skipped.clear()
        self._taken = 0
        self._next()

    def _stop(self, message: Message) -> None:
        del message
        self._at = ""

    def _draft(self, message: Message) -> None:
        del message
        self._current()
        self._take_whole()
        if not self._host.state.is_draft:
            raise InputError(
                "Both numbers are used as they are, so there is nothing to keep as a draft",
                fix="Save it (s) or skip it (k)",
            )
        # The next one opens in the same turn: what is kept late would be kept of that one.
        self._keep_draft()
        self._taken += 1
        self._next()

    def _save(self, message: Message) -> None:
        del message
        current = self._current()
        self._take_whole()
        self._save_open()
        # A conflict is shown and stays open; only what is saved is left behind.
        if self._host.state.saved is not None and require_work(self._host).saved.get(current.key):
            self._taken += 1
            self._next()

    def _skip(self, message: Message) -> None:
        del message
        self._skipped.add(self._current().key)
        self._next()

    def _never(self, message: Message) -> None:
        del message
        current, work = self._current(), require_work(self._host)
        work.decline(current.key)
        self._next()
        self._host.toast(
            f"{current.donor} with {current.candidate.variable.name} will not be suggested to you again.",
            undo={"kind": "queue_again", "key": current.key},
        )

    def _again(self, message: Message) -> None:
        key, work = messages.text(message, "key"), require_work(self._host)
        work.decline(key, again=True)
        found = next((item for item in self._found if item.key == key), None)
        if found is not None:
            self._open(found)

    def _next(self) -> None:
        waiting = self._waiting()
        if waiting:
            self._open(waiting[0])
            return
        self._at = ""
        self._host.toast(
            "Those were all the suggestions."
            if not self._left
            else "No more suggestions yet; the search goes on."
        )

    def _open(self, item: Queued) -> None:
        self._at = item.key
        self._host.open(item.donor, item.candidate.variable.name)

    def _current(self) -> Queued:
        found = next((item for item in self._found if item.key == self._at), None)
        if found is None or self._host.state.key != self._at:
            raise InputError("No suggestion of the queue is open", fix="Start the queue again")
        return found


def _ranked(
    work: PairSession, variables: Iterable[Variable]
) -> Iterator[tuple[str, Candidate | None]]:
    """Yield every variable with its best candidate, by what the files say at the beginning."""
    work.shared_index.fresh()
    columns = tuple(work.surveys.donor.dictionary.answers())
    years = work.surveys.price_years
    for variable in variables:
        best = work.shared_index.first(
            work.pair.donor, variable, columns=columns, price_years=years
        )
        yield variable.name, best


__all__ = ["Queued", "Queueing"]
