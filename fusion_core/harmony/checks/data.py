"""Rules that look at what a harmony does to the microdata of both surveys.

They compare weighted distributions, so they find what no dictionary tells: another unit, groups that
are exchanged or one step off, levels and missing answers the harmony does not provide for. A
correction is offered only where it was computed to bring the two sides together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

import numpy as np

from fusion_core.harmony.apply import (
    KEEP_FROM,
    PROBABILITIES,
    RowProblem,
    quantile_similarity,
    share_similarity,
)
from fusion_core.harmony.checks._amounts import UNITS, check_amounts, multiplied
from fusion_core.harmony.checks._texts import ALIKE, LabelText
from fusion_core.harmony.checks.findings import Case, Finding, Fix, count, likeness, listed
from fusion_core.harmony.editing import edits as editing
from fusion_core.harmony.model import (
    DROP,
    NUMERIC_RULES,
    OTHER_SIDE,
    SIDES,
    FloatArray,
    GroupCode,
    Harmony,
    LevelGroup,
    SideName,
    as_number,
    bin_index,
    format_number,
)
from fusion_core.records import Checked

AMOUNTS_AT: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Where the quantiles of two amounts are compared when looking for another unit."""

_CONSTANT: Final = 0.9995
_NEAR_CONSTANT: Final = 0.98
_SMALLEST_SHOWN: Final = 0.0001
_NEAR_EMPTY: Final = 0.001
_MUCH: Final = 0.02
_EXPLAINED: Final = 0.85
_GAIN: Final = 0.25
_FEWEST_TO_SHIFT: Final = 4
_LEVELS_SHOWN: Final = 2


@dataclass(frozen=True)
class Evidence(Checked):
    """What was computed of a harmony on both surveys.

    Attributes
    ----------
    similarity
        Score of the two outcomes; ``None`` where a side has no microdata or cannot be computed.
    labels
        Name of every group by code, in the order of the codes; empty for a numeric outcome.
    shares
        Weighted share per group in the order of `labels`, for each side that has them.
    quantiles
        Weighted quantiles of a numeric outcome at `similarity.PROBABILITIES`, for each such side.
    problems
        Rows without a group, for each side.
    raw_quantiles
        Returns such quantiles of a side's number before binning; ``None`` for labels.
    recounted
        Returns the quantiles of a head count if the persons in group 0 were counted instead of
        those in group 1; ``None`` where a side is none.
    """

    similarity: float | None
    labels: Mapping[float, str] = field(default_factory=dict)
    shares: Mapping[SideName, FloatArray] = field(default_factory=dict)
    quantiles: Mapping[SideName, FloatArray] = field(default_factory=dict)
    problems: Mapping[SideName, tuple[RowProblem, ...]] = field(default_factory=dict)
    raw_quantiles: Callable[[SideName], FloatArray | None] = lambda _: None
    recounted: Callable[[SideName], FloatArray | None] = lambda _: None

    @property
    def shown(self) -> str:
        """The similarity as people see it: not below 0, and never rounded up over the limit."""
        return likeness(self.similarity or 0.0)

    @property
    def is_alike(self) -> bool:
        """Whether the two sides are alike enough, or cannot be compared."""
        return self.similarity is None or self.similarity >= KEEP_FROM

    def explains(self, score: float) -> bool:
        """Whether a corrected harmony with this score tells what is wrong with the present one."""
        now = self.similarity
        return now is not None and now < KEEP_FROM and score >= max(_EXPLAINED, now + _GAIN)


def check_data(
    case: Case,
    evidence: Evidence,
    *,
    reported: Collection[str] = (),
    unfinished: bool | None = None,
) -> tuple[Finding, ...]:
    """Apply all rules that need microdata.

    Parameters
    ----------
    case
        The harmony.
    evidence
        What was computed of it.
    reported
        Rules that have spoken already, on the dictionaries alone.
    unfinished
        Whether to say nothing yet of how alike the sides are; by default while levels are still to
        be grouped.
    """
    rest = is_unfinished(case) if unfinished is None else unfinished
    rules = _ROW_RULES if rest else _RULES
    found = list(chain.from_iterable(rule(case, evidence) for rule in rules))
    return tuple(item for item in found if item.rule not in reported or item.rule in _OF_ROWS)


def is_unfinished(case: Case) -> bool:
    """Whether levels are still to be grouped: how alike the sides are says nothing yet."""
    return any(item.group is None for name in SIDES for item in case.side(name).levels)


