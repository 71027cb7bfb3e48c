"""Which combinations of values households have, found on codes."""

import numpy as np
import pandas as pd
import pytest

from fusion_core.estimates.statistics import Coded, Combinations


def drawn(rng: np.random.Generator, levels: int, shape: tuple[int, int]) -> Coded:
    """Draw levels, of which the last is no answer, written as any negative code or as itself."""
    values = [f"level {number}" for number in range(levels)]
    codes = rng.integers(-1, levels + 1, shape).astype(np.int8)
    return Coded(codes, words(*values))


def words(*values: str) -> pd.Series:
    return pd.Series([*values, None], dtype=object)


@pytest.mark.parametrize("levels", [(1, 2), (2, 3, 5), (11, 12)], ids=["few", "more", "many"])
def test_every_draw_finds_its_own_combination_again(levels):
    rng = np.random.default_rng(len(levels))
    coded = {
        f"part {place}": drawn(rng, count, (60, 1 if place == 1 else 4))
        for place, count in enumerate(levels)
    }
    found = Combinations.of(coded)
    assert found.codes.shape == (60, 4)
    for name, item in coded.items():
        expected = np.broadcast_to(item.distinct.to_numpy()[item.codes], (60, 4))
        np.testing.assert_array_equal(found.values[name].to_numpy()[found.codes], expected)


def test_only_combinations_that_some_household_has_are_listed():
    first = Coded(np.array([[0], [2]], dtype=np.int8), words("a", "b", "c"))
    second = Coded(np.array([[-1], [0]], dtype=np.int8), words(*map(str, range(9))))
    found = Combinations.of({"first": first, "second": second})
    assert found.values.to_dict("list") == {"first": ["a", "c"], "second": [None, "0"]}
    np.testing.assert_array_equal(found.codes, [[0], [1]])


def test_no_parts_have_one_combination_of_nothing():
    found = Combinations.of({})
    assert found.values.shape == (1, 0)
    np.testing.assert_array_equal(found.codes, [[0]])
