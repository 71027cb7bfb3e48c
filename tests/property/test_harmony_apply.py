"""Invariants of harmonizing, whatever the data and the harmony."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from random_harmonies import AGGREGATORS, LEVELS, harmonies, surveys

from fusion_core.errors import HarmonyError
from fusion_core.harmony.apply.apply import harmonize_pair, harmonize_side
from fusion_core.harmony.editing import edits as editing
from fusion_core.harmony.model.binning import bin_index, bin_labels
from fusion_core.harmony.model.harmony import DROP, Harmony, LevelGroup, Side
from fusion_core.harmony.previews.preview import preview

quick = examples(40)


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
    swapped = editing.recode_groups(harmony, {1.0: 2.0, 2.0: 1.0})
    for changed in (renamed, editing.renumber_groups(renamed), swapped):
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
        "sum": sum,
        "minimum": min,
        "maximum": max,
        "mean": np.mean,
        "median": np.median,
        "any": lambda found: float(any(found)),
        "count": lambda found: sum(v != 0 for v in found),
    }[rule](present)


@quick
@given(surveys(), st.sampled_from(AGGREGATORS[1:]), st.booleans())
def test_persons_become_households_as_in_a_loop(survey, rule, drop_odd):
    universe = "pnumber % 2 = 0" if drop_odd else ""
    side = Side(
        "pnumber",
        "person",
        aggregator=rule,
        missing=DROP,
        universe=universe,
        outside_universe=DROP if drop_odd else None,
    )
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
