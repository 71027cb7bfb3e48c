"""Universe, groups, deflation, several columns and aggregation against a loop over persons.

The loop is written from the description of a side alone and shares no code with the engine.
"""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import mean, median

import pytest
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from random_harmonies import sides, surveys

from fusion_core.harmony.apply.apply import harmonize_pair, harmonize_side
from fusion_core.harmony.model.harmony import DROP, Harmony, LevelGroup, Side

quick = examples(25)

EXPRESSIONS = {
    "": lambda row: row["pnumber"],
    "pnumber * 2 + 1": lambda row: row["pnumber"] * 2 + 1,
    "coalesce(pnumber, 0) + person_number": lambda row: (
        (0 if math.isnan(row["pnumber"]) else row["pnumber"]) + row["person_number"]
    ),
    "pnumber > 0 and plabel = 'a'": lambda row: _and(
        None if math.isnan(row["pnumber"]) else row["pnumber"] > 0,
        None if row["plabel"] is None else row["plabel"] == "a",
    ),
    "case when plabel = 'b' then 1 else 0 end": lambda row: float(row["plabel"] == "b"),
}
"""Expressions over several columns of a person, and what they mean."""


class UndecidedError(Exception):
    """A row that counts has no group: the engine must refuse the harmony."""


def _and(left, right):
    """Conjunction with unknowns, as SQL has it."""
    if left is False or right is False:
        return 0.0
    return float("nan") if left is None or right is None else 1.0


def rows_of(survey, respondent):
    table = survey.household if respondent == "household" else survey.person
    records = table.astype({c: object for c in table.columns if c.endswith("label")})
    records = records.sort_values([c for c in ("household_id", "person_number") if c in records])
    for record in records.to_dict("records"):
        yield {
            name: None
            if isinstance(value, float) and math.isnan(value) and "label" in name
            else value
            for name, value in record.items()
        }


def value_of(side, row):
    """Return a row's number or group; None where it is left out.

    Raises
    ------
    UndecidedError
        If nobody decided what becomes of it.
    """
    prefix = "p" if side.respondent == "person" else "h"
    if side.universe and not row[f"{prefix}number"] > 0:
        return group_of(side.outside_universe)
    answer = row[side.variable]
    if answer is None or (isinstance(answer, float) and math.isnan(answer)):
        return group_of(side.missing)
    if side.breakpoints:
        place = 0
        for point in side.breakpoints:
            place += answer >= point
        return group_of(side.levels[place].group)
    if side.levels:
        return group_of({item.level: item.group for item in side.levels}[answer])
    return answer


def group_of(group):
    if group is None:
        raise UndecidedError
    return None if group == DROP else float(group)


def combined(values, rule):
    """Combine the members of a household, reference person first."""
    if rule == "reference":
        return values[0]
    present = [value for value in values if value is not None]
    if not present:
        return None
    return {
        "sum": sum,
        "mean": mean,
        "median": median,
        "minimum": min,
        "maximum": max,
        "any": lambda found: float(any(value != 0 for value in found)),
        "count": lambda found: float(sum(value != 0 for value in found)),
    }[rule](present)


def by_hand(side, survey, *, ordered):
    """Return the household outcome of a side, household by household."""
    rows = list(rows_of(survey, side.respondent))
    if side.respondent == "household":
        return [value_of(side, row) for row in rows]
    rule = side.aggregator
    if rule == "automatic":
        rule = ("maximum" if ordered else "reference") if side.levels else "mean"
    found = []
    for household in sorted({row["household_id"] for row in rows}):
        members = [row for row in rows if row["household_id"] == household]
        if rule == "reference":
            members = members[:1]
        found.append(combined([value_of(side, row) for row in members], rule))
    return found


def applied(harmony, survey):
    """Return the outcome as the engine computes it, groups as their codes; None where it refuses."""
    pair = harmonize_pair([harmony], survey, survey)
    if pair.failures:
        return None
    column = pair.donor[harmony.key]
    return [None if (isinstance(v, float) and math.isnan(v)) else float(v) for v in column.tolist()]


