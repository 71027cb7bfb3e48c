"""Compare two harmonies by what they mean, not by how they are written.

Group codes are names: two harmonies that join and separate the same levels are the same harmony,
whatever the codes – unless codes are counted, as in a head count, or their order matters. Labels
are compared apart from case and punctuation, bins and expressions by what they make of numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import isclose
from typing import Final, Literal

from fusion_core.errors import ExpressionError, InputError
from fusion_core.harmony.apply import price_factor
from fusion_core.harmony.checks import count
from fusion_core.harmony.editing import NOTHING, Change, group_word
from fusion_core.harmony.meaning._equivalence import Stretch, compare_on_numbers, same_input
from fusion_core.harmony.model import (
    DROP,
    NUMERIC_RULES,
    SIDES,
    GroupCode,
    Harmony,
    Side,
    SideName,
    format_number,
    resolve_rule,
)
from fusion_core.records import Checked
from fusion_core.surveys.model import Variable
from fusion_core.text_similarity import normalise_label

Verdict = Literal["identical", "recoded", "extended", "different"]

_SAME_PRICES: Final = 0.01
"""Largest relative difference of two price factors that mean the same conversion."""
_BINARY: Final = 2
_OUTSIDE: Final = "rows outside the universe"
_MISSING: Final = "rows without an answer"


@dataclass(frozen=True, slots=True)
class LevelComparison(Checked):
    """A level, or a stretch of numbers, in two harmonies.

    Attributes
    ----------
    side, level
        What is compared.
    here, there
        Its group in either harmony, in that harmony's own codes; ``None`` where it has none.
    in_here, in_there
        Whether the harmony lists the level at all.
    aligned
        The group it has there, in the codes used here.
    """

    side: SideName
    level: str
    here: GroupCode
    there: GroupCode
    in_here: bool = True
    in_there: bool = True
    aligned: GroupCode = None

    @property
    def shared(self) -> bool:
        """Whether both harmonies list the level."""
        return self.in_here and self.in_there

    @property
    def differs(self) -> bool:
        """Whether both list the level and mean different groups."""
        return self.shared and self.here != self.aligned


@dataclass(frozen=True, slots=True)
class Comparison(Checked):
    """How two harmonies differ.

    Attributes
    ----------
    verdict
        ``identical``: the same levels, groups and codes; ``recoded``: the same groups under other
        codes or written otherwise; ``extended``: the same groups, but one lists levels the other
        does not; ``different``.
    levels
        Every level of both sides.
    settings
        What else differs, as texts here and there.
    """

    verdict: Verdict
    levels: tuple[LevelComparison, ...]
    settings: tuple[Change, ...]

    @property
    def is_same(self) -> bool:
        """Whether both treat all levels they share alike."""
        return self.verdict != "different"

    @property
    def differing(self) -> tuple[LevelComparison, ...]:
        """The levels that are grouped differently."""
        return tuple(item for item in self.levels if item.differs)

    @property
    def unshared(self) -> tuple[LevelComparison, ...]:
        """The levels only one of the harmonies lists."""
        return tuple(item for item in self.levels if not item.shared)

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        if self.verdict == "identical":
            return "The same"
        if self.verdict == "recoded":
            return "The same, coded differently"
        parts = []
        if self.differing:
            regrouped = tuple(item.level for item in self.differing)
            parts.append(f"{count(regrouped, 'level')} grouped differently")
        if self.settings:
            parts.append("other " + ", ".join(_setting_word(c.what) for c in self.settings))
        if self.unshared:
            parts.append(
                f"{count(tuple(item.level for item in self.unshared), 'level')} in only one"
            )
        text = "; ".join(parts)
        if self.verdict == "extended":
            return f"The same for the levels they share; {text}"
        return text[:1].upper() + text[1:]


def _setting_word(what: str) -> str:
    """Turn ``recipient: prices of`` into words that fit a sentence."""
    words = {"ordered": "order", "order of the groups": "order"}
    return words.get(what, what.replace("prices of", "price year").replace(":", ""))


def compare(
    here: Harmony,
    there: Harmony,
    *,
    donor: Variable | None = None,
    recipient: Variable | None = None,
    years: tuple[int | None, int | None] = (None, None),
) -> Comparison:
    """Compare two harmonies of the same concept.

    Parameters
    ----------
    here, there
        The harmonies; their variables may have different names.
    donor, recipient
        Dictionary entries of the variables, to know whether they are (whole) numbers.
    years
        Price years of the donor and of the recipient, to compare price constants with deflations.
    """
    variables: dict[SideName, Variable | None] = {"donor": donor, "recipient": recipient}
    rows: list[LevelComparison] = []
    settings: list[Change] = []
    for name, year in zip(SIDES, years, strict=True):
        found, changes = _compare_sides(name, (here, there), variables[name], year)
        rows += found
        settings += changes
    counted = _codes_are_counted(here) or _codes_are_counted(there)
    codes = _alignment(rows, by_name=counted)
    rows = [_aligned(row, codes) for row in rows]
    settings += _compare_order(here, there, codes)
    return Comparison(_verdict(rows, settings, here, there), tuple(rows), tuple(settings))


def _compare_sides(
    name: SideName, pair: tuple[Harmony, Harmony], variable: Variable | None, year: int | None
) -> tuple[list[LevelComparison], list[Change]]:
    """Return the levels of one side, and the settings that make a difference."""
    here, there = (harmony.side(name) for harmony in pair)
    if _same_prices(here, there, year):
        here, there = (replace(side, adjustment="", deflate_to_year=None) for side in (here, there))
    changes = {change.what: change for change in _settings(name, here, there)}
    if _rule(pair[0], name) == _rule(pair[1], name):
        changes.pop(f"{name}: aggregator", None)
    rows = _special_rows(name, here, there)
    for row in rows:  # compared with the levels, whose codes may be other names of the same groups
        changes.pop(f"{name}: {row.level}", None)
    bins, adjustment = f"{name}: bins", f"{name}: adjustment"
    if bins in changes or adjustment in changes:
        stretches = _stretches(here, there, variable)
        equal = bool(stretches) and all(item.here == item.there for item in stretches)
        if equal or (stretches and here.is_grouped and there.is_grouped):
            changes.pop(bins, None)
            changes.pop(adjustment, None)
            rows += [LevelComparison(name, item.label, item.here, item.there) for item in stretches]
            return rows, list(changes.values())
    return [*_compare_levels(name, here, there), *rows], list(changes.values())


def _settings(name: SideName, here: Side, there: Side) -> list[Change]:
    """List how two sides differ apart from the groups of their levels."""
    texts = [
        {
            "adjustment": side.adjustment,
            "bins": ", ".join(map(format_number, side.breakpoints)),
            "aggregator": side.aggregator,
            "universe": side.universe,
            _OUTSIDE: group_word(side.outside_universe),
            _MISSING: group_word(side.missing),
            "prices of": str(side.deflate_to_year or ""),
        }
        for side in (here, there)
    ]
    return [
        Change(f"{name}: {what}", texts[0][what] or NOTHING, texts[1][what] or NOTHING)
        for what in texts[0]
        if texts[0][what] != texts[1][what]
    ]


def _stretches(here: Side, there: Side, variable: Variable | None) -> list[Stretch]:
    """Compare two sides number by number; nothing where they do not start from the same number."""
    is_number = variable is not None and not variable.is_categorical
    plain = [not side.is_grouped and not side.adjustment for side in (here, there)]
    if any(plain) or not same_input(here, there, is_number=is_number):
        return []
    is_whole = variable is not None and variable.type == "integer"
    changed = here.adjustment != there.adjustment
    try:
        return compare_on_numbers(here, there, whole=is_whole and (changed or not here.adjustment))
    except ExpressionError:  # it needs more than this number; the texts are compared instead
        return []


def _special_rows(name: SideName, here: Side, there: Side) -> list[LevelComparison]:
    """Compare the groups of rows outside the universe and of rows without an answer."""
    pairs = (
        (_OUTSIDE, here.outside_universe, there.outside_universe),
        (_MISSING, here.missing, there.missing),
    )
    return [
        LevelComparison(name, what, own, other)
        for what, own, other in pairs
        if own is not None or other is not None
    ]


def _same_prices(here: Side, there: Side, year: int | None) -> bool:
    """Whether a typed price constant and a deflation, or two of either, mean the same."""
    first, second = (price_factor(side, year) for side in (here, there))
    return first is not None and second is not None and isclose(first, second, rel_tol=_SAME_PRICES)


def _compare_levels(name: SideName, here: Side, there: Side) -> list[LevelComparison]:
    if here.breakpoints or there.breakpoints:
        if here.breakpoints != there.breakpoints:
            return []
        # Bins of the same breakpoints meet by position; how they are labelled does not matter.
        return [
            LevelComparison(name, own.level, own.group, other.group)
            for own, other in zip(here.levels, there.levels, strict=False)
        ]
    others = {normalise_label(item.level): item for item in there.levels}
    rows = []
    for item in here.levels:
        other = others.pop(normalise_label(item.level), None)
        rows.append(
            LevelComparison(
                name,
                item.level,
                item.group,
                other.group if other else None,
                in_there=other is not None,
            )
        )
    rows += [
        LevelComparison(name, item.level, None, item.group, in_here=False)
        for item in others.values()
    ]
    return rows


def _rule(harmony: Harmony, name: SideName) -> str:
    """Return what an aggregator does; nothing where households answered."""
    side = harmony.side(name)
    if side.respondent == "household":
        return ""
    try:
        rule = resolve_rule(
            side.aggregator, grouped=side.is_grouped, ordered=_order_matters(harmony)
        )
    except InputError:
        return side.aggregator
    return rule


def _codes_are_counted(harmony: Harmony) -> bool:
    """Whether codes are used as numbers: summed over persons, or met by a plain number."""
    sides = [harmony.side(name) for name in SIDES]
    if not all(side.is_grouped for side in sides):
        return True
    return any(
        side.respondent == "person" and side.aggregator in NUMERIC_RULES | {"any"} for side in sides
    )


def _order_matters(harmony: Harmony) -> bool:
    """Whether groups are ordered; of two groups only where the highest of several counts."""
    codes = {*harmony.donor.group_codes, *harmony.recipient.group_codes}
    persons = any(harmony.side(name).respondent == "person" for name in SIDES)
    return harmony.ordered and (persons or len(codes) > _BINARY)


def _alignment(rows: Sequence[LevelComparison], *, by_name: bool) -> dict[GroupCode, GroupCode]:
    """Match the groups there with those here that share most levels, each once."""
    kept: dict[GroupCode, GroupCode] = {None: None, DROP: DROP}
    if by_name:
        return kept | {row.there: row.there for row in rows if row.there not in kept}
    shared = Counter(
        (row.here, row.there)
        for row in rows
        if row.shared and row.here not in kept and row.there not in kept
    )
    found: dict[GroupCode, GroupCode] = {}
    ranked = sorted(shared, key=lambda pair: (-shared[pair], pair[0] != pair[1], str(pair)))
    for here, there in ranked:
        if there not in found and here not in found.values():
            found[there] = here
    free = max((row.here for row in rows if isinstance(row.here, float)), default=0.0)
    for row in rows:
        if row.there not in kept and row.there not in found:
            # A group that exists only there keeps its code if that is free here.
            taken = row.there in found.values() or any(row.there == item.here for item in rows)
            free += 1.0
            found[row.there] = free if taken else row.there
    return kept | found


def _aligned(row: LevelComparison, codes: dict[GroupCode, GroupCode]) -> LevelComparison:
    return LevelComparison(
        row.side, row.level, row.here, row.there, row.in_here, row.in_there, codes[row.there]
    )


def _compare_order(
    here: Harmony, there: Harmony, codes: dict[GroupCode, GroupCode]
) -> list[Change]:
    first, second = _order_matters(here), _order_matters(there)
    if first != second:
        return [Change("ordered", _yes(first), _yes(second))]
    ranked = [codes[code] for code in sorted(c for c in codes if isinstance(c, float))]
    rises = all(a < b for a, b in pairwise(c for c in ranked if isinstance(c, float)))
    if first and not rises:
        return [Change("order of the groups", "as coded here", "another order")]
    return []


def _verdict(
    rows: Sequence[LevelComparison], settings: Sequence[Change], here: Harmony, there: Harmony
) -> Verdict:
    if settings or any(row.differs for row in rows):
        return "different"
    if any(not row.shared for row in rows):
        return "extended"
    written = [_settings(name, here.side(name), there.side(name)) for name in SIDES]
    if any(written) or any(row.here != row.there for row in rows):
        return "recoded"
    return "identical"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


__all__ = ["Comparison", "LevelComparison", "Verdict", "compare"]