# Rows the harmony does not provide for -----------------------------------------------------------


def _unknown_levels(case: Case, evidence: Evidence) -> Iterator[Finding]:
    for name, problems in evidence.problems.items():
        unknown = [item for item in problems if item.kind == "unknown level"]
        if not unknown:
            continue
        levels, share = tuple(item.level for item in unknown), sum(item.share for item in unknown)
        rows = sum(item.rows for item in unknown)
        label, fixed = _with_levels(case.harmony, name, levels)
        yield Finding(
            "level-only-in-data",
            "error",
            f"The {name} microdata hold {count(levels, 'level')} the harmony does not list: "
            f"{listed(levels)} ({rows:,} rows, {100 * share:.1f} %)",
            name,
            levels,
            Fix(label, fixed),
        )


def _with_levels(harmony: Harmony, name: SideName, levels: tuple[str, ...]) -> tuple[str, Harmony]:
    """Add levels, in the group of the label that reads alike where there is one."""
    other = harmony.recipient if name == "donor" else harmony.donor
    known = [item for item in (*harmony.side(name).levels, *other.levels) if item.group is not None]
    text = LabelText({*levels, *(item.level for item in known)})
    added = []
    for level in levels:
        best = max(known, key=lambda item: text.alike(level, item.level), default=None)
        alike = best is not None and text.alike(level, best.level) >= ALIKE
        added.append(LevelGroup(level, best.group if best is not None and alike else None))
    fixed = editing.replace_side(harmony, name, levels=(*harmony.side(name).levels, *added))
    sure = all(item.group is not None for item in added)
    how = "with the group they read like" if sure else "to be grouped"
    return f"List {count(levels, 'level')} {how}", fixed


def _missing_answers(case: Case, evidence: Evidence) -> Iterator[Finding]:
    for name, problems in evidence.problems.items():
        for item in problems:
            if item.kind not in {"missing answer", "outside universe"}:
                continue
            missing = item.kind == "missing answer"
            what = "have no answer" if missing else "are outside the universe"
            changes: dict[str, GroupCode] = {"missing" if missing else "outside_universe": DROP}
            fixed = editing.replace_side(case.harmony, name, **changes)
            yield Finding(
                "missing-answers-without-group" if missing else "outside-universe-without-group",
                "error",
                f"{item.rows:,} rows of the {name} ({100 * item.share:.1f} %) {what} to "
                f"'{item.variable}' and the harmony does not say what becomes of them",
                name,
                fix=Fix("Leave these rows out", fixed),
            )


# Outcomes that say nothing -----------------------------------------------------------------------


def _shares(case: Case, evidence: Evidence) -> Iterator[Finding]:
    names = [_title(case.harmony, code, label) for code, label in evidence.labels.items()]
    for name, shares in evidence.shares.items():
        top = int(np.argmax(shares))
        if shares[top] >= _CONSTANT:
            yield Finding(
                "constant-result",
                "warning",
                f"Practically every {name} row falls into {names[top]}, so it predicts nothing",
                name,
            )
        elif shares[top] >= _NEAR_CONSTANT:
            sentence = f"{100 * shares[top]:.1f} % of the {name} rows fall into {names[top]}"
            yield Finding("near-constant-result", "hint", sentence, name)
    if set(evidence.shares) == set(SIDES):
        yield from _empty_groups(case, evidence)


def _empty_groups(case: Case, evidence: Evidence) -> Iterator[Finding]:
    codes = list(evidence.labels)
    for index, code in enumerate(codes):
        share = {name: float(evidence.shares[name][index]) for name in SIDES}
        rare: SideName = "donor" if share["donor"] <= share["recipient"] else "recipient"
        other = OTHER_SIDE[rare]
        if share[rare] >= _NEAR_EMPTY:
            continue
        group = _title(case.harmony, code, evidence.labels[code])
        if share[other] >= _MUCH:
            yield Finding(
                "group-empty-on-one-side",
                "warning",
                f"{_hardly_any(rare, share[rare])} falls into {group}, but "
                f"{100 * share[other]:.1f} % of the {other} rows do",
                rare,
                fix=_merged(case.harmony, codes, index, evidence),
            )
        elif share[other] < _NEAR_EMPTY:
            yield Finding(
                "near-empty-group",
                "hint",
                f"Almost nobody on either side falls into {group} ({_small(share['donor'])} of the "
                f"donor, {_small(share['recipient'])} of the recipient)",
                fix=_merged(case.harmony, codes, index, evidence),
            )


