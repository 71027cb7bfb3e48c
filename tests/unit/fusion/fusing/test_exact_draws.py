"""Every drawn value is one a donor gave, to the last digit, and no donor is passed over."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion_core import FusionModel, TrainSettings, fuse, train
from fusion_core.errors import InputError
from fusion_core.fusion import fuse_to_folder, read_implicates

FAST = TrainSettings.preset("quick").replace(maximum_trees=5, folds=2)
ROWS = 80
X = pd.DataFrame({"x": np.random.default_rng(0).normal(size=ROWS)})


def drawn(column: pd.Series, tmp_path=None) -> set:
    """The values that are drawn of a fusion variable."""
    model = train(X.assign(y=column), ["y"], ["x"], seed=1, settings=FAST)
    if tmp_path is None:
        return set(fuse(X, model, implicates=5, seed=1)["y"].values.ravel().tolist())
    model.save(tmp_path / "model.zip")
    X.to_parquet(tmp_path / "recipient.parquet")
    fuse_to_folder(
        tmp_path / "recipient.parquet",
        tmp_path / "model.zip",
        tmp_path / "out",
        implicates=5,
        seed=1,
    )
    found = read_implicates(tmp_path / "out")["y"].values
    again = fuse(X, FusionModel.load(tmp_path / "model.zip"), implicates=5, seed=1)["y"].values
    assert (found == again).all()
    return set(found.ravel().tolist())


@given(
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=4, max_size=ROWS, unique_by=float),
    st.sampled_from(["int64", "Int64", "int64[pyarrow]"]),
)
def test_whole_numbers_of_any_size_are_copied_exactly(values, dtype):
    column = pd.Series([values[row % len(values)] for row in range(ROWS)], dtype=dtype)
    assert drawn(column) <= set(values)


def test_whole_numbers_stay_exact_on_disk_beside_missing_and_zero_ones(tmp_path):
    large = pd.Series(2**60 + 2 * np.arange(ROWS) + 1, dtype="Int64")
    large[::3] = 0
    large[1::9] = pd.NA
    assert drawn(large, tmp_path) <= set(large.dropna().tolist())
    unsigned = pd.Series(2**64 - 1 - 9001 * np.arange(ROWS, dtype="uint64"))
    assert drawn(unsigned) <= set(unsigned.tolist())


def test_levels_of_large_whole_numbers_keep_their_last_digit():
    codes = pd.Series(2**53 + np.arange(ROWS) % 3)
    settings = FAST.replace(types=(("y", "nominal"),))
    model = train(X.assign(y=codes), ["y"], ["x"], seed=1, settings=settings)
    assert model.fused_types[0].levels == tuple(str(2**53 + place) for place in range(3))


def test_the_members_of_a_block_stay_those_of_one_donor():
    large = 2**60 + 9001 * np.arange(ROWS)
    model = train(X.assign(y=large, less=large - 1), [["y", "less"]], ["x"], seed=1, settings=FAST)
    found = fuse(X, model, implicates=5, seed=1)
    assert (found["y"].values - 1 == found["less"].values).all()


@pytest.mark.parametrize("dtype", ["float32", "float64", "Float64", "int8", "uint16", "bool"])
def test_numbers_of_every_width_are_copied_exactly(dtype):
    values = np.random.default_rng(1).gamma(2, 20, ROWS).clip(0, 120)
    column = pd.Series((values > 40) if dtype == "bool" else values).astype(
        "int64" if dtype in ("int8", "uint16") else dtype
    )
    column = column.astype(dtype)
    found = drawn(column)
    assert found <= ({0, 1} if dtype == "bool" else set(column.astype(float).tolist()))


def test_decimals_are_copied_as_written_or_refused():
    written = [f"{place}.{place:02}" for place in range(ROWS)]
    short = pd.Series([Decimal(text) for text in written], dtype=pd.ArrowDtype(pa.decimal128(9, 2)))
    assert {f"{value:.2f}" for value in drawn(short)} <= set(written)
    long = [Decimal("12345678901234567.01") + place for place in range(ROWS)]
    column = pd.Series(long, dtype=pd.ArrowDtype(pa.decimal128(30, 2)))
    with pytest.raises(InputError, match=r"more digits than a number holds.*cents"):
        drawn(column)


def heavy_survey(rows: int) -> pd.DataFrame:
    """A survey of which one donor, with an answer nobody else gives, is half."""
    draw = np.random.default_rng(3)
    survey = pd.DataFrame({"x": draw.normal(size=rows), "weight": draw.gamma(4, 1, rows)})
    survey["bill"] = (100 + 10 * survey["x"] + 5 * draw.normal(size=rows)).round(2)
    survey.loc[7, ["bill", "weight"]] = [777.0, survey["weight"].drop(7).sum()]
    return survey.assign(twice=2 * survey["bill"])


@pytest.mark.parametrize("y", ["bill", ["bill", "twice"]])
@pytest.mark.parametrize("centres", [2000, 50])
def test_a_donor_that_is_half_the_survey_is_half_of_what_is_drawn(y, centres):
    survey = heavy_survey(400)
    settings = TrainSettings.preset("quick").replace(centres=centres)
    model = train(survey, [y], ["x"], weight="weight", seed=1, settings=settings)
    chance = survey["weight"] / survey["weight"].sum()
    rows = np.random.default_rng(8).choice(len(survey), 400, p=chance)
    found = fuse(survey.iloc[rows].reset_index(drop=True), model, implicates=10, seed=1)[
        "bill"
    ].values
    assert 0.35 < (found == 777).mean() < 0.6
    assert any("One donor carries 50% of all weight" in note for note in model.notes)


def test_donors_of_ordinary_weights_are_not_called_dominant(donor, small_settings):
    model = train(donor, ["area"], ["size"], weight="weight", seed=1, settings=small_settings)
    assert not any("of all weight" in note for note in model.notes)


def test_weights_may_be_very_large_and_weight_zero_leaves_a_donor_out():
    survey = heavy_survey(200)
    survey.loc[7, "weight"] = 0
    plain = train(survey, ["bill"], ["x"], weight="weight", seed=1, settings=FAST)
    scaled = survey.assign(weight=survey["weight"] / survey["weight"].max() * 1e29)
    large = train(scaled, ["bill"], ["x"], weight="weight", seed=1, settings=FAST)
    found = [fuse(survey, model, implicates=3, seed=1)["bill"].values for model in (plain, large)]
    assert (found[0] == found[1]).all()
    assert 777 not in found[0]
