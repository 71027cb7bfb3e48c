"""Compare a harmony with its siblings: the same harmony for other years of the same surveys.

The same labels should be grouped alike every year. Where they are not, the majority of the years
and the wording of the labels tell which year is wrong.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Final, TypeVar

from fusion_core.errors import HarmonyError
from fusion_core.harmony.checks._amounts import typed_factor
from fusion_core.harmony.checks._texts import ALIKE, LabelText, better_worded
from fusion_core.harmony.checks.findings import Case, Finding, Fix, Severity, count, listed
from fusion_core.harmony.editing import edits as editing
from fusion_core.harmony.model import (
    OTHER_SIDE,
    SIDES,
    Harmony,
    HarmonySet,
    Side,
    SideName,
    SurveyPair,
    as_number,
    format_number,
    is_group,
    resolve_rule,
)
from fusion_core.records import Checked

_CLEARLY: Final = 0.05
_STRONGLY: Final = 0.3
_MANY: Final = 3
_IDLE: Final = re.compile(r"[\W_]+")
_SHOWN: Final = 3
_QUOTED: Final = 2
_FACTOR: Final = re.compile(r"\(?[a-z_]\w*\)?\s*(?P<sign>[*/])\s*(?P<number>\d+(?:\.\d+)?)")

Setting = TypeVar("Setting", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Sibling(Checked):
    """The same harmony for another year of one of the surveys.

    Attributes
    ----------
    name
        How people tell it apart, such as ``ACS 2018``.
    harmony
        The harmony.
    """

    name: str
    harmony: Harmony


@dataclass(frozen=True, slots=True)
class _Moved:
    """A level that siblings put elsewhere.

    Attributes
    ----------
    side, level
        The level.
    here, there
        The other side's labels it meets here, and in the siblings that differ.
    votes, against
        How many harmonies, this one included, group it as here; how many contradict.
    siblings
        Names of those that contradict.
    """

    side: SideName
    level: str
    here: frozenset[str]
    there: frozenset[str]
    votes: int
    against: int
    siblings: tuple[str, ...]


def siblings_of(harmony: Harmony, pair: SurveyPair, sets: Iterable[HarmonySet]) -> list[Sibling]:
    """Return the harmonies of the same two variables for other vintages of the same surveys."""
    found = []
    for other in sets:
        same = (other.pair.donor.name, other.pair.recipient.name) == (
            pair.donor.name,
            pair.recipient.name,
        )
        match = other.get(harmony.key) if same and other.pair != pair else None
        if match is not None:
            found.append(Sibling(_name(other.pair, pair), match))
    return found


def _name(pair: SurveyPair, seen_from: SurveyPair) -> str:
    """Name only the survey whose year differs; both where both do."""
    if pair.donor == seen_from.donor:
        return pair.recipient.title
    return pair.donor.title if pair.recipient == seen_from.recipient else pair.title


def grouped_differently(case: Case, siblings: Sequence[Sibling]) -> Iterator[Finding]:
    """Find levels that meet entirely other levels than the same levels do in sibling years.

    The sentence tells what most years do. ``error``: most years are against this harmony, and there the
    level meets a label that reads alike; ``warning``: three quarters of the years are, or most years
    and the wording; ``hint``: it may as well be the siblings that are wrong.
    """
    if not siblings:
        return
    text = LabelText.of(case.harmony)
    moved = [item for name in SIDES for item in _moved_levels(case.harmony, name, siblings)]
    judged = [(severity, item) for item in moved if (severity := _severity(item, text))]
    # The same contradiction shows on both sides; the side with fewer moved levels explains it.
    for severity, group in groupby(sorted(judged, key=lambda pair: pair[0]), lambda pair: pair[0]):
        items = [item for _, item in group]
        sides = Counter(item.side for item in items)
        side = min(sides, key=lambda name: (sides[name], name))
        yield _report(case, side, [item for item in items if item.side == side], severity)


def grouped_more_finely(case: Case, siblings: Sequence[Sibling]) -> Iterator[Finding]:
    """Find levels that most siblings join or separate otherwise, without contradicting this harmony."""
    if not siblings:
        return
    for name in SIDES:
        other = OTHER_SIDE[name]
        own, across = _codes(case.side(name)), _codes(case.side(other))
        differing: list[tuple[str, set[str]]] = []
        for sibling in siblings:
            codes, theirs = (_codes(sibling.harmony.side(part)) for part in (name, other))
            here, there = _by_group(across, known=theirs), _by_group(theirs, known=across)
            levels = {
                level
                for level, code in own.items()
                if level in codes and _only_overlap(here.get(code), there.get(codes[level]))
            }
            if levels:
                differing.append((sibling.name, levels))
        if len(differing) <= len(siblings) / 2:
            continue
        common = set.intersection(*(levels for _, levels in differing))
        found = tuple(i.level for i in case.side(name).levels if _plain(i.level) in common)
        if found:
            yield Finding(
                "grouped-more-finely-or-coarsely",
                "hint",
                f"{count(found, 'level')} of the {name} {'shares' if len(found) == 1 else 'share'} a "
                f"group with more or fewer levels than in {_names([who for who, _ in differing])}: "
                f"{listed(found)}",
                name,
                found,
            )
            return


def _only_overlap(here: frozenset[str] | None, there: frozenset[str] | None) -> bool:
    return bool(here and there and here != there and here & there)


def _severity(item: _Moved, text: LabelText) -> Severity | None:
    wording = better_worded(text, item.level, item.here, item.there)
    if item.against < item.votes:
        return None
    if item.against == item.votes:
        if wording < -_CLEARLY:
            return None
        return "warning" if wording > _STRONGLY else "hint"
    if wording > _STRONGLY:
        return "error" if text.best(item.level, item.there) >= ALIKE else "warning"
    sure = wording > _CLEARLY or item.against >= _MANY * item.votes
    return "warning" if sure and wording >= -_CLEARLY else "hint"


def _moved_levels(
    harmony: Harmony, name: SideName, siblings: Sequence[Sibling]
) -> Iterator[_Moved]:
    """Yield the levels of a side that some sibling pairs with none of the levels they meet here."""
    other = OTHER_SIDE[name]
    own, across = _codes(harmony.side(name)), _codes(harmony.side(other))
    views = [
        (s.name, _codes(s.harmony.side(name)), _codes(s.harmony.side(other))) for s in siblings
    ]
    shown = {_plain(item.level): item.level for item in harmony.side(name).levels}
    labels = {_plain(item.level): item.level for item in harmony.side(other).levels}
    meets = [
        (who, codes, _by_group(across, known=theirs), _by_group(theirs, known=across))
        for who, codes, theirs in views
    ]
    for level, code in own.items():
        agreeing, against = 1, Counter[frozenset[str]]()
        who_differs, before = [], frozenset[str]()
        for who, codes, here, there in meets:
            if level not in codes:
                continue
            ours, theirs = here.get(code), there.get(codes[level])
            if not ours or not theirs:
                continue
            if ours & theirs:
                agreeing += 1
                continue
            against[theirs] += 1
            before = before or ours
            who_differs.append(who)
        if against:
            there_labels = frozenset(labels[label] for label in against.most_common(1)[0][0])
            yield _Moved(
                name,
                shown[level],
                frozenset(labels[label] for label in before),
                there_labels,
                agreeing,
                against.total(),
                tuple(who_differs),
            )


def _codes(side: Side) -> dict[str, float]:
    return {
        _plain(item.level): as_number(item.group) for item in side.levels if is_group(item.group)
    }


@lru_cache(maxsize=20_000)  # the same labels are compared after every edit
def _plain(label: str) -> str:
    """Return a label apart from case, punctuation and spacing, which change from year to year."""
    return _IDLE.sub("", label.lower())


def _by_group(
    codes: Mapping[str, float], *, known: Mapping[str, float]
) -> dict[float, frozenset[str]]:
    """Return the labels of every group that occur on the sibling's side, too."""
    groups: dict[float, set[str]] = {}
    for label, code in codes.items():
        if label in known:
            groups.setdefault(code, set()).add(label)
    return {code: frozenset(labels) for code, labels in groups.items()}


