"""What the builders write can be read back, means the same, and is always a safe expression."""

from __future__ import annotations

import numpy as np
import pandas as pd
from effort import examples
from hypothesis import given
from hypothesis import strategies as st

from fusion_core.harmony.apply.grouping import side_values
from fusion_core.harmony.apply.rows import SurveyRows
from fusion_core.harmony.expressions.conditions import (
    Condition,
    Test,
    write_condition,
)
from fusion_core.harmony.expressions.expression import check_expression, evaluate_expression
from fusion_core.harmony.expressions.member_counts import count_persons, counted
from fusion_core.harmony.expressions.reading import read_condition, read_recipe
from fusion_core.harmony.expressions.recipes import (
    Recipe,
    Recode,
    Step,
    Sum,
    Term,
    write_recipe,
)
from fusion_core.harmony.model.binning import bin_labels, format_number
from fusion_core.harmony.model.harmony import LevelGroup, Side
from fusion_core.surveys import Dictionary, Survey, SurveyDescription, SurveyId
from fusion_core.surveys.model import HOUSEHOLD_KEY, PERSON_KEY, WEIGHT, variable_from_column

COLUMNS = ["agep", "veh", "range", "end", "odd name", "sex"]
NAMES = st.sampled_from(COLUMNS[:5])
NUMBERS = st.one_of(
    st.integers(-10_000, 10_000).map(float),
    st.floats(-1e9, 1e9, allow_nan=False).map(lambda value: round(value, 4) + 0.0),
)
LABELS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=12)
COMPARED = st.sampled_from(["at_least", "more_than", "at_most", "less_than"])

TESTS = st.one_of(
    st.builds(Test, NAMES, COMPARED, st.tuples(NUMBERS)),
    st.builds(Test, NAMES, st.just("between"), st.tuples(NUMBERS, NUMBERS)),
    st.builds(Test, NAMES, st.sampled_from(["missing", "answered"])),
    st.builds(
        Test,
        st.just("sex"),
        st.sampled_from(["in", "not_in"]),
        st.lists(LABELS, min_size=1, max_size=3, unique=True).map(tuple),
    ),
    st.builds(
        Test,
        NAMES,
        st.sampled_from(["in", "not_in"]),
        st.lists(NUMBERS, min_size=1, max_size=3, unique=True).map(tuple),
    ),
)
CONDITIONS = st.one_of(
    st.builds(Condition, st.lists(TESTS, min_size=1, max_size=4).map(tuple)),
    st.builds(Condition, st.lists(TESTS, min_size=2, max_size=4).map(tuple), st.just("any")),
)
SUMS = st.builds(
    lambda first, rest, zero: Sum((Term(first), *rest), zero),
    NAMES,
    st.lists(st.builds(Term, NAMES, st.sampled_from([1, -1])), max_size=4),
    st.booleans(),
)
RECODES = st.builds(
    Recode,
    st.just("sex"),
    st.lists(
        st.tuples(LABELS, NUMBERS), min_size=1, max_size=3, unique_by=lambda pair: pair[0]
    ).map(tuple),
)
STEPS = st.one_of(
    st.builds(Step, st.sampled_from(["multiply", "add", "from", "at_most", "at_least"]), NUMBERS),
    st.builds(Step, st.just("divide"), NUMBERS.filter(bool)),
    st.builds(Step, st.sampled_from(["replace", "only"]), NUMBERS, CONDITIONS),
)
RECIPES = st.one_of(
    st.builds(
        lambda start, steps, last: Recipe(start, (*steps, *last)),
        st.one_of(SUMS, RECODES),
        st.lists(STEPS, max_size=4),
        st.lists(st.builds(Step, st.just("above"), NUMBERS), max_size=1),
    ),
    st.builds(Recipe, CONDITIONS),
)


