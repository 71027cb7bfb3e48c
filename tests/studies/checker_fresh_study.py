"""Kinds of mistakes the checker was not written for: how many it finds, and what else it says.

Sixteen kinds of slips are planted in published harmonies of which the checker says nothing bad. They
are others than those of `tests/benchmarks/benchmark_checker.py`. Rules may be improved looking at the
families `TUNED`; the figures to report are those of `REPORTED`. A mistake counts as found when the
changed harmony has an error or warning that the published one has not. ``--kind`` and ``--show``
list what was missed.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from benchmark_checker import SIDES, Seeded, dictionaries, published
from support.published import REPORTED, TUNED, family

from fusion_core.harmony.checks.check import check_harmony
from fusion_core.harmony.checks.files import CheckedHarmony, price_years
from fusion_core.harmony.checks.siblings import siblings_of
from fusion_core.harmony.editing import edits as editing
from fusion_core.harmony.labels.quantities import quantities
from fusion_core.harmony.model import DROP, bin_labels
from fusion_core.harmony.model.harmony import Harmony, HarmonySet, LevelGroup, Side, SideName
from fusion_core.surveys.model import Dictionary

Fetch = Callable[[SideName], Dictionary | None]
Mutation = Callable[[Harmony, Fetch, np.random.Generator], Harmony | None]

COMPARISON = re.compile(r"(<=|>=|<|>)\s*(\d+)")
RESIDUAL = re.compile(r"\bother\b|\bnone of\b|\bsome other\b", re.IGNORECASE)


def _regrouped(harmony: Harmony, name: SideName, groups: Sequence[object]) -> Harmony | None:
    side = harmony.side(name)
    levels = tuple(
        LevelGroup(item.level, group) for item, group in zip(side.levels, groups, strict=True)
    )
    if levels == side.levels:
        return None
    return editing.replace_side(harmony, name, levels=levels)


def _either(harmony: Harmony, rng: np.random.Generator, fits: Callable[[Side], bool]) -> SideName:
    names = [name for name in SIDES if fits(harmony.side(name))]
    return names[int(rng.integers(len(names)))] if names else ""


def head_count_of_the_others(harmony: Harmony, _: Fetch, rng: np.random.Generator):
    """Count those who are not meant: the groups 0 and 1 of a head count exchanged."""
    name = _either(
        harmony, rng, lambda s: s.aggregator == "sum" and set(s.group_codes) == {0.0, 1.0}
    )
    if not name:
        return None
    turned = {0.0: 1.0, 1.0: 0.0}
    return _regrouped(
        harmony, name, [turned.get(i.group, i.group) for i in harmony.side(name).levels]
    )


def head_count_as_highest(harmony: Harmony, _: Fetch, rng: np.random.Generator):
    """Take the highest of 0 and 1 in a household in place of their sum."""
    name = _either(
        harmony, rng, lambda s: s.aggregator == "sum" and set(s.group_codes) == {0.0, 1.0}
    )
    return editing.set_aggregator(harmony, name, "maximum") if name else None


def age_limit_off_by_one(harmony: Harmony, _: Fetch, rng: np.random.Generator):
    """Cut whole numbers one too early or too late."""
    name = _either(harmony, rng, lambda s: any(point.is_integer() for point in s.breakpoints))
    if not name:
        return None
    side = harmony.side(name)
    at = int(rng.choice([i for i, p in enumerate(side.breakpoints) if p.is_integer()]))
    points = list(side.breakpoints)
    if max(points) > 200:
        return None
    points[at] += float(rng.choice([-1.0, 1.0]))
    return _rebroken(harmony, name, points)


def digit_lost(harmony: Harmony, _: Fetch, rng: np.random.Generator):
    """Type the outermost break point with one digit too few or too many."""
    name = _either(harmony, rng, lambda s: len(s.breakpoints) >= 2)
    if not name:
        return None
    points = list(harmony.side(name).breakpoints)
    if rng.integers(2) and points[0] > 0:
        points[0] /= 10
    else:
        points[-1] *= 10
    return _rebroken(harmony, name, points)


def _rebroken(harmony: Harmony, name: SideName, points: Sequence[float]) -> Harmony | None:
    side = harmony.side(name)
    if list(points) == list(side.breakpoints) or sorted(set(points)) != list(points):
        return None
    levels = tuple(
        LevelGroup(label, item.group)
        for label, item in zip(bin_labels(tuple(points)), side.levels, strict=True)
    )
    return editing.replace_side(harmony, name, breakpoints=tuple(points), levels=levels)


def comparison_turned(harmony: Harmony, _: Fetch, rng: np.random.Generator):
    """Write < for > in an adjustment."""
    name = _either(harmony, rng, lambda s: bool(COMPARISON.search(s.adjustment)))
    if not name:
        return None
    turned = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
    text = COMPARISON.sub(
        lambda found: f"{turned[found[1]]} {found[2]}", harmony.side(name).adjustment, count=1
    )
    return editing.set_adjustment(harmony, name, text)


def neighbour_variable(harmony: Harmony, fetch: Fetch, rng: np.random.Generator):
    """Pick the variable next to the right one in the list, with the same answers or a number, too."""
    name = SIDES[int(rng.integers(2))]
    dictionary, side = fetch(name), harmony.side(name)
    if dictionary is None or side.variable not in dictionary or side.adjustment:
        return None
    own = dictionary[side.variable]
    like = [
        item.name
        for item in dictionary.harmonizable()
        if item.name != own.name
        and item.respondent == own.respondent
        and item.levels == own.levels
        and item.is_categorical == own.is_categorical
    ]
    if not like:
        return None
    names = [item.name for item in dictionary.harmonizable()]
    near = sorted(like, key=lambda item: abs(names.index(item) - names.index(own.name)))
    return editing.replace_side(harmony, name, variable=near[0])


def term_forgotten(harmony: Harmony, _: Fetch, rng: np.random.Generator):
    """Leave a term out of a sum of variables."""
    name = _either(harmony, rng, lambda s: _is_sum(s.adjustment))
    if not name:
        return None
    terms = re.split(r"\s*\+\s*", harmony.side(name).adjustment)
    del terms[int(rng.integers(len(terms)))]
    return editing.set_adjustment(harmony, name, " + ".join(terms))


def sign_turned(harmony: Harmony, _: Fetch, rng: np.random.Generator):
    """Write a minus for a plus in a sum of variables."""
    name = _either(harmony, rng, lambda s: _is_sum(s.adjustment))
    if not name:
        return None
    text = harmony.side(name).adjustment
    at = text.rindex("+")
    return editing.set_adjustment(harmony, name, f"{text[:at]}-{text[at + 1 :]}")


def _is_sum(text: str) -> bool:
    return "+" in text and not set(text) & set("()*/<>=&|")


def substantive_left_out(harmony: Harmony, _: Fetch, rng: np.random.Generator):
    """Leave the rows of an ordinary answer out, as if it were outside the universe."""
    name = _either(harmony, rng, lambda s: len(s.levels) > 2 and not s.breakpoints)
    if not name:
        return None
    side = harmony.side(name)
    shared = [
        at
        for at, item in enumerate(side.levels)
        if sum(other.group == item.group for other in side.levels) > 1
    ]
    if not shared:
        return None
    at = int(rng.choice(shared))
    return _regrouped(
        harmony, name, [DROP if i == at else item.group for i, item in enumerate(side.levels)]
    )


def one_side_reversed(harmony: Harmony, _: Fetch, rng: np.random.Generator):
    """Number the groups of one side from the other end."""
    codes = sorted(harmony.donor.group_codes)
    if len(codes) < 3 or sorted(harmony.recipient.group_codes) != codes:
        return None
    turned = dict(zip(codes, reversed(codes), strict=True))
    name = SIDES[int(rng.integers(2))]
    return _regrouped(
        harmony, name, [turned.get(i.group, i.group) for i in harmony.side(name).levels]
    )


def groups_slipped(harmony: Harmony, _: Fetch, rng: np.random.Generator):
    """Slip by one line: every group of one side is the next one's, the last the first's."""
    codes = sorted(harmony.donor.group_codes)
    if len(codes) < 3 or sorted(harmony.recipient.group_codes) != codes:
        return None
    turned = dict(zip(codes, [*codes[1:], codes[0]], strict=True))
    name = SIDES[int(rng.integers(2))]
    return _regrouped(
        harmony, name, [turned.get(i.group, i.group) for i in harmony.side(name).levels]
    )


def order_on_names(harmony: Harmony, _: Fetch, __: np.random.Generator):
    """Mark groups as ordered that are names of things."""
    three = 3
    if harmony.ordered or len(harmony.donor.group_codes) < three or not harmony.donor.is_grouped:
        return None
    return None if quantities(harmony.donor) else replace(harmony, ordered=True)


def thousandfold(harmony: Harmony, _: Fetch, rng: np.random.Generator):
    """Read a number in thousands as one in units."""
    if harmony.donor.is_grouped or harmony.recipient.is_grouped:
        return None
    name = SIDES[int(rng.integers(2))]
    side = harmony.side(name)
    return (
        None
        if side.adjustment
        else editing.set_adjustment(harmony, name, f"{side.variable} / 1000")
    )


def residual_into_a_thing(harmony: Harmony, _: Fetch, rng: np.random.Generator):
    """Put *other* into the group of something particular."""
    name = _either(
        harmony,
        rng,
        lambda s: not s.breakpoints and any(RESIDUAL.search(i.level) for i in s.levels),
    )
    if not name or harmony.ordered:
        return None
    side = harmony.side(name)
    at = next(at for at, item in enumerate(side.levels) if RESIDUAL.search(item.level))
    others = [c for c in side.group_codes if c != side.levels[at].group]
    if sum(i.group == side.levels[at].group for i in side.levels) < 2 or not others:
        return None
    group = float(rng.choice(others))
    return _regrouped(
        harmony, name, [group if i == at else item.group for i, item in enumerate(side.levels)]
    )


def block_moved(harmony: Harmony, _: Fetch, rng: np.random.Generator):
    """Put three answers in a row into another group than theirs."""
    size = 3
    name = _either(harmony, rng, lambda s: len(s.levels) > 2 * size and not s.breakpoints)
    if not name:
        return None
    side = harmony.side(name)
    starts = [
        at
        for at in range(len(side.levels) - size)
        if len({i.group for i in side.levels[at : at + size]}) == 1
        and sum(i.group == side.levels[at].group for i in side.levels) > size
    ]
    others = list(side.group_codes)
    if not starts or len(others) < size:
        return None
    at = int(rng.choice(starts))
    group = float(rng.choice([c for c in others if c != side.levels[at].group]))
    return _regrouped(
        harmony,
        name,
        [group if at <= i < at + size else item.group for i, item in enumerate(side.levels)],
    )


def years_swapped_for_months(harmony: Harmony, _: Fetch, rng: np.random.Generator):
    """Divide an amount by twelve that is not twelve times as large."""
    if harmony.donor.is_grouped or harmony.recipient.is_grouped:
        return None
    name = SIDES[int(rng.integers(2))]
    side = harmony.side(name)
    if side.adjustment:
        return None
    return editing.set_adjustment(harmony, name, f"{side.variable} / 12")


MUTATIONS: dict[str, Mutation] = {
    "the others counted": head_count_of_the_others,
    "a head count taken as the highest": head_count_as_highest,
    "a limit off by one": age_limit_off_by_one,
    "a digit lost at the outermost limit": digit_lost,
    "< for >": comparison_turned,
    "the variable next to it": neighbour_variable,
    "a term forgotten": term_forgotten,
    "a minus for a plus": sign_turned,
    "an ordinary answer left out": substantive_left_out,
    "one side numbered from the other end": one_side_reversed,
    "groups slipped by one line": groups_slipped,
    "an order on names": order_on_names,
    "thousands for units": thousandfold,
    "“other” put into something particular": residual_into_a_thing,
    "three answers in a row elsewhere": block_moved,
    "divided by twelve": years_swapped_for_months,
}


def plant(
    checked: Sequence[CheckedHarmony],
    sets: Sequence[HarmonySet],
    kind: str,
    *,
    most: int,
    show: bool = False,
) -> Seeded:
    """Plant one kind of mistake in up to `most` clean harmonies drawn at random."""
    fetch, mutate, result = dictionaries(), MUTATIONS[kind], Seeded()
    rng = np.random.default_rng(20_261_130)
    used: set[str] = set()
    for at in rng.permutation(len(checked)):
        item = checked[at]
        if result.planted == most:
            break
        place = f"{item.pair.donor}/{item.harmony.key}"
        if place in used or any(f.severity != "hint" and not f.accepted for f in item.findings):
            continue  # one year of each, and known to be good
        both = {"donor": fetch(item.pair.donor), "recipient": fetch(item.pair.recipient)}
        changed = mutate(item.harmony, both.get, rng)
        if changed is None or changed == item.harmony:
            continue
        used.add(place)
        found = check_harmony(
            changed,
            both["donor"],
            both["recipient"],
            siblings_of(item.harmony, item.pair, sets),
            price_years=price_years(item.pair),
        )
        blame = [finding for finding in found if finding.severity != "hint"]
        result.planted += 1
        result.blamed += bool(blame)
        result.rules.update({finding.rule for finding in blame})
        if show and not blame:
            print(
                "   missed",
                item.pair,
                changed.key,
                changed.donor.adjustment,
                changed.recipient.adjustment,
            )
        if show and blame:
            print("   found ", item.pair, changed.key, blame[0].rule)
    return result


def main() -> int:
    """Print a table of both halves, with and without sibling years."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=25)
    parser.add_argument("--kind", default="")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--half", choices=["tuned", "reported", "both"], default="both")
    options = parser.parse_args()
    checked = published(dictionaries())
    halves = {"tuned": TUNED, "reported": REPORTED}
    for half, families in halves.items():
        if options.half not in {half, "both"}:
            continue
        own = [item for item in checked if family(item.pair.donor) in families]
        pairs = {item.pair for item in own}
        sets = [
            HarmonySet(pair, tuple(item.harmony for item in own if item.pair == pair))
            for pair in pairs
        ]
        total = np.zeros(4)
        for kind in MUTATIONS:
            if options.kind and options.kind != kind:
                continue
            alone = plant(own, [], kind, most=options.most, show=options.show)
            beside = plant(own, sets, kind, most=options.most)
            total += [alone.planted, alone.blamed, beside.planted, beside.blamed]
            rules = ", ".join(f"{rule} {n}" for rule, n in alone.rules.most_common(3))
            print(
                f"{half:9s} {kind:40s} {alone.planted:4d} {alone.blamed:4d} {beside.blamed:4d}  {rules}",
                flush=True,
            )
        print(f"{half:9s} {'all':40s} {total[0]:4.0f} {total[1]:4.0f} {total[3]:4.0f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
