"""However the distinct answers of a column are found, every row points to its own answer."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from fusion_core.harmony.apply._encoded_column import cell_totals, distinct_numbers
from fusion_core.harmony.apply.weighted_counts import count_values
from fusion_core.harmony.model.aggregation import aggregate

ODD = [np.nan, np.inf, -np.inf, -0.0, 0.5, 1e300, -1e300, 2.0**53, 1e-300]
numbers = st.lists(st.one_of(st.integers(-30, 30).map(float), st.sampled_from(ODD)), max_size=40)
whole = st.lists(st.one_of(st.integers(-30, 30).map(float), st.just(np.nan)), max_size=40)


@given(st.one_of(numbers, whole))
@example([-1.0, 1e-300])  # their difference is rounded to a whole number, they are none
def test_every_row_finds_its_number_and_each_is_listed_once(values):
    column = np.array(values, dtype=np.float64)
    positions, distinct = distinct_numbers(column)
    assert np.all(np.diff(distinct) > 0)
    assert np.all(np.isfinite(distinct))
    found = np.append(distinct, np.nan)[positions]
    expected = np.where(np.isfinite(column), column, np.nan)
    assert np.array_equal(found, expected, equal_nan=True)


@given(whole, st.randoms(use_true_random=False))
def test_cells_are_put_together_whatever_their_order(values, random):
    column = np.array([*values, 1.0], dtype=np.float64)
    weight = np.arange(1.0, len(column) + 1)
    positions, distinct = distinct_numbers(column)
    plain = count_values(
        np.append(distinct, np.nan), cell_totals(positions, weight, len(distinct) + 1)
    )
    order = list(range(len(distinct)))
    random.shuffle(order)
    place = np.append(np.argsort(order), len(distinct))
    mixed = count_values(
        np.append(distinct[order], np.nan), cell_totals(place[positions], weight, len(distinct) + 1)
    )
    for name in ("values", "rows", "weight", "first_weight", "last_weight"):
        assert np.array_equal(getattr(plain, name), getattr(mixed, name)), name


RULES = {
    "sum": sum,
    "mean": lambda v: sum(v) / len(v),
    "minimum": min,
    "maximum": max,
    "median": lambda v: float(np.median(v)),
    "any": lambda v: float(any(v)),
    "count": lambda v: float(sum(item != 0 for item in v)),
}


@given(
    st.lists(
        st.lists(st.sampled_from([0.0, 1.0, 2.5, -3.0, np.nan]), min_size=1, max_size=5), max_size=8
    )
)
def test_persons_become_households_as_one_by_one(households):
    sizes = [len(persons) for persons in households]
    starts = np.cumsum([0, *sizes])[:-1].astype(np.intp)
    values = np.array([value for persons in households for value in persons], dtype=np.float64)
    household = np.repeat(np.arange(len(sizes)), sizes)
    for rule, by_hand in RULES.items():
        kept = [[value for value in persons if not np.isnan(value)] for persons in households]
        expected = [by_hand(persons) if persons else np.nan for persons in kept]
        found = aggregate(values, starts, household, rule)
        assert np.allclose(found, expected, equal_nan=True), rule
    assert np.array_equal(
        aggregate(values, starts, household, "reference"), values[starts], equal_nan=True
    )