def _hardly_any(name: SideName, share: float) -> str:
    return f"Hardly any {name} row ({_small(share)})" if share else f"No {name} row"


def _small(share: float) -> str:
    """Write a small share so that only nobody reads as zero."""
    if 0 < share < _SMALLEST_SHOWN:
        return f"less than {100 * _SMALLEST_SHOWN:.2f} %"
    return f"{100 * share:.2f} %" if share else "0 %"


def _title(harmony: Harmony, code: float, label: str) -> str:
    """Return a group's name or, where it has none, its number and levels."""
    if label != format_number(code):
        return f"'{label}'"
    levels = [
        item.level for name in SIDES for item in harmony.side(name).levels if item.group == code
    ]
    return f"group {label} ({listed(list(dict.fromkeys(levels))[:_LEVELS_SHOWN])})"


def _merged(harmony: Harmony, codes: list[float], index: int, evidence: Evidence) -> Fix | None:
    """Offer to merge an ordered group with the smaller of its neighbours."""
    beside = [at for at in (index - 1, index + 1) if 0 <= at < len(codes)]
    if not harmony.ordered or len(codes) < 3:  # noqa: PLR2004 - two groups would become one
        return None
    sizes = {at: sum(float(evidence.shares[name][at]) for name in SIDES) for at in beside}
    into = codes[min(beside, key=lambda at: sizes[at])]
    fixed = editing.merge_groups(harmony, [codes[index], into], into)
    return Fix(f"Merge it with {_title(harmony, into, evidence.labels[into])}", fixed)


def _constant_numbers(case: Case, evidence: Evidence) -> Iterator[Finding]:
    del case
    for name, quantiles in evidence.quantiles.items():
        if quantiles[0] == quantiles[-1]:
            yield Finding(
                "constant-result",
                "warning",
                f"Every {name} row has the value {format_number(float(quantiles[0]))}, so it "
                "predicts nothing",
                name,
            )


# Outcomes that would agree if one thing were different ----------------------------------------------


def _turned(case: Case, evidence: Evidence) -> Iterator[Finding]:
    """Find groups that fit when one side's are reversed, or moved by one step."""
    if set(evidence.shares) != set(SIDES) or evidence.is_alike:
        return
    donor, recipient = evidence.shares["donor"], evidence.shares["recipient"]
    codes = list(evidence.labels)
    turnable = len(codes) == 2 or case.harmony.ordered  # noqa: PLR2004 - yes and no
    if turnable and len(codes) > 1:
        score = share_similarity(donor[::-1], recipient)
        if evidence.explains(score):
            swapped = dict(zip(codes, reversed(codes), strict=True))
            yield Finding(
                "groups-look-inverted",
                "warning",
                f"The groups of one side look inverted: their similarity is {evidence.shown} as they "
                f"are and {score:.2f} in reverse",
                fix=Fix("Reverse the groups of the donor", _recoded(case.harmony, swapped)),
            )
            return
    if case.harmony.ordered and len(codes) >= _FEWEST_TO_SHIFT:
        score = max(_shifted(donor, recipient), _shifted(recipient, donor))
        if evidence.explains(score):
            yield Finding(
                "groups-one-step-off",
                "warning",
                f"The groups of one side look shifted by one: their similarity is {evidence.shown} as "
                f"they are and {score:.2f} shifted. Compare what each group means",
            )


def _recoded(harmony: Harmony, codes: Mapping[float, float]) -> Harmony:
    """Replace the group codes of the donor only."""

    def new(group: GroupCode) -> GroupCode:
        return group if group is None or group == DROP else codes.get(float(group), group)

    side = harmony.donor
    return editing.replace_side(
        harmony,
        "donor",
        levels=tuple(LevelGroup(item.level, new(item.group)) for item in side.levels),
        outside_universe=new(side.outside_universe),
        missing=new(side.missing),
    )


def _shifted(first: FloatArray, second: FloatArray) -> float:
    """Return the similarity with the first side's shares moved up; the last two groups join."""
    moved = np.concatenate([[0.0], first[:-1]])
    moved[-1] += first[-1]
    return share_similarity(moved, second)