def _report(case: Case, name: SideName, found: list[_Moved], severity: Severity) -> Finding:
    first = found[0]
    levels = tuple(item.level for item in found)
    other = case.other(name)
    fixed = case.harmony
    for item in found:
        groups = Counter(i.group for i in other.levels if i.level in item.there)
        fixed = editing.assign(fixed, name, [item.level], groups.most_common(1)[0][0])
    verdict = (
        f"{count(levels, 'level')} of the {name} {'is' if len(levels) == 1 else 'are'} grouped "
        f"differently in {_names(first.siblings)}"
    )
    here, there = (listed(sorted(labels), _QUOTED) for labels in (first.here, first.there))
    example = f"'{first.level}' meets {here} here, but {there} there"
    return Finding(
        "grouped-differently-in-sibling",
        severity,
        f"{verdict}: {example}",
        name,
        levels,
        Fix(f"Group {count(levels, 'level')} as there", fixed) if fixed != case.harmony else None,
    )


def _names(siblings: Sequence[str]) -> str:
    """Join the first names and count the rest."""
    *before, last = list(siblings[:_SHOWN])
    more = len(siblings) - _SHOWN
    if more > 0:
        return f"{', '.join([*before, last])} and {more} more"
    return f"{', '.join(before)} and {last}" if before else last


