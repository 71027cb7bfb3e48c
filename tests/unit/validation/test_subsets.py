import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import InputError
from fusion_core.validation.internal.subsets import build_subsets, cluster, group_levels


@pytest.fixture
def table():
    generator = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "region": pd.Categorical(generator.choice(["West", "South"], 400)),
            "size": pd.Categorical(
                generator.choice(list("abcdefg"), 400), categories=list("abcdefg"), ordered=True
            ),
            "income": generator.gamma(2, 30_000, 400),
            "owner": generator.choice([True, False], 400),
        }
    )


def test_every_level_and_pair_of_levels_is_a_subset(table):
    subsets = build_subsets(table, ["region", "owner"], minimum_rows=1)
    assert set(subsets.variables) == {("region",), ("owner",), ("region", "owner")}
    assert len(subsets) == 2 + 2 + 4
    assert "region: West, owner: True" in subsets.names
    inside = subsets.membership.toarray()[subsets.names.index("region: West, owner: True")]
    expected = (table["region"] == "West") & table["owner"]
    assert (inside == expected.to_numpy()).all()


def test_small_subsets_are_left_out(table):
    subsets = build_subsets(table, ["region", "size"], minimum_rows=60)
    assert subsets.sizes.min() >= 60


def test_ordered_levels_and_numbers_become_at_most_five_groups(table):
    for name in ("size", "income"):
        codes, labels = group_levels(table[name])
        assert len(labels) == 5
        assert set(codes) == set(range(5))
        order = table[name].cat.codes if name == "size" else table[name]
        # Groups are intervals: the largest value of one is below the smallest of the next.
        spans = order.groupby(codes).agg(["min", "max"])
        assert (spans["max"].to_numpy()[:-1] < spans["min"].to_numpy()[1:]).all()
    assert group_levels(table["size"])[1][0].startswith("a")


def test_clusters_minimise_the_spread_within():
    values = np.array([1.0, 2.0, 1.5, 10.0, 11.0, 30.0, 100.0, 101.0, 200.0])
    groups = cluster(values)
    assert groups.tolist() == [0, 0, 0, 1, 1, 2, 3, 3, 4]


def test_clusters_of_a_long_column_are_nearly_optimal():
    generator = np.random.default_rng(4)
    values = np.concatenate([generator.normal(mean, 1, 2000) for mean in (0, 20, 40, 60, 80)])
    groups = cluster(values)
    assert np.bincount(groups).tolist() == [2000] * 5


def test_few_values_stay_apart():
    assert cluster(np.array([3.0, 1.0, 3.0, 7.0])).tolist() == [1, 0, 1, 2]


def test_problems_are_named(table):
    with pytest.raises(InputError, match="Did you mean 'region'"):
        build_subsets(table, ["regoin"])
    with pytest.raises(InputError, match="No subset variable"):
        build_subsets(table, [])
    with pytest.raises(InputError, match="No subset has 1000 rows"):
        build_subsets(table, ["region"], minimum_rows=1000)
    with pytest.raises(InputError, match="'income' has the same value in every row"):
        build_subsets(table.assign(income=1), ["income"])
    with pytest.raises(InputError, match="'income' has no value in any row"):
        build_subsets(table.assign(income=np.nan), ["income"])


def test_rows_without_a_value_are_in_no_subset_of_the_variable(table):
    table.loc[[3, 7], "income"] = np.nan
    subsets = build_subsets(table, ["income", "region"], minimum_rows=1)
    inside = np.asarray(subsets.membership.sum(axis=0)).ravel()
    # Income, region, and both; those without income are in their region only.
    assert inside[[3, 7]].tolist() == [1, 1]
    assert (np.delete(inside, [3, 7]) == 3).all()