def rows() -> pd.DataFrame:
    generator = np.random.default_rng(7)
    frame = pd.DataFrame(
        {name: generator.integers(-5, 90, 40).astype(float) for name in COLUMNS[:5]}
    )
    frame[generator.random(frame.shape) < 0.15] = np.nan
    frame["sex"] = pd.Categorical(generator.choice(["Male", "Female"], 40))
    return frame


ROWS = rows()


def household_of_each_person() -> SurveyRows:
    """Persons of all ages and both sexes, nothing missing."""
    persons = pd.DataFrame(
        {
            HOUSEHOLD_KEY: [f"H{index // 2}" for index in range(60)],
            PERSON_KEY: [index % 2 + 1 for index in range(60)],
            WEIGHT: 1.0,
            "agep": np.random.default_rng(3).permutation(np.linspace(0, 88, 60).round()),
            "sex": pd.Categorical(["Male", "Female", "Female"] * 20),
        }
    )
    variables = [
        variable_from_column(name, persons[name], respondent="person") for name in ("agep", "sex")
    ]
    return SurveyRows(
        Survey(SurveyDescription(SurveyId("ACS", "2019")), Dictionary(variables), person=persons)
    )


@given(CONDITIONS)
@examples(60)
def test_a_condition_is_read_back_as_it_was_built(condition):
    assert read_condition(write_condition(condition)) == condition


@given(RECIPES)
@examples(60)
def test_a_recipe_is_read_back_to_the_same_expression(recipe):
    text = write_recipe(recipe)
    check_expression(text, COLUMNS)
    read = read_recipe(text)
    assert read is not None
    assert write_recipe(read) == text


@given(SUMS, st.lists(STEPS, max_size=4))
@examples(60)
def test_a_recipe_computes_its_steps_one_after_the_other(start, steps):
    found = evaluate_expression(write_recipe(Recipe(start, tuple(steps))), ROWS)
    expected = sum(
        term.sign
        * (ROWS[term.variable].fillna(0) if start.missing_is_zero else ROWS[term.variable])
        for term in start.terms
    )
    for step in steps:
        expected = applied(step, expected)
    np.testing.assert_allclose(found.astype(float), expected.astype(float), rtol=1e-9)


def applied(step: Step, x: pd.Series) -> pd.Series:
    k = step.number
    if step.condition is not None:
        held = evaluate_expression(write_condition(step.condition), ROWS).fillna(False).astype(bool)
        return x.where(~held, k) if step.kind == "replace" else x.where(held, k)
    return {
        "multiply": lambda: x * k,
        "divide": lambda: x / k,
        "add": lambda: x + k,
        "from": lambda: k - x,
        "at_most": lambda: x.clip(upper=k),
        "at_least": lambda: x.clip(lower=k),
    }[step.kind]()


CHILDREN = st.builds(
    lambda points, codes, sex, own: (tuple(sorted(points)), codes, sex, own),
    st.sets(st.integers(1, 80).map(float), min_size=1, max_size=3),
    st.lists(st.sampled_from([0.0, 1.0]), min_size=4, max_size=4),
    st.sampled_from(["", "Male", "Female"]),
    NUMBERS,
)


@given(CHILDREN)
@examples(40)
def test_a_head_count_coded_by_bins_counts_the_same_persons_as_its_condition(drawn):
    points, codes, sex, own = drawn
    bins = tuple(
        LevelGroup(label, code) for label, code in zip(bin_labels(points), codes, strict=False)
    )
    adjustment = f"CASE WHEN sex = '{sex}' THEN {format_number(own)} ELSE agep END" if sex else ""
    side = Side("agep", "person", adjustment, points, bins, aggregator="sum")
    condition = counted(side)
    if condition is None:
        return
    persons = household_of_each_person()
    wanted = side_values(side, persons).of_rows()
    np.testing.assert_array_equal(
        side_values(count_persons(side, condition, "number"), persons).of_rows(), wanted
    )
    assert counted(count_persons(side, condition, "number")) == condition