def settings_differ(case: Case, siblings: Sequence[Sibling]) -> Iterator[Finding]:
    """Find an aggregator, breakpoints or an order that most siblings, alike among themselves, lack."""
    others = [sibling.harmony for sibling in siblings]
    for name in SIDES:
        side = case.side(name)
        if case.collapsed(name):
            common = _majority(side.aggregator, [h.side(name).aggregator for h in others])
            meant = None if common is None else editing.set_aggregator(case.harmony, name, common)
            if meant is not None and _does(meant, name) != _does(case.harmony, name):
                yield Finding(
                    "aggregator-differs-from-siblings",
                    "hint",
                    f"The {name} takes the aggregator '{side.aggregator}', most sibling years "
                    f"'{common}'",
                    name,
                    fix=Fix(f"Use '{common}'", meant),
                )
        points = _majority(side.breakpoints, [h.side(name).breakpoints for h in others])
        if points and side.breakpoints:
            shown = _names([format_number(point) for point in points])
            alone = len(siblings) > 1 and all(h.side(name).breakpoints == points for h in others)
            same_cuts = len(points) == len(side.breakpoints)
            yield Finding(
                "breakpoints-differ-from-siblings",
                "warning" if alone and same_cuts else "hint",
                f"Most sibling years have the {name} breakpoints {shown}",
                name,
            )
        yield from _scale_differs(case, name, siblings)
        yield from _prices_left(case, name, siblings)
    ordered = _majority(case.harmony.ordered, [harmony.ordered for harmony in others])
    if ordered is not None:
        yield Finding(
            "order-differs-from-siblings",
            "hint",
            f"The groups are {'' if case.harmony.ordered else 'not '}ordered, in most sibling years "
            f"they are{'' if ordered else ' not'}",
            fix=Fix("Do as most years", editing.set_ordered(case.harmony, ordered)),
        )


def _scale_differs(case: Case, name: SideName, siblings: Sequence[Sibling]) -> Iterator[Finding]:
    """Find a number multiplied by a factor that most sibling years, alike among themselves, lack."""
    own = _scale(case.side(name))
    common = _majority(own, [_scale(item.harmony.side(name)) for item in siblings])
    if common is None or own is None:
        return
    plain = editing.set_adjustment(case.harmony, name, "")
    yield Finding(
        "scale-differs-from-siblings",
        "warning",
        f"The {name} is multiplied by {format_number(own)}, in most sibling years by "
        f"{format_number(common)}",
        name,
        fix=Fix("Take the number as it is, as there", plain) if common == 1.0 else None,
    )


def _scale(side: Side) -> float | None:
    """Return the factor a side's number is multiplied by, 1 for price factors; ``None`` if unclear."""
    text = side.adjustment.strip()
    if not text or text == side.variable or typed_factor(text) is not None:
        return 1.0
    found = _FACTOR.fullmatch(text.lower())
    if found is None or side.is_grouped:
        return None
    number = float(found["number"])
    return number if found["sign"] == "*" else 1 / number if number else None


def _prices_left(case: Case, name: SideName, siblings: Sequence[Sibling]) -> Iterator[Finding]:
    """Find a side left in prices of another year although most sibling years convert them."""
    years = case.price_years
    donor, recipient = years.get("donor"), years.get("recipient")
    if donor is None or recipient is None or donor == recipient or _converts(case.side(name)):
        return
    converting = [item.name for item in siblings if _converts(item.harmony.side(name))]
    if len(converting) <= len(siblings) / 2 or any(_converts(case.side(n)) for n in SIDES):
        return
    yield Finding(
        "prices-converted-in-siblings",
        "warning",
        f"The {name} is left in prices of {years[name]}; {_names(converting)} convert them",
        name,
        fix=Fix(
            f"Convert the {name} with the price index",
            editing.set_deflation(case.harmony, name, donor if name == "recipient" else recipient),
        ),
    )


def _converts(side: Side) -> bool:
    """Whether a side converts prices, by the index or by a factor near one."""
    return side.deflate_to_year is not None or typed_factor(side.adjustment) is not None


def _does(harmony: Harmony, name: SideName) -> str:
    """Return what an aggregator does: ``automatic`` may stand for the same as a named one."""
    side = harmony.side(name)
    try:
        return resolve_rule(side.aggregator, grouped=side.is_grouped, ordered=harmony.ordered)
    except HarmonyError:
        return side.aggregator  # reported by another rule


def _majority(own: Setting, others: Sequence[Setting]) -> Setting | None:
    """Return what most harmonies have, this one included, if this one has something else."""
    votes = Counter([own, *others])
    value, most = votes.most_common(1)[0]
    return value if value != own and most > votes.total() / 2 else None


__all__ = [
    "Sibling",
    "grouped_differently",
    "grouped_more_finely",
    "settings_differ",
    "siblings_of",
]
