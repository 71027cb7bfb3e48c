"""Types are detected from the data, can be stated by the user, and decide the numbers trees see."""

import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import InputError
from fusion_core.fusion.base.variables import detect_type, encode, is_zero_inflated


@pytest.mark.parametrize(
    ("values", "kind", "levels"),
    [
        (pd.Series([1, 2, 3]), "continuous", ()),
        (pd.Series([1.5, None]), "continuous", ()),
        (pd.Series([True, False]), "nominal", ("False", "True")),
        (pd.Series(["b", "a", None]), "nominal", ("a", "b")),
        (pd.Series(pd.Categorical([2, 1], [2, 1])), "nominal", ("2", "1")),
        (pd.Series(pd.Categorical(["x"], ["y", "x"], ordered=True)), "ordered", ("y", "x")),
        (pd.Series([1, None], dtype="Int32"), "continuous", ()),
    ],
)
def test_the_kind_follows_from_the_column(values, kind, levels):
    found = detect_type(values.rename("v"))
    assert (found.kind, found.levels) == (kind, levels)


def test_numbers_can_be_declared_levels_and_are_read_the_same_from_floats():
    codes = pd.Series([3, 1, 10], name="code")
    found = detect_type(codes, override="ordered")
    assert found.levels == ("1", "3", "10")
    assert encode(pd.Series([10.0, 1.0, np.nan], name="code"), found) == pytest.approx(
        [2.0, 0.0, np.nan], nan_ok=True
    )


def test_levels_cannot_be_declared_numbers():
    with pytest.raises(InputError, match="holds levels but is declared continuous"):
        detect_type(pd.Series(["a", "b"], name="v"), override="continuous")


def test_identifiers_are_refused_as_levels():
    with pytest.raises(InputError, match="1,001 different values"):
        detect_type(pd.Series([f"id{i}" for i in range(1001)], name="household"))


def test_codes_follow_the_models_levels_not_the_columns():
    donor = detect_type(pd.Series(pd.Categorical(["a", "b", "c"]), name="v"))
    recipient = pd.Series(pd.Categorical(["c", "a", None], ["c", "a"]), name="v")
    assert encode(recipient, donor) == pytest.approx([2.0, 0.0, np.nan], nan_ok=True)


def test_level_numbers_in_the_recipient_do_not_match_labels_in_the_donor():
    donor = detect_type(pd.Series(pd.Categorical(["1", "2"]), name="v"))
    with pytest.raises(InputError, match="holds whole numbers"):
        encode(pd.Series([1, 2], name="v"), donor)


def test_a_spike_at_zero_is_zero_inflation():
    draw = np.random.default_rng(0)
    positive = draw.gamma(9, 100, 1000)
    assert is_zero_inflated(np.concatenate([positive, np.zeros(200)]))
    assert is_zero_inflated(np.concatenate([positive, np.zeros(9000)]))


def test_zeros_amid_other_values_or_too_few_of_them_are_not():
    draw = np.random.default_rng(0)
    amid = draw.normal(0, 30, 1000).round()
    assert (amid == 0).mean() > 0.01
    assert not is_zero_inflated(amid)
    assert not is_zero_inflated(np.concatenate([draw.gamma(9, 100, 1000), np.zeros(9)]))
    assert not is_zero_inflated(draw.gamma(9, 100, 1000))
    assert not is_zero_inflated(np.zeros(10))
    assert not is_zero_inflated(np.array([0.0, *range(50, 90)]))
    assert not is_zero_inflated(np.array([5.0] + [0.0] * 40))
