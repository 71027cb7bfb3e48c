"""Two people changed the same harmony: show what each did, and merge it item by item."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fusion_core.errors import InputError
from fusion_core.harmony.editing import (
    Choice,
    Difference,
    Field,
    Merge,
    bundle_words,
    bundles,
    merge,
    value_words,
)
from fusion_core.harmony.model import SIDES, Harmony
from harmony_app.harmonize.work import (
    Actions,
    Host,
    Message,
    PairSession,
    messages,
    require_harmony,
    require_work,
)
from harmony_app.harmonize.work import state as states

_CHOICES: Final[dict[object, Choice]] = {"mine": "mine", "theirs": "theirs"}


class Conflicts:
    """The part of the page that settles conflicts.

    Parameters
    ----------
    host
        The page.
    save
        Saves the current harmony once a conflict is settled.
    """

    def __init__(self, host: Host, save: Callable[[], None]) -> None:
        self._host = host
        self._save = save

    @property
    def actions(self) -> Actions:
        """What a message of each kind starts."""
        return {"differences": self._differences, "resolve": self._resolve}

    def show(self) -> None:
        """Show what both did since the version both know."""
        host, work = self._host, require_work(self._host)
        work.reload()
        mine, theirs = require_harmony(host), work.saved.get(host.state.key)
        if theirs is None:
            host.browser.tell("conflict", key=mine.key, deleted=True, revision=0)
            return
        found = merge(base_version(work, host.state), mine, theirs)
        host.browser.tell("conflict", **conflict_record(found, mine, theirs, work.author))

    def _differences(self, message: Message) -> None:
        del message
        self.show()

    def _resolve(self, message: Message) -> None:
        host, work = self._host, require_work(self._host)
        work.reload()
        mine, theirs = require_harmony(host), work.saved.get(host.state.key)
        if (theirs.revision if theirs else 0) != messages.whole(
            message.get("revision"), "The revision"
        ):
            self.show()  # somebody saved once more while the dialogue was open
            return
        keep = message.get("keep")
        if keep == "theirs":
            self._take_theirs(work, theirs)
        else:
            if keep != "mine":
                if theirs is None:
                    raise InputError("The harmony was deleted", fix="Choose again")
                self._take_merged(merge(base_version(work, host.state), mine, theirs), message)
            host.state = states.rebase(host.state, theirs)
            if message.get("save") is True:
                self._save()
                return
            host.toast("Both versions are merged in your draft; save it to keep it.")
        host.show("subject")

    def _take_merged(self, found: Merge, message: Message) -> None:
        chosen = message.get("choices")
        asked = _asked(found)
        if not isinstance(chosen, list) or len(chosen) != len(asked):
            raise InputError("The choices do not fit what is asked", fix="Choose again")
        choices: dict[Field, Choice] = {}
        for items, choice in zip(asked, chosen, strict=True):
            if choice not in _CHOICES:
                raise InputError("A choice is neither yours nor theirs", fix="Choose again")
            choices |= {item.field: _CHOICES[choice] for item in items}
        self._host.edit(found.resolved(choices))

    def _take_theirs(self, work: PairSession, theirs: Harmony | None) -> None:
        host, state = self._host, self._host.state
        work.drop_draft(state.key, state.draft_token)
        if theirs is None:
            host.state = states.mark_deleted(state, work.start(state.donor, state.recipient))
            return
        host.state = states.mark_saved(states.edit(state, theirs), theirs)
        host.toast("Their version is shown. Undo brings your version back as a draft.")


def conflict_record(found: Merge, mine: Harmony, theirs: Harmony, user: str) -> dict[str, Any]:
    """Describe a merge for the dialogue.

    Parameters
    ----------
    found
        What both did.
    mine, theirs
        The version of the person, and the saved one.
    user
        Who is looking.
    """
    names = {"mine": _names(mine, theirs), "theirs": _names(theirs, mine)}
    return {
        "key": theirs.key,
        "deleted": False,
        "revision": theirs.revision,
        "who": "You, in another window," if theirs.author == user else theirs.author or "Somebody",
        "time": theirs.modified,
        "mine": [_row(items, "mine", names) for items in _bundled(found.only_mine)],
        "theirs": [_row(items, "theirs", names) for items in _bundled(found.only_theirs)],
        "items": [
            {
                "what": bundle_words([item.field for item in items]),
                "base": value_words(items[0].field, items[0].base, names["theirs"]),
                "mine": value_words(items[0].field, items[0].mine, names["mine"]),
                "theirs": value_words(items[0].field, items[0].theirs, names["theirs"]),
                "levels": _levels(items),
            }
            for items in _asked(found)
        ],
    }


def base_version(work: PairSession, state: states.ViewState) -> Harmony | None:
    """Return the version a draft started from; ``None`` where the history does not hold it."""
    if state.base_revision == 0:
        return work.start(state.donor, state.recipient)
    try:
        return work.store.version(state.key, state.base_revision)
    except InputError:
        return None


def _asked(found: Merge) -> list[list[Difference]]:
    """Return what the person is asked about, in the order of the dialogue."""
    return _bundled(found.conflicts)


def _bundled(items: tuple[Difference, ...]) -> list[list[Difference]]:
    by_aspect = {item.field: item for item in items}
    grouped = bundles((item.field, (item.base, item.mine, item.theirs)) for item in items)
    return [[by_aspect[field] for field, _ in bundle] for bundle in grouped]


def _names(harmony: Harmony, other: Harmony) -> dict[float, str]:
    """Return what groups are called: their names, else their only answer of either side.

    Of several, the first is named that both versions have there: one that was moved says nothing of
    the group it came to.
    """
    found = dict(harmony.group_names)
    several: dict[float, str] = {}
    for name in SIDES:
        side, theirs = harmony.side(name), set(other.side(name).levels)
        for code in side.group_codes:
            members = [item for item in side.levels if item.group == code]
            if len(members) == 1:
                found.setdefault(code, members[0].level)
            else:
                first = next((item for item in members if item in theirs), members[0])
                several.setdefault(code, f"{first.level} and {len(members) - 1} more")
    return several | found


def _row(items: list[Difference], whose: Choice, names: dict[str, dict[float, str]]) -> list[Any]:
    item = items[0]
    after = item.mine if whose == "mine" else item.theirs
    return [
        bundle_words([each.field for each in items]),
        value_words(item.field, item.base, names[whose]),
        value_words(item.field, after, names[whose]),
        _levels(items),
    ]


def _levels(items: list[Difference]) -> list[str]:
    return [str(item.field.of) for item in items] if len(items) > 1 else []
