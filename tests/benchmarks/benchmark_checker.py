"""How many seeded mistakes the checker finds, and what it says of the files as they are.

Each harmony is changed in one way a person might slip; the mistake counts as found when the changed
harmony has an error or warning that the harmony as published does not have. Dictionaries are at hand
as in a workspace; sibling years are, or are not.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from support.published import REPORTED, family
from support.reporting import SHARED, Row, require_shared_data, run_alone

from fusion_core.harmony.checks.check import check_harmony
from fusion_core.harmony.checks.files import CheckedHarmony, check_sets, price_years
from fusion_core.harmony.checks.findings import Finding
from fusion_core.harmony.checks.siblings import siblings_of
from fusion_core.harmony.editing import edits as editing
from fusion_core.harmony.fusiondata.reading import read_harmonies
from fusion_core.harmony.labels.quantities import quantities
from fusion_core.harmony.model import bin_labels
from fusion_core.harmony.model.aggregation import takes_reference_person
from fusion_core.harmony.model.harmony import Harmony, HarmonySet, LevelGroup, SideName
from fusion_core.ingest.fusiondata.dictionary import read_fusiondata_dictionary
from fusion_core.surveys.model import Dictionary, SurveyId

SIDES: tuple[SideName, SideName] = ("donor", "recipient")
Mutation = Callable[[Harmony, np.random.Generator], Harmony | None]


def swap_two_levels(harmony: Harmony, rng: np.random.Generator) -> Harmony | None:
    """Exchange the groups of two neighbouring levels."""
    name = SIDES[rng.integers(2)]
    levels = list(harmony.side(name).levels)
    places = [
        at
        for at in range(len(levels) - 1)
        if levels[at].group != levels[at + 1].group
        and None not in {levels[at].group, levels[at + 1].group}
    ]
    if not places or len(levels) < 3:
        return None
    at = int(rng.choice(places))
    levels[at], levels[at + 1] = (
        LevelGroup(levels[at].level, levels[at + 1].group),
        LevelGroup(levels[at + 1].level, levels[at].group),
    )
    return editing.replace_side(harmony, name, levels=tuple(levels))


def shift_brackets(harmony: Harmony, rng: np.random.Generator) -> Harmony | None:
    """Move the groups of all ranges of one side by one from some place on."""
    name = SIDES[rng.integers(2)]
    side = harmony.side(name)
    if not quantities(side) or len(side.levels) < 5 or not harmony.ordered:
        return None
    at = int(rng.integers(1, len(side.levels) - 2))
    groups = [item.group for item in side.levels]
    moved = [*groups[: at + 1], *groups[at:-1]]
    if moved == groups:
        return None
    levels = tuple(LevelGroup(i.level, group) for i, group in zip(side.levels, moved, strict=True))
    return editing.replace_side(harmony, name, levels=levels)


def head_count_codes(harmony: Harmony, _: np.random.Generator) -> Harmony | None:
    """Code a head count 1 and 2 instead of 0 and 1."""
    for name in SIDES:
        side = harmony.side(name)
        if side.aggregator == "sum" and set(side.group_codes) == {0.0, 1.0}:
            levels = tuple(
                LevelGroup(i.level, 2.0 if i.group == 0 else i.group) for i in side.levels
            )
            return editing.replace_side(harmony, name, levels=levels)
    return None


def drop_a_level(harmony: Harmony, rng: np.random.Generator) -> Harmony | None:
    """Forget a level of a category."""
    name = SIDES[rng.integers(2)]
    side = harmony.side(name)
    if side.breakpoints or side.adjustment or len(side.levels) < 3:
        return None
    at = int(rng.integers(len(side.levels)))
    return editing.replace_side(harmony, name, levels=side.levels[:at] + side.levels[at + 1 :])


def invert_yes_and_no(harmony: Harmony, rng: np.random.Generator) -> Harmony | None:
    """Exchange the two groups of one side."""
    codes = harmony.donor.group_codes
    if len(codes) != 2 or codes != harmony.recipient.group_codes:
        return None
    name = SIDES[rng.integers(2)]
    turned = dict(zip(codes, reversed(codes), strict=True))
    levels = tuple(
        LevelGroup(item.level, turned.get(item.group, item.group))
        for item in harmony.side(name).levels
    )
    return editing.replace_side(harmony, name, levels=levels)


def breaks_on_a_category(harmony: Harmony, rng: np.random.Generator) -> Harmony | None:
    """Leave a breakpoint behind on labels."""
    name = SIDES[rng.integers(2)]
    side = harmony.side(name)
    if side.breakpoints or side.adjustment or not side.levels:
        return None
    return editing.replace_side(harmony, name, breakpoints=(1.0,))


def wrong_deflator(harmony: Harmony, rng: np.random.Generator) -> Harmony | None:
    """Change the prices the wrong way, or by 5 % too much."""
    text = harmony.recipient.adjustment
    if "hincp" not in text or not any(sign in text for sign in "*/"):
        return None
    if rng.integers(2):
        other = text.replace("*", "#").replace("/", "*").replace("#", "/")
        return editing.set_adjustment(harmony, "recipient", other)
    first, sign, factor = text.partition("*" if "*" in text else "/")
    return editing.set_adjustment(harmony, "recipient", f"{first}{sign} {float(factor) * 1.05:.4g}")


def no_deflator(harmony: Harmony, _: np.random.Generator) -> Harmony | None:
    """Forget to change the prices."""
    text = harmony.recipient.adjustment
    if "hincp" not in text or not any(sign in text for sign in "*/"):
        return None
    return editing.set_adjustment(harmony, "recipient", "")


def aggregator_on_one_side(harmony: Harmony, _: np.random.Generator) -> Harmony | None:
    """Take another person's value, or the mean instead of one person's, on one of two person sides."""
    if {side.respondent for side in (harmony.donor, harmony.recipient)} != {"person"}:
        return None
    by_reference = takes_reference_person(harmony, "donor")
    if by_reference and harmony.donor.is_grouped and not harmony.ordered:
        return None  # unordered groups have no other value to take
    other = (
        "maximum" if by_reference and harmony.ordered else "mean" if by_reference else "reference"
    )
    return editing.set_aggregator(harmony, "donor", other)


def one_group_too_many(harmony: Harmony, rng: np.random.Generator) -> Harmony | None:
    """Mistype a level's group so that the other side has none like it."""
    name = SIDES[rng.integers(2)]
    side = harmony.side(name)
    if not side.levels or not harmony.side(_other(name)).levels or side.aggregator == "sum":
        return None
    at = int(rng.integers(len(side.levels)))
    levels = list(side.levels)
    levels[at] = LevelGroup(levels[at].level, editing.next_group(harmony))
    return editing.replace_side(harmony, name, levels=tuple(levels))


