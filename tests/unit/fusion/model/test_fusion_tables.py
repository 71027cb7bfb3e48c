"""Donor and recipient in whatever table a caller has give the same model and the same draws."""

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from fusion_core import DonorSample, FusionModel, Statistic, analyze, fuse, train
from fusion_core.errors import InputError
from fusion_core.fusion import (
    export_implicates,
    fuse_to_folder,
    impute,
    open_implicates,
    read_implicates,
    write_implicates,
)

X = ["size", "income", "region"]


@pytest.fixture(scope="module")
def settings(small_settings):
    return small_settings.replace(leaves=(4,), maximum_trees=4)


@pytest.fixture(scope="module")
def model(donor, settings) -> FusionModel:
    return train(donor, ["area", "fuel"], X, weight="weight", seed=1, settings=settings)


def test_an_arrow_table_trains_and_fuses_as_the_frame_does(donor, recipient, model, settings):
    table = pa.Table.from_pandas(donor)
    again = train(table, ["area", "fuel"], X, weight="weight", seed=1, settings=settings)
    relation = duckdb.connect().from_arrow(pa.Table.from_pandas(recipient))
    expected = fuse(recipient, model, implicates=3, seed=2)
    for found in (
        fuse(recipient, again, implicates=3, seed=2),
        fuse(relation, model, implicates=3, seed=2),
    ):
        for name in expected.names:
            assert (found[name].values == expected[name].values).all()


def test_object_columns_of_integers_are_numbers_on_both_sides(donor, recipient, model, settings):
    odd = donor.assign(size=donor["size"].astype(object), area=donor["area"].astype(object))
    trained = train(odd, ["area", "fuel"], X, weight="weight", seed=1, settings=settings)
    assert [item.kind for item in trained.fused_types] == [item.kind for item in model.fused_types]
    expected = fuse(recipient, model, implicates=2, seed=2)["area"].values
    assert (fuse(recipient, trained, implicates=2, seed=2)["area"].values == expected).all()
    other = recipient.assign(size=recipient["size"].astype("Int64"))
    assert (fuse(other, trained, implicates=2, seed=2)["area"].values == expected).all()


def test_a_recipient_of_another_type_is_refused_in_words(recipient, model):
    text = recipient.assign(size=recipient["size"].astype(str))
    with pytest.raises(InputError, match=r"'size' holds text \(expected a number\)"):
        fuse(text, model, implicates=1)
    numbers = recipient.assign(region=1)
    with pytest.raises(InputError, match="'region' holds whole numbers"):
        fuse(numbers, model, implicates=1)


def test_a_column_that_holds_nothing_has_no_type_of_its_own(recipient, model):
    for name in X:
        lacking = fuse(recipient.assign(**{name: None}), model, implicates=1)
        assert f"300 recipient rows have no value of '{name}'" in lacking.notes[0]


@pytest.mark.parametrize("column", ["income", "area"])
def test_numbers_no_model_can_hold_are_refused_with_their_row(donor, settings, column):
    large = donor.assign(**{column: donor[column].astype(float)})
    large.loc[large.index[4], column] = -1e300
    with pytest.raises(InputError, match=rf"'{column}' exceeds 1e\+30 in 1 row .*row 4"):
        train(large, ["area"], X, settings=settings)


def test_paths_are_text_wherever_a_path_is_taken(donor, recipient, model, settings, tmp_path):
    place = str(tmp_path)
    checkpoints = f"{place}/checkpoints"
    train(donor, ["area"], X, settings=settings, checkpoints=checkpoints)
    model.save(f"{place}/model")
    recipient.to_parquet(f"{place}/acs.parquet")
    fuse_to_folder(
        f"{place}/acs.parquet", f"{place}/model", f"{place}/implicates", implicates=2, seed=3
    )
    found = read_implicates(f"{place}/implicates")
    expected = fuse(recipient, model, implicates=2, seed=3)
    assert (found["area"].values == expected["area"].values).all()
    fuse_to_folder(recipient, f"{place}/model", f"{place}/memory", implicates=2, seed=3)
    assert (read_implicates(f"{place}/memory")["area"].values == expected["area"].values).all()


def test_an_export_numbers_households_where_no_column_is_named(recipient, model, tmp_path):
    write_implicates(fuse(recipient, model, implicates=2), tmp_path / "implicates")
    implicates = open_implicates(str(tmp_path / "implicates"))
    recipient.assign(fuel="x").to_parquet(tmp_path / "acs.parquet")
    options = {"recipient": str(tmp_path / "acs.parquet"), "variables": ["fuel"]}
    to = str(tmp_path / "out.parquet")
    assert export_implicates(implicates, to, **options) == 600
    assert pd.read_parquet(to).columns.tolist() == ["row", "implicate", "fuel"]
    with pytest.raises(InputError, match="two columns named 'fuel'"):
        export_implicates(implicates, to, columns=["fuel"], **options)
    with pytest.raises(InputError, match="is one of a recipient, and none is given"):
        export_implicates(implicates, to, columns=["size"])
    with pytest.raises(InputError, match="no kind of table 'xlsx'"):
        export_implicates(implicates, to, kind="xlsx")


@pytest.mark.parametrize("link", [False, True])
def test_an_export_never_replaces_the_recipient_it_reads_from(recipient, model, tmp_path, link):
    write_implicates(fuse(recipient, model, implicates=2), tmp_path / "implicates")
    source = tmp_path / "acs.parquet"
    recipient.to_parquet(source)
    to = tmp_path / "same.parquet" if link else tmp_path / "implicates" / ".." / "acs.parquet"
    if link:
        to.hardlink_to(source)
    implicates = open_implicates(tmp_path / "implicates")
    with pytest.raises(InputError, match="would replace the recipient"):
        export_implicates(implicates, to, recipient=source)
    pd.testing.assert_frame_equal(pd.read_parquet(source), recipient)


def test_imputing_returns_the_types_it_was_given(donor, settings):
    gaps = donor[["size", "area", "fuel"]].copy()
    gaps["size"] = gaps["size"].astype(object).where(np.arange(len(gaps)) % 5 > 0, None)
    gaps["area"] = gaps["area"].astype("Int64").where(np.arange(len(gaps)) % 7 > 0)
    filled = impute(gaps, weight=None, settings=settings)
    assert filled.dtypes.equals(gaps.dtypes)
    assert not filled.isna().any().any()
    assert set(filled["size"]) <= set(donor["size"])


def test_a_donor_sample_names_the_predictor_the_recipient_lacks(donor, recipient):
    options = {"predictors": X, "variables": ["area"]}
    with pytest.raises(InputError, match=r"no column 'income' \(recipient\)"):
        DonorSample.build(donor, recipient.drop(columns="income"), **options)
    with pytest.raises(InputError, match="'size' holds text in the recipient and numbers in"):
        DonorSample.build(donor, recipient.assign(size="a"), **options)


def test_estimates_refuse_a_subset_of_another_length(recipient, model):
    drawn = fuse(recipient, model, implicates=2)
    with pytest.raises(InputError, match="needs one truth value per row, 300 in all"):
        analyze(drawn, Statistic("mean", "area"), subset=np.ones(3, bool))
    with pytest.raises(InputError, match="'statistics' must be a Statistic; got a str"):
        analyze(drawn, "mean:area")
