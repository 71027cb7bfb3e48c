"""Which harmonies use a recode, and what a change of it does to each of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fusion_core.arguments import PathLike
from fusion_core.harmony.editing import Change, harmony_changes
from fusion_core.harmony.model import SIDES, Harmony, HarmonySet, SideName, SurveyPair
from fusion_core.harmony.recodes.following import Departure, departures, detach, refollow
from fusion_core.harmony.recodes.recode import Recode
from fusion_core.harmony.store import HarmonyStore
from fusion_core.records import Checked


@dataclass(frozen=True, slots=True)
class Use(Checked):
    """A side of a saved harmony that takes its groups from a recode.

    Attributes
    ----------
    pair, key, side
        The harmony and its side.
    departures
        Levels that are in another group than the recode says.
    """

    pair: SurveyPair
    key: str
    side: SideName
    departures: tuple[Departure, ...] = ()


@dataclass(frozen=True, slots=True)
class Consequence(Checked):
    """What a change of a recode does to a harmony.

    Attributes
    ----------
    pair
        The pair of surveys.
    before, after
        The harmony before and after.
    undecided
        Levels that had a group and have none afterwards, so that somebody must decide; such a
        harmony is kept as a draft until they are.
    """

    pair: SurveyPair
    before: Harmony
    after: Harmony
    undecided: tuple[tuple[SideName, str], ...] = ()

    @property
    def changes(self) -> list[Change]:
        """What differs, in words."""
        return harmony_changes(self.before, self.after)


def uses_of(recode: Recode, sets: Iterable[HarmonySet]) -> list[Use]:
    """List the sides of saved harmonies that take their groups from a recode.

    Parameters
    ----------
    recode
        The recode.
    sets
        The harmonies of all pairs; see `fusion_core.harmony.store.list_pairs`.
    """
    return [
        Use(item.pair, harmony.key, name, departures(recode, harmony.side(name)))
        for item in sets
        for harmony in item.harmonies
        for name in SIDES
        if harmony.side(name).recode == recode.name
    ]


def consequences(before: Recode, after: Recode, sets: Iterable[HarmonySet]) -> list[Consequence]:
    """List the harmonies a change of a recode changes, as they are and as they will be.

    Parameters
    ----------
    before, after
        The recode before and after the change.
    sets
        The harmonies of all pairs.
    """
    found = []
    for item in sets:
        for harmony in item.harmonies:
            if all(harmony.side(name).recode != before.name for name in SIDES):
                continue
            changed = refollow(harmony, before, after)
            if changed != harmony:
                undecided = _undecided(harmony, changed)
                found.append(Consequence(item.pair, harmony, changed, undecided))
    return found


def carry_out(folder: PathLike, found: Iterable[Consequence], *, author: str) -> tuple[int, int]:
    """Save what a change of a recode does to the harmonies, each with an entry in its history.

    A harmony with levels to decide is kept as a draft of the author instead; one that somebody
    saved since it was looked at stays as it is.

    Returns
    -------
    tuple of int
        How many harmonies were saved, and how many are kept as drafts.
    """
    by_pair: dict[SurveyPair, list[Consequence]] = {}
    for item in found:
        by_pair.setdefault(item.pair, []).append(item)
    saved = drafts = 0
    for pair, items in by_pair.items():
        store = HarmonyStore(folder, pair)
        whole = [item for item in items if not item.undecided]
        saved += len(
            store.change_all(
                {item.after.key: item.after for item in whole},
                author=author,
                expected={item.before.key: item.before.revision for item in whole},
            )
        )
        for item in items:
            if item.undecided:
                store.save_draft(item.after, user=author)
                drafts += 1
    return saved, drafts


def detachments(name: str, sets: Iterable[HarmonySet]) -> list[Consequence]:
    """List the harmonies that use a recode, and what they are without it: their groups stay.

    Parameters
    ----------
    name
        Name of the recode.
    sets
        The harmonies of all pairs.
    """
    found = []
    for item in sets:
        for harmony in item.harmonies:
            changed = harmony
            for side in SIDES:
                if harmony.side(side).recode == name:
                    changed = detach(changed, side)
            if changed != harmony:
                found.append(Consequence(item.pair, harmony, changed))
    return found


def _undecided(before: Harmony, after: Harmony) -> tuple[tuple[SideName, str], ...]:
    """Return the levels that lost their group; those open before are no news."""
    open_before = set(left_undecided(before))
    return tuple(item for item in left_undecided(after) if item not in open_before)


def left_undecided(harmony: Harmony) -> tuple[tuple[SideName, str], ...]:
    """Return the levels without a group, with their side."""
    return tuple(
        (name, item.level)
        for name in SIDES
        for item in harmony.side(name).levels
        if item.group is None
    )


__all__ = [
    "Consequence",
    "Use",
    "carry_out",
    "consequences",
    "detachments",
    "left_undecided",
    "uses_of",
]