def move_a_level(harmony: Harmony, rng: np.random.Generator) -> Harmony | None:
    """Put one level of words into another group than the one it belongs to."""
    name = SIDES[rng.integers(2)]
    side = harmony.side(name)
    codes = [code for code in side.group_codes if code in harmony.side(_other(name)).group_codes]
    if side.breakpoints or quantities(side) or len(codes) < 3 or not len(side.levels) >= 4:
        return None
    at = int(rng.integers(len(side.levels)))
    levels = list(side.levels)
    others = [code for code in codes if code != levels[at].group]
    shared = sum(item.group == levels[at].group for item in levels)
    if levels[at].group is None or shared < 2:
        return None  # its group would be empty, which another rule finds
    levels[at] = LevelGroup(levels[at].level, float(rng.choice(others)))
    return editing.replace_side(harmony, name, levels=tuple(levels))


def swap_two_groups(harmony: Harmony, rng: np.random.Generator) -> Harmony | None:
    """Exchange two groups of one side."""
    codes = harmony.donor.group_codes
    if len(codes) < 3 or codes != harmony.recipient.group_codes:
        return None
    first, second = rng.choice(len(codes), 2, replace=False)
    turned = {codes[first]: codes[second], codes[second]: codes[first]}
    name = SIDES[rng.integers(2)]
    levels = tuple(
        LevelGroup(item.level, turned.get(item.group, item.group))
        for item in harmony.side(name).levels
    )
    return editing.replace_side(harmony, name, levels=levels)


