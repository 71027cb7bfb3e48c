"""Invariants of harmonizing, whatever the data and the harmony."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion_core.errors import HarmonyError
from fusion_core.harmony import editing
from fusion_core.harmony.apply import harmonize_pair, harmonize_side
from fusion_core.harmony.binning import bin_index, bin_labels
from fusion_core.harmony.model import DROP, Harmony, LevelGroup, Side
from fusion_core.harmony.preview import preview
from fusion_core.surveys import Dictionary, Survey, SurveyDescription, SurveyId
from fusion_core.surveys.model import variable_from_column

LEVELS = ("a", "b", "c", "d")
AGGREGATORS = (
    "automatic",
    "reference",
    "sum",
    "minimum",
    "maximum",
    "mean",
    "median",
    "any",
    "count",
)
quick = settings(max_examples=40, deadline=None)
groups = st.one_of(st.sampled_from([0.0, 1.0, 2.0, 3.5, -1.0]), st.just(DROP), st.none())


@st.composite
def surveys(draw):
    """A survey of households and persons in random order, with missing answers."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=6))
    ids = draw(st.permutations(range(len(sizes))))
    persons = [
        (household, number) for household in ids for number in range(1, sizes[household] + 1)
    ]
    persons = draw(st.permutations(persons))
    label = st.one_of(st.sampled_from(LEVELS), st.none())
    number = st.one_of(st.integers(-5, 5), st.just(np.nan))

    def column(strategy, count):
        return draw(st.lists(strategy, min_size=count, max_size=count))

    tables = []
    for keys in (
        {"household_id": list(ids)},
        dict(zip(("household_id", "person_number"), zip(*persons, strict=True), strict=True)),
    ):
        count = len(keys["household_id"])
        prefix = "p" if "person_number" in keys else "h"
        tables.append(
            pd.DataFrame(keys).assign(
                weight=column(st.integers(1, 9), count),
                **{
                    f"{prefix}label": pd.Categorical(column(label, count), LEVELS),
                    f"{prefix}number": np.array(column(number, count), dtype=float),
                },
            )
        )  # fmt: skip
    variables = [
        variable_from_column(name, table[name], respondent=respondent)
        for table, respondent in zip(tables, ("household", "person"), strict=True)
        for name in table.columns[-2:]
    ]
    return Survey(SurveyDescription(SurveyId("S", "1")), Dictionary(variables), *tables)


@st.composite
def sides(draw):
    person = draw(st.booleans())
    prefix, respondent = ("p", "person") if person else ("h", "household")
    kind = draw(st.sampled_from(["labels", "bins", "number"]))
    common = {
        "respondent": respondent,
        "aggregator": draw(st.sampled_from(AGGREGATORS)),
        "missing": draw(groups),
        "universe": draw(st.sampled_from(["", "", "", f"{prefix}number > 0"])),
        "outside_universe": draw(groups),
    }
    if kind == "labels":
        table = tuple(LevelGroup(level, draw(groups)) for level in LEVELS)
        return Side(f"{prefix}label", levels=table, **common)
    if kind == "number":
        return Side(f"{prefix}number", **common)
    points = tuple(sorted(draw(st.sets(st.integers(-4, 4), min_size=1, max_size=3))))
    table = tuple(LevelGroup(label, draw(groups)) for label in bin_labels(points))
    return Side(f"{prefix}number", breakpoints=points, levels=table, **common)


harmonies = st.builds(Harmony, sides(), sides(), ordered=st.booleans())


@quick
@given(harmonies, surveys(), surveys(), st.sampled_from(["household", "person"]))
def test_both_sides_have_the_same_type_categories_and_order(harmony, donor, recipient, respondent):
    pair = harmonize_pair([harmony], donor, recipient, respondent=respondent)
    if pair.failures:
        assert pair.keys == ()
        assert all(isinstance(error, HarmonyError) for error in pair.failures.values())
        return
    left, right = pair.donor[harmony.key], pair.recipient[harmony.key]
    assert left.dtype == right.dtype
    if isinstance(left.dtype, pd.CategoricalDtype):
        assert list(left.cat.categories) == list(right.cat.categories)
        assert left.cat.ordered == right.cat.ordered == harmony.ordered
    for frame, survey in ((pair.donor, donor), (pair.recipient, recipient)):
        table = survey.household if respondent == "household" else survey.person
        assert len(frame) == len(table)
        assert frame["household_id"].is_monotonic_increasing


