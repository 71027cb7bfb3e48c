"""What the page sends to the browser: each part as it follows from the state and the open pair."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from fusion_core.harmony.apply import price_years
from fusion_core.harmony.checks import Finding
from fusion_core.harmony.expressions import ALLOWED_FUNCTIONS
from fusion_core.harmony.model import GROUP_COLOURS, SIDES, Harmony, harmony_key, split_key
from fusion_core.harmony.previews import HarmonyPreview
from fusion_core.harmony.store import list_pairs
from harmony_app.harmonize.match import (
    foreseen_record,
    harmony_form,
    labels_record,
    preview_record,
    rows_record,
)
from harmony_app.harmonize.recodes import side_recode
from harmony_app.harmonize.team import decision_record, variable_reviews
from harmony_app.harmonize.work import (
    Browser,
    PairSession,
    Status,
    Surveys,
    ViewState,
    pair_choice,
    variable_card,
    variable_entries,
    worklist_statuses,
)
from harmony_app.harmonize.work import state as states
from harmony_app.shell.session import Session
from harmony_app.shell.steps import next_way

ShowTable = Callable[[Mapping[str, Status]], None]


class Screen:
    """Shows parts of the page; a part that did not change is not sent again.

    Parameters
    ----------
    session
        The visitor, and the workspace.
    browser
        The browser half of the page.
    show_table
        Shows the table of all harmonies with these statuses.
    """

    def __init__(self, session: Session, browser: Browser, show_table: ShowTable) -> None:
        self._session = session
        self._workspace = session.workspace
        self._browser = browser
        self._show_table = show_table
        self._labels: tuple[object, ...] = ()
        self._consequence: Consequence | None = None

    def show_pair(self, work: PairSession | None) -> None:
        """Show the variables of both surveys of a pair, or none."""
        self._consequence = None
        if work is None:
            self._browser.show(variables=[], recipients=[], subject=None, form=None, preview=None)
            return
        self._browser.show(
            variables=variable_entries(work.surveys.donor.dictionary),
            recipients=variable_entries(work.surveys.recipient.dictionary),
        )

    def show_place(
        self,
        work: PairSession | None,
        state: ViewState,
        *,
        message: list[str] | None = None,
        notice: str = "",
        recover: str = "",
    ) -> None:
        """Show which pair and view is open, and what there is to choose from.

        Parameters
        ----------
        work, state
            The open pair and what is shown of it.
        message
            Where no variable can be shown: why, what to do, and the damaged file.
        notice
            What went wrong with the address the page was opened with.
        recover
            Pair whose damaged file could be rebuilt from its history.
        """
        choice = pair_choice(self._workspace, list_pairs(self._workspace.path))
        surveys = (work.surveys.donor, work.surveys.recipient) if work else ()
        self._browser.show(
            pairs=choice.record,
            place={
                "pair": str(state.pair) if state.pair else "",
                "view": state.view,
                "task": asdict(state.task),
                "harmonies": len(work.saved) if work else 0,
                "message": message or _empty_message(bool(choice.pairs)),
                "next": None
                if choice.pairs
                else asdict(next_way(self._session, ("recipient", "donors"))),
                "notice": notice,
                "recover": recover,
                "palette": list(GROUP_COLOURS),
                "functions": [
                    {"name": name.lower(), "description": line, "call": True}
                    for name, line in ALLOWED_FUNCTIONS.items()
                ],
                "years": sorted(price_years(), reverse=True),
                "price_years": dict(
                    zip(
                        ("donor", "recipient"),
                        (survey.description.price_year for survey in surveys),
                        strict=False,
                    )
                ),
            },
        )

    def show_statuses(self, work: PairSession | None, state: ViewState) -> None:
        """Show how far every donor variable is."""
        if work is None:
            return
        done = {split_key(key)[0] for key in work.saved}
        statuses = work.statuses()
        self._browser.show(
            statuses=worklist_statuses(
                work.surveys.donor.dictionary, statuses, done, work.attention(), work.decided
            )
            | {"reviews": variable_reviews(work)}
        )
        if state.view == "all":
            self._show_table(statuses)

    def show_subject(self, work: PairSession | None, state: ViewState) -> None:
        """Show the chosen variables and what else the donor variable could be matched with."""
        if work is None or not state.donor:
            self._browser.show(subject=None)
            return
        statuses = work.statuses()
        recipient = (
            work.surveys.recipient.dictionary.get(state.recipient) if state.recipient else None
        )
        self._browser.show(
            subject={
                "key": state.key,
                "decision": decision_record(work.decided.get(state.donor)),
                "donor": variable_card(work.surveys.donor.dictionary[state.donor]),
                "recipient_survey": work.pair.recipient.title,
                "recipient": variable_card(recipient) if recipient else None,
                "harmonies": [
                    {
                        "recipient": name,
                        "status": statuses.get(harmony_key(state.donor, name), "saved"),
                    }
                    for name in work.partners(state.donor)
                ],
                "candidates": [
                    {
                        "name": item.variable.name,
                        "score": item.score,
                        "reason": item.reason,
                        "confidence": item.confidence,
                    }
                    for item in work.candidates(state.donor)
                ],
            }
        )

    def show_form(self, work: PairSession | None, state: ViewState, sequence: int) -> None:
        """Show the current harmony as it can be edited."""
        if work is None or state.current is None:
            self._consequence = None
            self._browser.show(form=None, preview=None)
            return
        donor, recipient = work.variables(state.current)
        form = harmony_form(state, work.surveys, sequence=sequence)
        for name in SIDES:
            form["sides"][name]["recode"] = side_recode(self._workspace, state.current, name)
        # Two harmonies may have the same labels, or none; the browser waits for those of this one.
        labels = (
            state.current.key,
            *(
                tuple(item.level for item in side.levels)
                for side in (state.current.donor, state.current.recipient)
            ),
        )
        if labels != self._labels:
            # The lists appear at once; their shares follow with the preview.
            self._labels = labels
            self._consequence = None
            self._browser.show(
                form=form,
                labels=labels_record(state.current),
                rows=rows_record(state.current, donor, recipient, None),
            )
        else:
            self._browser.show(form=form)

    def show_consequence(self, found: Consequence) -> None:
        """Show what the current harmony – or one it could become – does; see `consequence`."""
        self._consequence = found
        self._browser.show(computing=False, **found.parts)

    def show_failure(self, message: str) -> None:
        """Show why it is not known what the current harmony does."""
        self._consequence = None
        self._browser.show(computing=False, preview={"failed": message})

    def shows(self, work: PairSession, harmony: Harmony, foreseen: Harmony | None) -> bool:
        """Whether the consequence shown is the one `consequence` would compute."""
        shown = self._consequence
        return (
            shown is not None
            and shown.surveys is work.surveys
            and (shown.harmony, shown.foreseen) == (harmony, foreseen)
        )

    def findings(self, current: Harmony | None) -> tuple[Finding, ...]:
        """Return what is known to be wrong with the current harmony; none until it was computed."""
        shown = self._consequence
        return shown.preview.findings if shown is not None and shown.harmony == current else ()


@dataclass(frozen=True)
class Consequence:
    """What a harmony does to both surveys, and the parts of the page that show it.

    Attributes
    ----------
    surveys, harmony, foreseen
        What it was computed for; see `consequence`.
    preview, parts
        What the harmony does, and the parts of the page that show it.
    """

    surveys: Surveys
    harmony: Harmony
    foreseen: Harmony | None
    preview: HarmonyPreview
    parts: dict[str, Any]


def consequence(
    work: PairSession, harmony: Harmony, foreseen: Harmony | None = None
) -> Consequence:
    """Compute what a harmony – or one it could become – does; may run in a thread.

    Parameters
    ----------
    work
        The open pair.
    harmony
        The current harmony.
    foreseen
        What an untouched match would be with the whole suggestion.
    """
    surveys, saved = work.surveys, work.saved.get(harmony.key)
    found = work.preview(harmony)
    parts = {
        "rows": rows_record(harmony, *work.variables(harmony), found),
        "preview": preview_record(
            harmony,
            found,
            work.surveys.donor,
            work.surveys.recipient,
            is_saved=saved is not None and states.content(saved) == states.content(harmony),
        )
        if foreseen is None
        else foreseen_record(foreseen, work.preview(foreseen), work.surveys),
    }
    parts["preview"]["key"] = harmony.key
    return Consequence(surveys, harmony, foreseen, found, parts)


def _empty_message(has_pairs: bool) -> list[str]:
    if has_pairs:
        return ["Choose a variable on the left", "", ""]
    return [
        "Harmonizing needs two surveys",
        "Import a donor and a recipient survey on the Surveys page.",
        "",
    ]