def wrong_unit(harmony: Harmony, rng: np.random.Generator) -> Harmony | None:
    """Multiply an amount by twelve as if it were monthly."""
    if harmony.donor.is_grouped or harmony.recipient.is_grouped:
        return None
    name = SIDES[rng.integers(2)]
    side = harmony.side(name)
    if side.adjustment:
        return None
    return editing.set_adjustment(harmony, name, f"{side.variable} * 12")


def wrong_bins(harmony: Harmony, rng: np.random.Generator) -> Harmony | None:
    """Type a wrong break point: half or twice the right one."""
    name = next((name for name in SIDES if len(harmony.side(name).breakpoints) > 2), None)
    if name is None:
        return None
    side = harmony.side(name)
    at = int(rng.integers(1, len(side.breakpoints) - 1))
    points = list(side.breakpoints)
    low, high = points[at - 1], points[at + 1]
    points[at] = low + (high - low) * float(rng.choice([0.1, 0.9]))
    if points[at] == side.breakpoints[at]:
        return None
    levels = tuple(
        LevelGroup(label, item.group)
        for label, item in zip(bin_labels(tuple(points)), side.levels, strict=True)
    )
    return editing.replace_side(harmony, name, breakpoints=tuple(points), levels=levels)


MUTATIONS: dict[str, Mutation] = {
    "a level in another group": move_a_level,
    "two groups exchanged": swap_two_groups,
    "an amount times twelve": wrong_unit,
    "a wrong break point": wrong_bins,
    "two neighbouring levels exchanged": swap_two_levels,
    "brackets moved by one": shift_brackets,
    "head count coded 1/2": head_count_codes,
    "a level dropped": drop_a_level,
    "yes and no inverted": invert_yes_and_no,
    "a break on a category": breaks_on_a_category,
    "wrong deflator": wrong_deflator,
    "deflator dropped": no_deflator,
    "aggregator on one side": aggregator_on_one_side,
    "group the other side lacks": one_group_too_many,
}


@dataclass
class Seeded:
    """What became of one kind of mistake."""

    planted: int = 0
    blamed: int = 0
    hinted: int = 0
    rules: Counter[str] = field(default_factory=Counter)

    @property
    def found(self) -> float:
        """Share with a new error or warning."""
        return self.blamed / self.planted if self.planted else float("nan")

    @property
    def mentioned(self) -> float:
        """Share with any new finding."""
        return self.hinted / self.planted if self.planted else float("nan")


def dictionaries() -> Callable[[SurveyId], Dictionary | None]:
    """Return a way to fetch the published dictionaries, each read once."""
    known: dict[SurveyId, Dictionary | None] = {}

    def fetch(survey: SurveyId) -> Dictionary | None:
        if survey not in known:
            households, persons = (
                SHARED / "dictionaries" / f"{survey}_{part}.parquet" for part in "HP"
            )
            known[survey] = None
            if households.exists():
                both = (households, persons if persons.exists() else None)
                known[survey] = read_fusiondata_dictionary(*both).dictionary
        return known[survey]

    return fetch


def published(fetch: Callable[[SurveyId], Dictionary | None]) -> list[CheckedHarmony]:
    """Check all published files as they are."""
    paths = sorted((SHARED / "harmonies" / "r").glob("*.R"))
    sets = []
    for path in paths:
        pair = read_harmonies(path).pair
        read = read_harmonies(path, donor=fetch(pair.donor), recipient=fetch(pair.recipient))
        sets.append(read.harmony_set)
    return check_sets(sets, fetch, sources=[path.name for path in paths])


