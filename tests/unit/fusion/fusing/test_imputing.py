"""Missing answers are filled with observed ones that fit the other answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import InputError
from fusion_core.fusion import impute


@pytest.fixture(scope="module")
def whole() -> pd.DataFrame:
    draw = np.random.default_rng(0)
    rooms = draw.integers(1, 8, 700)
    area = (rooms * 30 + draw.gamma(2, 10, 700)).round()
    fuel = pd.Categorical(
        np.where(draw.random(700) < rooms / 8, "gas", "oil"), ["oil", "gas", "wood"]
    )
    return pd.DataFrame(
        {
            "id": [f"H{i}" for i in range(700)],
            "rooms": rooms,
            "area": area,
            "fuel": fuel,
            "garden": area > 150,
            "state": "Solmere",
            "weight": draw.uniform(1, 3, 700),
        }
    )


@pytest.fixture(scope="module")
def gappy(whole) -> pd.DataFrame:
    draw = np.random.default_rng(1)
    table = whole.copy()
    for name, share in (("area", 0.3), ("fuel", 0.2), ("garden", 0.1), ("state", 0.05)):
        table[name] = table[name].mask(draw.random(len(table)) < share)
    return table


def test_given_answers_stay_and_gaps_are_filled_with_observed_values(gappy):
    filled = impute(gappy, ignore=["id"], weight="weight", seed=0)
    assert not filled.isna().any().any()
    for name in gappy.columns:
        given = gappy[name].notna()
        assert (filled.loc[given, name] == gappy.loc[given, name]).all()
        assert set(filled[name]) == set(gappy[name].dropna())
    assert filled["fuel"].dtype == gappy["fuel"].dtype
    assert (filled["state"] == "Solmere").all()


def test_filled_answers_fit_the_others(gappy, whole):
    filled = impute(gappy, ignore=["id"], weight="weight", seed=0)
    gaps = gappy["area"].isna()
    assert filled["area"][gaps].corr(filled["rooms"][gaps]) > 0.85
    assert filled["area"][gaps].mean() == pytest.approx(whole["area"][gaps].mean(), rel=0.05)
    agree = filled["garden"].astype(bool) == (filled["area"] > 150)
    assert agree.mean() > 0.95


def test_equal_seed_equal_answers_and_the_table_given_is_left_alone(gappy):
    before = gappy.copy()
    first, second = (impute(gappy, ignore=["id"], weight="weight", seed=3) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    pd.testing.assert_frame_equal(gappy, before)
    other = impute(gappy, ignore=["id"], weight="weight", seed=4)
    assert (other["area"] != first["area"]).any()


def test_a_column_without_any_answer_is_refused_and_a_whole_table_comes_back(whole, gappy):
    with pytest.raises(InputError, match="'area' has no answer in any row"):
        impute(gappy.assign(area=np.nan), ignore=["id"], seed=0)
    pd.testing.assert_frame_equal(impute(whole, seed=0), whole)


def test_a_column_that_repeats_another_is_filled_from_it():
    table = pd.DataFrame({"size": np.arange(60.0) % 7, "income": np.arange(60.0) ** 2})
    copy = table["size"].where(table.index % 3 > 0)
    filled = impute(table.assign(copy=copy), weight=None, seed=0)
    assert (filled["copy"] == table["size"]).all()


def test_an_infinite_number_is_told_by_its_row_in_the_whole_table(gappy):
    table = gappy.astype({"rooms": float})
    table.loc[650, "rooms"] = np.inf
    with pytest.raises(InputError, match=r"'rooms' is infinite in 1 row \(first in row 650\)"):
        impute(table, ignore=["id"], weight="weight")
    table = gappy.copy()
    table.loc[640, "weight"] = -1.0
    with pytest.raises(InputError, match="first in row 640"):
        impute(table, ignore=["id"], weight="weight")
