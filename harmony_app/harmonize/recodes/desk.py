"""A recode edited by itself: its classes, the answers in them, and what a change does to harmonies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from fusion_core.errors import ConflictError, InputError
from fusion_core.harmony.model import DROP, GroupCode, HarmonySet
from fusion_core.harmony.recodes import (
    TITLE_LIMIT,
    Consequence,
    Recode,
    RecodeMerge,
    add_class,
    consequences,
    join_class,
    merge_recodes,
    move_class,
    name_from,
    put_answers,
    put_bins,
    put_starts,
    rename_class,
    with_breakpoints,
)
from fusion_core.harmony.store import HarmonyStore
from harmony_app.harmonize.recodes._desk_records import desk_record, outcome_record
from harmony_app.harmonize.recodes._desk_state import (
    RecodeEdit,
    edited,
    rebased,
    redone,
    undone,
)
from harmony_app.harmonize.recodes.changes import RecodeChanges
from harmony_app.harmonize.vintages import readable_sets
from harmony_app.harmonize.work import (
    Actions,
    Message,
    OverviewHost,
    OverviewPart,
    VintageTask,
    messages,
)

NOTE_LIMIT: Final = 2_000
_ANSWERS_AT_MOST: Final = 10_000
_Edit = Callable[[Recode, Message], Recode]


class RecodeDesk(OverviewPart):
    """The part of the page that shows a recode and edits it.

    Parameters
    ----------
    host
        The page.
    changes
        How a change of a recode reaches the harmonies that use it.
    """

    def __init__(self, host: OverviewHost, changes: RecodeChanges) -> None:
        super().__init__(host)
        self._changes = changes
        self._open: dict[str, RecodeEdit] = {}

    @property
    def actions(self) -> Actions:
        """What a message of each kind starts."""
        return {
            "recode_view": self._show,
            "recode_new": self._begin,
            "recode_edit": self._edit,
            "recode_back": lambda message: self._step(message, undone),
            "recode_again": lambda message: self._step(message, redone),
            "recode_discard": self._discard,
            "recode_together": self._together,
            "recode_keep": self._save,
        }

    # What is open ----------------------------------------------------------------------------

    def _show(self, message: Message) -> None:
        name = messages.text(message, "name", limit=TITLE_LIMIT)
        self._host.show_view("recode", VintageTask(other=name))
        try:
            self._tell(name)
        except InputError:
            self._tell("")
            raise

    def _begin(self, message: Message) -> None:
        """Begin a new recode, empty or as a copy of another one."""
        title = " ".join(messages.text(message, "title", limit=TITLE_LIMIT).split())
        name = name_from(title)
        if not name:
            raise InputError(
                "The recode has no name", fix="Give it one, such as Education, 5 classes"
            )
        if self._changes.shelf.find(name) is not None:
            raise InputError(f"There is a recode '{name}' already", fix="Choose another name")
        copied = messages.text(message, "copy", limit=TITLE_LIMIT)
        empty = Recode(name, title, ((1.0, "First class"),))
        start = self._changes.shelf.get(copied) if copied else empty
        self._keep(
            RecodeEdit(
                None, replace(start, name=name, title=title, revision=0, author="", modified="")
            )
        )
        self._host.show_view("recode", VintageTask(other=name))
        self._tell(name)

    def _opened(self, name: str) -> RecodeEdit:
        """Return a recode as this person left it; another window of theirs may have gone on."""
        shelf, user = self._changes.shelf, self._host.session.visitor
        found, kept = self._open.get(name), shelf.kept(name, user=user)
        if kept is None:
            current = shelf.get(name)
            if found is None or found.is_changed or found.base != current:
                found = RecodeEdit(current, current)
        elif found is None:
            base = shelf.version(name, kept.revision)
            found = RecodeEdit(base, kept, () if base is None else (base,))
        elif replace(found.current, revision=kept.revision) != kept:
            found = edited(found, kept)
        self._open[name] = found
        return found

    def _keep(self, state: RecodeEdit) -> None:
        """Keep the edits on disk, so that a closed tab loses nothing."""
        shelf, user = self._changes.shelf, self._host.session.visitor
        name, revision = state.current.name, state.base.revision if state.base else 0
        self._open[name] = state
        if state.is_changed:
            shelf.keep(replace(state.current, revision=revision), user=user)
        else:
            shelf.forget(name, user=user)

    # What the person does --------------------------------------------------------------------

    def _edit(self, message: Message) -> None:
        name = messages.text(message, "name", limit=TITLE_LIMIT)
        act = _EDITS.get(str(message.get("act")))
        if act is None:
            raise InputError("The message names no edit of a recode")
        state = self._opened(name)
        try:
            self._keep(edited(state, act(state.current, message)))
        finally:
            self._tell(name)  # a refused edit leaves the page, too, as it was

    def _step(self, message: Message, way: Callable[[RecodeEdit], RecodeEdit]) -> None:
        name = messages.text(message, "name", limit=TITLE_LIMIT)
        self._keep(way(self._opened(name)))
        self._tell(name)

    def _discard(self, message: Message) -> None:
        """Drop the edits: the recode is as saved, or gone where it never was."""
        name = messages.text(message, "name", limit=TITLE_LIMIT)
        shelf, saved = self._changes.shelf, self._changes.shelf.find(name)
        shelf.forget(name, user=self._host.session.visitor)
        self._open.pop(name, None)
        if saved is None:
            self._host.show_view("recode", VintageTask())
        self._tell(name if saved else "")

    def _together(self, message: Message) -> None:
        """Bring the edits together with what somebody else saved meanwhile."""
        name = messages.text(message, "name", limit=TITLE_LIMIT)
        state = self._opened(name)
        news = self._news(state)
        if news is not None:
            theirs, found = news
            mine = message.get("prefer") != "theirs"
            merged = found.mine_first if mine else found.theirs_first
            self._keep(rebased(edited(state, merged), theirs))
        self._tell(name)

    def _save(self, message: Message) -> None:
        """Save the recode, and change every harmony that uses it."""
        host, shelf = self._host, self._changes.shelf
        name = messages.text(message, "name", limit=TITLE_LIMIT)
        state = self._opened(name)
        before = shelf.find(name)
        found = self._changes.foreseen(before, state.current)
        drafts = self._drafted(found)
        if drafts:
            raise InputError(
                f"You have an unsaved draft of {drafts[0].before.key}, which would change too",
                where=drafts[0].pair.title,
                fix="Save or discard that draft first",
            )
        try:
            saved = shelf.save(
                state.current,
                author=host.session.user,
                expected_revision=state.base.revision if state.base else 0,
            )
        except ConflictError:
            self._tell(name)  # shows what they did, and how to go on
            raise
        shelf.forget(name, user=host.session.visitor)
        self._open[name] = RecodeEdit(saved, saved)
        self._changes.tell(
            f"Saved the recode “{saved.title}”.", self._changes.carry_out(found), name, before
        )

    # What is shown ---------------------------------------------------------------------------

    def _tell(self, name: str) -> None:
        """Show a recode, or the list of all; what a change does follows."""
        host, shelf = self._host, self._changes.shelf
        sets = readable_sets(host.session.workspace)
        state = self._opened(name) if name else None
        news = self._news(state) if state else None
        drafts = shelf.drafts(user=host.session.visitor)
        host.browser.tell("recode_desk", **desk_record(state, news, shelf.all(), drafts, sets))
        if state is not None:
            self._tell_outcome(state, sets)

    def _tell_outcome(self, state: RecodeEdit, sets: list[HarmonySet]) -> None:
        before, after = self._changes.shelf.find(state.current.name), state.current

        def compute() -> dict[str, Any]:
            found = [] if before is None else consequences(before, after, sets)
            drafted = {(item.pair, item.before.key) for item in self._drafted(found)}
            return outcome_record(after, found, drafted, sets)

        self._slow_work.start(
            compute, lambda found: self._host.browser.tell("recode_outcome", **found), self._failed
        )

    def _drafted(self, found: list[Consequence]) -> list[Consequence]:
        """Return the changed harmonies of which this person has an unsaved draft."""
        session = self._host.session
        kept = {
            pair: HarmonyStore(session.workspace.path, pair).load_drafts(session.visitor)
            for pair in dict.fromkeys(item.pair for item in found)
        }
        return [item for item in found if item.before.key in kept[item.pair]]

    def _news(self, state: RecodeEdit) -> tuple[Recode, RecodeMerge] | None:
        """Return what somebody saved since the edits began, and both versions together."""
        current = self._changes.shelf.find(state.current.name)
        based_on = state.base.revision if state.base else 0
        if current is None or current.revision == based_on:
            return None
        return current, merge_recodes(state.base, state.current, current)


# Edits a message may name --------------------------------------------------------------------


def _put(recode: Recode, message: Message) -> Recode:
    """Put answers, starts of answers and bins into a class."""
    return _placed(recode, message, _class(message.get("group")))


def _put_new(recode: Recode, message: Message) -> Recode:
    """Open a class, with what is chosen in it."""
    opened = add_class(recode, messages.text(message, "title", limit=TITLE_LIMIT))
    return _placed(opened, message, opened.groups[-1][0])


def _placed(recode: Recode, message: Message, group: GroupCode) -> Recode:
    chosen = message.get("entries")
    if not isinstance(chosen, list) or len(chosen) > _ANSWERS_AT_MOST:
        raise InputError("The message lists no answers")
    texts: dict[str, list[str]] = {"answer": [], "start": [], "bin": []}
    for item in chosen:
        if not isinstance(item, list) or len(item) != 2 or item[0] not in texts:  # noqa: PLR2004
            raise InputError("The message lists no answers")
        texts[item[0]].append(str(item[1]))
    if any(not text.strip() for text in texts["start"]):
        raise InputError("Write how the answers start", where=recode.name)
    recode = put_answers(recode, texts["answer"], group)
    recode = put_starts(recode, texts["start"], group)
    if not texts["bin"]:
        return recode
    if group is None:
        raise InputError("A bin belongs to a class", fix="Remove its break point instead")
    return put_bins(recode, {int(text) for text in texts["bin"] if text.isdigit()}, group)


def _rename(recode: Recode, message: Message) -> Recode:
    return rename_class(recode, _code(message), messages.text(message, "title"))


def _join(recode: Recode, message: Message) -> Recode:
    return join_class(recode, _code(message), _class(message.get("into")))


def _move(recode: Recode, message: Message) -> Recode:
    return move_class(recode, _code(message), messages.whole(message.get("step"), "The step"))


def _about(recode: Recode, message: Message) -> Recode:
    """Change the title, the note, or whether the classes have an order."""
    title = " ".join(messages.text(message, "title", limit=TITLE_LIMIT).split())
    if not title:
        raise InputError("The recode has no title", fix="Give it one")
    note = messages.text(message, "note", limit=NOTE_LIMIT).strip()
    return replace(recode, title=title, note=note, ordered=bool(message.get("ordered")))


def _breaks(recode: Recode, message: Message) -> Recode:
    points = message.get("points")
    if not isinstance(points, list):
        raise InputError("The message lists no break points")
    return with_breakpoints(recode, [messages.number(item, "A break point") for item in points])


def _code(message: Message) -> float:
    return messages.number(message.get("code"), "The class")


def _class(value: object) -> GroupCode:
    return DROP if value == DROP else messages.group(value)


_EDITS: Final[dict[str, _Edit]] = {
    "put": _put,
    "put_new": _put_new,
    "rename": _rename,
    "join": _join,
    "move": _move,
    "about": _about,
    "breaks": _breaks,
}


__all__ = ["RecodeDesk"]