def _head_count_of_the_others(case: Case, evidence: Evidence) -> Iterator[Finding]:
    """Find head counts that fit when the persons in group 0 are counted instead of group 1."""
    if set(evidence.quantiles) != set(SIDES) or evidence.is_alike:
        return
    for name in SIDES:
        other = OTHER_SIDE[name]
        turned = evidence.recounted(name)
        if turned is None:
            continue
        score = quantile_similarity(turned, evidence.quantiles[other])
        if evidence.explains(score):
            levels = tuple(
                LevelGroup(item.level, {0.0: 1.0, 1.0: 0.0}.get(as_number(item.group), item.group))
                for item in case.side(name).levels
            )
            yield Finding(
                "head-count-looks-inverted",
                "warning",
                f"The {name} seems to count the wrong persons: counting those in group 0 instead "
                f"of group 1 gives a similarity of {score:.2f} instead of {evidence.shown}",
                name,
                fix=Fix(
                    "Count the persons in group 0 instead",
                    editing.replace_side(case.harmony, name, levels=levels),
                ),
            )
            return


def counts_heads(case: Case, name: SideName) -> bool:
    """Whether a side adds up persons in group 1 against all others in group 0."""
    side = case.side(name)
    summed = case.collapsed(name) and side.is_grouped and side.aggregator in NUMERIC_RULES
    return summed and set(side.group_codes) == {0.0, 1.0}


def _amounts(case: Case, evidence: Evidence) -> Iterator[Finding]:
    if set(evidence.quantiles) == set(SIDES):
        at = np.searchsorted(PROBABILITIES, AMOUNTS_AT)
        donor, recipient = (evidence.quantiles[name][at].tolist() for name in SIDES)
        yield from check_amounts(case, donor, recipient)
    elif set(evidence.shares) == set(SIDES) and not evidence.is_alike:
        yield from _units_of_bins(case, evidence)


def _units_of_bins(case: Case, evidence: Evidence) -> Iterator[Finding]:
    """Find a binned number that fits the other side when multiplied by the factor of two units."""
    factors = (*UNITS, *(1 / unit for unit in UNITS))
    tried: list[tuple[float, float, SideName]] = []
    for name in SIDES:
        quantiles = None if case.collapsed(name) else evidence.raw_quantiles(name)
        if quantiles is None or not case.side(name).breakpoints:
            continue
        tried += [
            (_binned_score(case, evidence, name, quantiles * factor), factor, name)
            for factor in factors
        ]
    if not tried:
        return
    score, factor, name = max(tried)
    if evidence.explains(score):
        times = factor if factor > 1 else 1 / factor
        unit = UNITS[min(UNITS, key=lambda known: abs(known - times))]
        how = f"multiplied by {times:g}" if factor > 1 else f"divided by {times:g}"
        yield Finding(
            "units-differ",
            "warning",
            f"The numbers of the {name} fall into other bins than the {OTHER_SIDE[name]}'s, but {how} "
            f"the similarity is {score:.2f} instead of {evidence.shown}: {unit}?",
            name,
            fix=Fix(f"The {name} {how}", multiplied(case.harmony, name, factor)),
        )


def _binned_score(case: Case, evidence: Evidence, name: SideName, quantiles: FloatArray) -> float:
    side = case.side(name)
    codes = np.array([as_number(item.group) for item in side.levels])
    groups = codes[np.minimum(bin_index(quantiles, side.breakpoints), len(codes) - 1)]
    shares = np.array([float((groups == code).sum()) for code in evidence.labels])
    if not shares.sum():
        return 0.0
    return share_similarity(shares / shares.sum(), evidence.shares[OTHER_SIDE[name]])


def _similarity(case: Case, evidence: Evidence) -> Iterator[Finding]:
    del case
    if not evidence.is_alike:
        yield Finding(
            "similarity-below-limit",
            "warning",
            f"The similarity of the two sides is {evidence.shown}; predictors under {KEEP_FROM:.2f} "
            "are left out when fusing unless you keep them",
        )


_OF_ROWS: Final = frozenset({"level-only-in-data"})
_ROW_RULES: Final = (_unknown_levels, _missing_answers)
_RULES: Final = (
    *_ROW_RULES,
    _turned,
    _head_count_of_the_others,
    _shares,
    _constant_numbers,
    _similarity,
    _amounts,
)

__all__ = ["AMOUNTS_AT", "Evidence", "check_data", "counts_heads", "is_unfinished"]