@quick
@given(harmonies, surveys(), surveys())
def test_a_preview_never_fails_and_shares_add_up(harmony, donor, recipient):
    found = preview(harmony, donor, recipient)
    for side in ("donor_share", "recipient_share"):
        shares = [getattr(group, side) for group in found.groups]
        if shares and None not in shares:
            assert sum(shares) == pytest.approx(1)
    if found.similarity is not None and found.outcome == "group":
        assert -1e-9 <= found.similarity <= 1 + 1e-9


@quick
@given(
    st.lists(st.integers(-20, 20), min_size=1, max_size=30),
    st.sets(st.integers(-15, 15), min_size=1, max_size=6),
)
def test_bins_are_left_closed_at_every_breakpoint(values, points):
    breakpoints = sorted(points)
    found = bin_index(np.array(values, dtype=float), breakpoints)
    for value, position in zip(values, found, strict=True):
        assert position == sum(value >= point for point in breakpoints)
    assert len(bin_labels(breakpoints)) == len(breakpoints) + 1
    assert len(set(bin_labels(breakpoints))) == len(breakpoints) + 1


@quick
@given(
    surveys(),
    st.lists(st.sampled_from([1.0, 2.0, 3.0, 4.0]), min_size=4, max_size=4),
    st.permutations([5.0, 6.0, 7.0, 8.0]),
)
def test_renumbering_groups_never_changes_the_partition(survey, codes, new):
    table = tuple(LevelGroup(level, code) for level, code in zip(LEVELS, codes, strict=True))
    harmony = Harmony(
        Side("hlabel", levels=table, missing=DROP), Side("hlabel", levels=table, missing=DROP)
    )
    renamed = editing.recode_groups(harmony, dict(zip([1.0, 2.0, 3.0, 4.0], new, strict=True)))
    for changed in (renamed, editing.renumber_groups(renamed), editing.swap_groups(harmony, 1, 2)):
        before = harmonize_side(harmony, "donor", survey)
        after = harmonize_side(changed, "donor", survey)
        together = pd.crosstab(before, after)
        assert ((together > 0).sum(axis=0) <= 1).all()
        assert ((together > 0).sum(axis=1) <= 1).all()
        assert before.isna().equals(after.isna())


def by_hand(values, numbers, rule):
    """Aggregate one household the slow way; values of persons left out are None."""
    if rule == "reference":
        return values[numbers.index(1)]
    present = [value for value in values if value is not None]
    if not present:
        return None
    return {
        "sum": sum, "minimum": min, "maximum": max, "mean": np.mean, "median": np.median,
        "any": lambda found: float(any(found)), "count": lambda found: sum(v != 0 for v in found),
    }[rule](present)  # fmt: skip


@quick
@given(surveys(), st.sampled_from(AGGREGATORS[1:]), st.booleans())
def test_persons_become_households_as_in_a_loop(survey, rule, drop_odd):
    universe = "pnumber % 2 = 0" if drop_odd else ""
    side = Side(
        "pnumber", "person", aggregator=rule, missing=DROP, universe=universe,
        outside_universe=DROP if drop_odd else None,
    )  # fmt: skip
    found = harmonize_side(Harmony(Side("hnumber"), side), "recipient", survey)
    households = sorted(survey.household["household_id"])
    for household, value in zip(households, found, strict=True):
        members = survey.person[survey.person["household_id"] == household]
        kept = [None if np.isnan(v) or (drop_odd and v % 2) else v for v in members["pnumber"]]
        expected = by_hand(kept, members["person_number"].tolist(), rule)
        assert value == pytest.approx(np.nan if expected is None else expected, nan_ok=True)


@quick
@given(surveys())
def test_the_order_of_rows_in_the_tables_does_not_matter(survey):
    table = tuple(LevelGroup(level, float(code)) for code, level in enumerate(LEVELS))
    side = Side("plabel", "person", levels=table, missing=9, aggregator="sum")
    harmony = Harmony(Side("hnumber"), side)
    turned = replace(
        survey,
        household=survey.household.iloc[::-1].reset_index(drop=True),
        person=survey.person.iloc[::-1].reset_index(drop=True),
    )
    first, second = (
        harmonize_side(harmony, "recipient", each).tolist() for each in (survey, turned)
    )
    assert first == second
