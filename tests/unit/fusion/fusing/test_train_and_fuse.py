"""Train on a small donor, fuse onto a recipient: what comes out has the promised form."""

import numpy as np
import pytest

from fusion_core import FusionModel, fuse, train
from fusion_core.fusion import Implicates

X = ["size", "income", "region"]
SHARES = ["heating_share", "cooling_share", "other_share"]
M = 5


@pytest.fixture(scope="module")
def model(donor, small_settings) -> FusionModel:
    return train(
        donor, ["fuel", "area", "gas", SHARES], X, weight="weight", seed=3, settings=small_settings
    )


@pytest.fixture(scope="module")
def implicates(model, recipient) -> Implicates:
    return fuse(recipient, model, implicates=M, seed=4)


def test_every_variable_gets_one_column_per_implicate_in_fusion_order(implicates, recipient):
    assert implicates.names == ("fuel", "area", "gas", *SHARES)
    assert implicates.count == M
    assert implicates.rows == len(recipient)


def test_kinds_are_detected(model):
    kinds = {variable.name: variable.kind for variable in model.fused_types}
    assert kinds["fuel"] == "ordered"
    assert kinds["area"] == "continuous"
    assert kinds["gas"] == "zero_inflated"


def test_drawn_values_keep_their_type_and_are_observed_in_the_donor(implicates, donor):
    assert implicates["area"].values.dtype == donor["area"].dtype
    for name in ("area", "gas", *SHARES):
        assert np.isin(implicates[name].values, donor[name].to_numpy()).all()
    assert implicates["fuel"].levels == ("oil", "gas", "electric")
    assert implicates["fuel"].ordered
    assert set(implicates.frame(0)["fuel"].unique()) <= set(donor["fuel"].unique())


def test_a_block_copies_whole_donor_records(implicates, donor):
    records = set(donor[SHARES].itertuples(index=False, name=None))
    for implicate in range(M):
        drawn = implicates.frame(implicate)[SHARES].itertuples(index=False, name=None)
        assert set(drawn) <= records


def test_draws_follow_the_predictors(implicates, recipient, donor):
    plain = (recipient["region"] == "plain").to_numpy()
    has_gas = implicates["gas"].values > 0
    assert has_gas[plain].mean() > has_gas[~plain].mean() + 0.2
    area = implicates["area"].values.mean(axis=1)
    truth = donor.groupby("size")["area"].mean()
    fused = recipient.assign(area=area).groupby("size")["area"].mean()
    assert np.abs(fused / truth - 1).max() < 0.15


def test_implicates_differ_from_each_other(implicates):
    assert (implicates["area"].values[:, 0] != implicates["area"].values[:, 1]).mean() > 0.5


def test_fewer_implicates_are_the_first_of_more(implicates, model, recipient):
    fewer = fuse(recipient, model, implicates=2, seed=4)
    for name in implicates.names:
        assert (fewer[name].values == implicates[name].values[:, :2]).all()


def test_progress_rises_to_one(model, recipient):
    shares = []
    fuse(
        recipient,
        model,
        implicates=1,
        progress=lambda share, _message: shares.append(share),
        seed=0,
    )
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)


def test_the_summary_has_one_row_per_tree_model_with_its_skill(model):
    summary = model.summary()
    parts = summary.groupby("variable")["part"].apply(list)
    assert parts["fuel"] == ["classes"]
    assert parts["gas"] == ["zero", "mean", "quantile 0.167", "quantile 0.500", "quantile 0.833"]
    assert summary.set_index(["variable", "part"]).loc[("area", "mean"), "skill"] > 0.3


def test_importance_shares_sum_to_one_per_variable(model):
    totals = model.importance().groupby("variable")["share"].sum()
    assert totals.to_numpy() == pytest.approx(1.0)
