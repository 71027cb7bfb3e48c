"""What must hold for every donor, seed, weight unit, block size and number of workers."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fusion_core import FusionModel, Implicates, TrainSettings, fuse, train
from fusion_core.fusion.fusing import _drawing
from fusion_core.fusion.fusing._recipients import encode_recipient
from fusion_core.fusion.model.expectations import predict_rows
from fusion_core.fusion.model.neighbours import DonorPool, ExpectationScale

FAST = TrainSettings(
    quantiles=(0.25, 0.75),
    folds=2,
    leaves=(4,),
    maximum_trees=3,
    early_stopping_rounds=2,
    neighbours=30,
    centres=40,
    method="out-of-fold",
)
X = ["number", "group"]
SHARES = ["first_share", "second_share"]
Y = ["class", "amount", SHARES, "total"]
FEW = settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def donors(draw: st.DrawFn) -> pd.DataFrame:
    """A donor with outcomes of every kind, from 40 to 120 rows."""
    rows = draw(st.integers(40, 120))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    levels = draw(st.integers(2, 4))
    group = np.concatenate([np.arange(levels), random.integers(0, levels, rows - levels)])
    classes = np.tile(np.arange(draw(st.integers(2, 4))), rows)[:rows]
    zero = random.random(rows) < draw(st.floats(0.1, 0.6))
    zero[:2] = [True, False]
    first = random.beta(2, 3, rows).round(2)
    return pd.DataFrame(
        {
            "number": random.normal(0, draw(st.sampled_from([1e-3, 1.0, 1e6])), rows),
            "group": pd.Categorical.from_codes(group, [f"g{i}" for i in range(levels)]),
            "class": pd.Categorical.from_codes(classes, [f"c{i}" for i in range(max(classes) + 1)]),
            "amount": np.where(zero, 0.0, random.gamma(2, 50, rows).round(1) + 100),
            "first_share": first,
            "second_share": 1 - first,
            "total": random.integers(1, draw(st.sampled_from([3, 50, 10**9])), rows),
            "weight": random.gamma(2, 2, rows) + 0.01,
        }
    )


def fitted(donor: pd.DataFrame, **changes) -> FusionModel:
    return train(donor, Y, X, weight="weight", seed=1, settings=FAST.replace(**changes))


def assert_equal(left: Implicates, right: Implicates) -> None:
    assert left.names == right.names
    for name in left.names:
        assert np.array_equal(left[name].values, right[name].values), name


@FEW
@given(donors(), st.integers(0, 2**40))
def test_equal_seeds_give_equal_results_whatever_the_workers_and_threads(donor, seed):
    alone = fuse(donor, fitted(donor), implicates=3, seed=seed)
    together = fuse(donor, fitted(donor, workers=3), implicates=3, seed=seed, threads=2)
    assert_equal(alone, together)


@FEW
@given(donors())
def test_drawn_values_are_observed_and_block_rows_are_whole_donor_records(donor):
    drawn = fuse(donor, fitted(donor), implicates=3, seed=0).long()
    for name in ("class", "amount", "total"):
        assert set(drawn[name]) <= set(donor[name])
    records = set(donor[SHARES].itertuples(index=False, name=None))
    assert set(drawn[SHARES].itertuples(index=False, name=None)) <= records


@FEW
@given(donors())
def test_class_probabilities_sum_to_one_and_quantiles_rise(donor):
    model = fitted(donor)
    matrix = encode_recipient(donor, model).matrix
    classes = predict_rows(model.steps[0].variables[0], matrix)
    assert classes.sum(axis=1) == pytest.approx(1.0)
    assert (classes >= 0).all()
    amount = model.steps[1].variables[0]
    fused = np.column_stack([matrix, donor["class"].cat.codes])
    expectations = predict_rows(amount, fused)
    assert ((expectations[:, 0] >= 0) & (expectations[:, 0] <= 1)).all()
    assert (np.diff(expectations[:, 2:], axis=1) >= 0).all()


@FEW
@given(donors(), st.sampled_from([1e-6, 0.1, 7.0, 1e6]))
def test_the_unit_of_weights_the_index_and_unused_columns_do_not_matter(donor, factor):
    other = donor.assign(weight=donor["weight"] * factor, unused=1.0)
    other = other.set_index(np.arange(len(donor)) * 7 + 3)
    assert_equal(
        fuse(donor, fitted(donor), implicates=2, seed=0),
        fuse(other, fitted(other), implicates=2, seed=0),
    )


def test_row_blocks_do_not_change_results(monkeypatch):
    random = np.random.default_rng(0)
    rows = 9_000
    recipient = pd.DataFrame(
        {
            "number": random.normal(0, 1, rows),
            "group": pd.Categorical.from_codes(random.integers(0, 2, rows), ["g0", "g1"]),
        }
    )
    donor = recipient.head(150).assign(
        amount=np.where(random.random(150) < 0.3, 0.0, random.gamma(2, 50, 150)),
        total=random.integers(1, 50, 150),
    )
    model = train(donor, ["amount", "total"], X, settings=FAST, seed=0)
    whole = fuse(recipient, model, implicates=3, seed=0)
    monkeypatch.setattr(_drawing, "CELLS_AT_ONCE", 1)
    assert_equal(fuse(recipient, model, implicates=3, seed=0), whole)
    head = fuse(recipient.head(5_000), model, implicates=3, seed=0)
    assert np.array_equal(head["total"].values, whole["total"].values[:5_000])


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 9)), min_size=1, max_size=6), min_size=1, max_size=5
    ),
    st.lists(st.floats(0.01, 1e6), min_size=10, max_size=10),
    st.floats(0, 1, exclude_max=True),
)
def test_a_draw_comes_from_the_centres_own_list(lists, weights, uniform):
    donors_of = [np.array([donor for (donor,) in item], dtype=np.int32) for item in lists]
    scale = ExpectationScale(np.zeros(1), np.ones(1), np.ones(1))
    points = np.arange(len(lists), dtype=float)[:, None]
    pool = DonorPool.build(scale, points, donors_of, np.array(weights))
    centres = np.arange(len(lists))
    drawn = pool.draw(centres, np.full(len(lists), uniform))
    for centre, donor in zip(centres, drawn, strict=True):
        assert donor in donors_of[centre]