def seed(
    checked: Sequence[CheckedHarmony],
    fetch: Callable[[SurveyId], Dictionary | None],
    *,
    most: int = 60,
    with_siblings: bool = True,
) -> dict[str, Seeded]:
    """Plant every kind of mistake in up to `most` harmonies drawn at random; check them again."""
    sets = _sets(checked) if with_siblings else []
    results = {}
    for kind, mutate in MUTATIONS.items():
        rng = np.random.default_rng(20_240_611)
        result = Seeded()
        for at in rng.permutation(len(checked)):
            if result.planted == most:
                break
            item = checked[at]
            changed = mutate(item.harmony, rng)
            if changed is None or changed == item.harmony:
                continue
            found = check_harmony(
                changed,
                fetch(item.pair.donor),
                fetch(item.pair.recipient),
                siblings_of(item.harmony, item.pair, sets),
                price_years=price_years(item.pair),
            )
            new = list(_new(found, item.findings))
            blame = [finding for finding in new if finding.severity != "hint"]
            result.planted += 1
            result.blamed += bool(blame)
            result.hinted += bool(new)
            result.rules.update({finding.rule for finding in blame or new})
        results[kind] = result
    return results


def _new(found: Sequence[Finding], before: Sequence[Finding]) -> Iterator[Finding]:
    known = {(item.rule, item.severity, item.sentence) for item in before}
    return (item for item in found if (item.rule, item.severity, item.sentence) not in known)


def _sets(checked: Sequence[CheckedHarmony]) -> list[HarmonySet]:
    by_pair = defaultdict(list)
    for item in checked:
        by_pair[item.pair].append(item.harmony)
    return [HarmonySet(pair, tuple(harmonies)) for pair, harmonies in by_pair.items()]


def _other(name: SideName) -> SideName:
    return "recipient" if name == "donor" else "donor"


GOALS = {True: 90, False: 70}
"""Shares of planted mistakes to be found, with and without sibling years."""


def measure(*, quick: bool) -> list[Row]:
    """Plant mistakes with and without sibling years, and count what is said of the files as they are.

    The rules were written looking at the files of some families of surveys (`TUNED`); the first rows
    are of the others, whose files were only counted.
    """
    require_shared_data()
    most = 20 if quick else 60
    fetch = dictionaries()
    checked = published(fetch)
    counted = [item for item in checked if family(item.pair.donor) in REPORTED]
    rows, alone = [], {}
    for with_siblings in (False, True):
        found = seed(counted, fetch, most=most, with_siblings=with_siblings)
        planted = sum(result.planted for result in found.values())
        share = 100 * sum(result.blamed for result in found.values()) / planted
        by = "with sibling years" if with_siblings else "without sibling years"
        rows.append(
            Row(
                topic="check",
                what=f"{planted} mistakes of {len(found)} kinds in {', '.join(REPORTED)}, {by}: found",
                value=share,
                unit="%",
                baseline=f"goal: {GOALS[with_siblings]}",
                ratio=share / GOALS[with_siblings],
            )
        )
        if not with_siblings:
            alone = found
            continue
        rows += [
            Row(
                topic="check",
                what=f"planted mistake found: {kind}",
                value=100 * result.found,
                unit="%",
                note=f"of {result.planted}; {alone[kind].found:.0%} without sibling years",
            )
            for kind, result in found.items()
            if result.planted
        ]
    counts = Counter(finding.severity for item in checked for finding in item.findings)
    rows += [
        Row(
            topic="check",
            what=f"{len(checked):,} harmonies as published: {severity}s",
            value=counts[severity],
            unit="findings",
        )
        for severity in ("error", "warning", "hint")
    ]
    return rows


if __name__ == "__main__":
    sys.exit(run_alone(measure))
