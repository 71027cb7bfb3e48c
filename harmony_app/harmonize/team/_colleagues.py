"""Who else works on the same harmony: what they saved, what they have open, one's other windows.

Files are looked at every two seconds by their time stamps; only what changed is read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import panel as pn

from fusion_core.errors import HarmonyError
from fusion_core.harmony.model import Harmony
from fusion_core.harmony.store import Draft
from harmony_app.harmonize.work import Actions, Host, Message, PairSession
from harmony_app.harmonize.work import state as states

PERIOD_MS: Final = 2_000


class Colleagues:
    """The part of the page that notices what happens elsewhere.

    Parameters
    ----------
    host
        The page.
    show
        Shows what is noticed of the open harmony; see `notices`.
    """

    def __init__(self, host: Host, show: Callable[[], None]) -> None:
        self._host = host
        self._show = show
        self._stamps: dict[str, object] = {}
        self._others: list[Draft] = []

    @property
    def actions(self) -> Actions:
        """What a message of each kind starts."""
        return {"use_rival": self._use_rival, "keep_this": self._keep_this}

    def watch(self) -> None:
        """Look again and again for as long as the session lives."""
        if pn.state.curdoc is not None and pn.state.curdoc.session_context is not None:
            pn.state.add_periodic_callback(self.look, period=PERIOD_MS)

    def look(self) -> None:
        """Take notice of what changed on disk since the last look."""
        work, key = self._host.work, self._host.state.key
        if work is None:
            return
        try:
            saved = self._changed("saved", (str(work.pair), work.store.stamp()))
            drafts = self._changed("drafts", (str(work.pair), key, work.store.drafts.stamp(key)))
            if saved:
                work.reload()
            elif drafts:
                work.reload_draft(key)
            if decided := self._changed("decided", (str(work.pair), work.store.decisions.stamp())):
                work.reload_decisions()
            if saved or drafts:
                self._meet(work)
            if saved or decided:
                self._host.show("place", "statuses")
        except HarmonyError as error:
            self._host.browser.tell("problem", side=None, field=None, message=error.message)

    def opened(self) -> None:
        """Start from what is on disk now: a harmony was opened."""
        work, key = self._host.work, self._host.state.key
        if work is None:
            return
        self._changed("saved", (str(work.pair), work.store.stamp()))
        self._changed("drafts", (str(work.pair), key, work.store.drafts.stamp(key)))
        self._others = work.store.drafts.of_others(key, user=work.user) if key else []

    def notices(self) -> list[dict[str, Any]]:
        """Return what the person should know about the open harmony, most urgent first."""
        work, state = self._host.work, self._host.state
        if work is None or state.current is None:
            return []
        found = [_overtaken(state, work.saved.get(state.key), work)]
        if state.rival is not None:
            found.append(
                notice(
                    "warn",
                    "You changed this harmony in another window as well.",
                    actions=[
                        ("Show that version", {"kind": "use_rival"}),
                        ("Keep this one", {"kind": "keep_this"}),
                    ],
                )
            )
        found += [
            notice("note", f"{draft.user} has an unsaved draft of this harmony", draft.modified)
            for draft in self._others
        ]
        found += [
            notice("warn", f"A damaged file could not be read and was set aside as {path.name}.")
            for path in work.unreadable
        ]
        return [item for item in found if item]

    def _changed(self, what: str, stamp: object) -> bool:
        before = self._stamps.get(what)
        self._stamps[what] = stamp
        return before != stamp

    def _meet(self, work: PairSession) -> None:
        host, before = self._host, self._host.state
        if before.current is None:
            return
        self._others = work.store.drafts.of_others(before.key, user=work.user)
        self._meet_window(work)
        self._meet_saved(work)
        if host.state != before:
            host.show("subject", "form")
            host.schedule()
        else:
            self._show()

    def _meet_window(self, work: PairSession) -> None:
        """Follow an edit of the same person in another window; nothing here is waiting to be kept."""
        host, state = self._host, self._host.state
        mine = work.kept.get(state.key)
        if state.current is None:
            return
        if mine is not None and mine.token != state.draft_token:
            host.state = states.follow_window(state, mine)
            if states.content(mine.harmony) != states.content(state.current):
                host.toast("Changed in your other window; undo returns to what was here.")
        elif mine is None and state.draft_token and not _same_saved(work, state):
            host.state = states.discard(state)
            host.toast("You dropped this draft in your other window. Undo brings it back.")

    def _meet_saved(self, work: PairSession) -> None:
        host, state = self._host, self._host.state
        theirs, current = work.saved.get(state.key), state.current
        if current is None or _revision(theirs) == _revision(state.saved):
            return
        if theirs is None:
            if not state.is_draft:
                start = work.start(state.donor, state.recipient)
                host.state = states.mark_deleted(state, start)
                host.toast(f"{state.key} was deleted.", undo={"kind": "undelete", "key": state.key})
        elif not state.is_draft:
            host.state = states.mark_saved(states.edit(state, theirs), theirs)
            host.toast(f"{_who(theirs, work)} saved revision {theirs.revision}; it is shown now.")
        elif states.content(theirs) == states.content(current):
            work.drop_draft(state.key, state.draft_token)
            host.state = states.mark_saved(state, theirs)

    def _use_rival(self, message: Message) -> None:
        del message
        self._host.state = states.choose_rival(self._host.state)

    def _keep_this(self, message: Message) -> None:
        del message
        self._host.state = states.keep_this(self._host.state)


def _same_saved(work: PairSession, state: states.ViewState) -> bool:
    """Whether the other window saved what is shown here."""
    saved = work.saved.get(state.key)
    return (
        saved is not None
        and state.current is not None
        and states.content(saved) == states.content(state.current)
    )


def _overtaken(
    state: states.ViewState, theirs: Harmony | None, work: PairSession
) -> dict[str, Any] | None:
    """Tell somebody with unsaved edits that the saved version is another one by now."""
    if not state.is_draft or _revision(theirs) == state.base_revision:
        return None
    if theirs is None:
        return notice(
            "warn", "This harmony was deleted while you edited it. Saving yours brings it back."
        )
    return notice(
        "warn",
        f"{_who(theirs, work)} saved revision {theirs.revision} while you worked on "
        + (f"revision {state.base_revision}" if state.base_revision else "a first version"),
        theirs.modified,
        [("Look at the differences", {"kind": "differences"})],
    )


def _who(theirs: Harmony, work: PairSession) -> str:
    return "You" if theirs.author == work.author else theirs.author or "Somebody"


def _revision(harmony: Harmony | None) -> int:
    return harmony.revision if harmony is not None else 0


def notice(
    tone: str, text: str, time: str = "", actions: list[tuple[str, Message]] | None = None
) -> dict[str, Any]:
    """Describe a line above the match: how urgent, what, since when, and what can be done."""
    return {
        "tone": tone,
        "text": text,
        "time": time,
        "actions": [{"label": label, "message": message} for label, message in actions or []],
    }