def same(found, expected):
    return len(found) == len(expected) and all(
        a is b is None or (a is not None and b is not None and a == pytest.approx(b))
        for a, b in zip(found, expected, strict=True)
    )


@quick
@given(surveys(), sides(), st.booleans())
def test_any_side_is_what_a_loop_finds(survey, side, ordered):
    harmony = Harmony(side, side, ordered=ordered)
    unordered_extreme = side.levels and not ordered and side.aggregator in {"minimum", "maximum"}
    found = applied(harmony, survey)
    try:
        expected = by_hand(side, survey, ordered=ordered)
    except UndecidedError:
        assert found is None
        return
    if found is None:
        assert unordered_extreme
        assert side.respondent == "person"
        return
    assert same(found, expected)


@quick
@given(
    surveys(),
    st.sampled_from(sorted(EXPRESSIONS)),
    st.sampled_from(["sum", "any", "count", "mean", "reference"]),
)
def test_expressions_over_several_columns_are_what_a_loop_finds(survey, expression, rule):
    side = Side("pnumber", "person", adjustment=expression, aggregator=rule, missing=DROP)
    found = applied(Harmony(side, side), survey)
    expected = []
    rows = list(rows_of(survey, "person"))
    for household in sorted({row["household_id"] for row in rows}):
        members = [row for row in rows if row["household_id"] == household]
        values = [float(EXPRESSIONS[expression](row)) for row in members]
        expected.append(combined([None if math.isnan(v) else v for v in values], rule))
    assert same(found, expected)


@quick
@given(surveys(), st.lists(st.sampled_from([0.0, 1.0, DROP]), min_size=4, max_size=4))
def test_head_counts_count_the_persons_in_group_one(survey, codes):
    table = tuple(LevelGroup(level, code) for level, code in zip("abcd", codes, strict=True))
    side = Side("plabel", "person", levels=table, aggregator="sum", missing=0.0)
    counted = {item.level for item in table if item.group == 1.0}
    dropped = {item.level for item in table if item.group == DROP}
    found = applied(Harmony(side, side), survey)
    rows = list(rows_of(survey, "person"))
    for value, household in zip(found, sorted({row["household_id"] for row in rows}), strict=True):
        labels = [row["plabel"] for row in rows if row["household_id"] == household]
        staying = [label for label in labels if label not in dropped]
        assert value == (sum(label in counted for label in staying) if staying else None)


@quick
@given(surveys(), st.sampled_from([2015, 2017, 2019]), st.sampled_from([2015, 2020, 2022]))
def test_dollars_are_multiplied_by_the_ratio_of_the_price_indices(survey, own, target):
    index = {2015: 237.017, 2017: 245.120, 2019: 255.657, 2020: 258.811, 2022: 292.655}
    survey = replace(survey, description=replace(survey.description, price_year=own))
    side = Side("hnumber", missing=DROP, deflate_to_year=target)
    found = harmonize_side(Harmony(side, side), "donor", survey).tolist()
    plain = [row["hnumber"] for row in rows_of(survey, "household")]
    expected = [value * index[target] / index[own] for value in plain]
    assert found == pytest.approx(expected, nan_ok=True)


@quick
@given(surveys(), surveys())
def test_one_donor_variable_meets_an_expression_over_several_recipient_columns(donor, recipient):
    together = Side(
        "hnumber",
        adjustment="coalesce(hnumber, 0) + case when hlabel = 'a' then 10 else 0 end",
        missing=DROP,
    )
    harmony = Harmony(Side("hnumber", missing=DROP), together)
    pair = harmonize_pair([harmony], donor, recipient)
    assert not pair.failures
    expected = [
        (0 if math.isnan(row["hnumber"]) else row["hnumber"]) + 10 * (row["hlabel"] == "a")
        for row in rows_of(recipient, "household")
    ]
    assert pair.recipient[harmony.key].tolist() == expected
