"""Bad input to train and fuse is refused in one sentence before anything is fitted."""

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest

from fusion_core import FusionModel, TrainSettings, fuse, train
from fusion_core.errors import InputError
from fusion_core.fusion import fuse_to_folder

X = ["size", "income", "region"]


@pytest.fixture(scope="module")
def model(donor, small_settings) -> FusionModel:
    settings = small_settings.replace(leaves=(4,), maximum_trees=5)
    return train(donor, ["area"], X, settings=settings, seed=0)


@pytest.fixture
def refused(tmp_path, monkeypatch):
    """Train and return the message it is refused with, holding that nothing was fitted or written."""

    def never(*_arguments, **_options):
        raise AssertionError("training began")

    monkeypatch.setattr(lgb, "Dataset", never)
    monkeypatch.setattr(lgb, "Booster", never)
    folder = tmp_path / "checkpoints"

    def message(donor: pd.DataFrame, y: list, x: list[str], **options) -> str:
        shares = []
        with pytest.raises(InputError) as caught:
            train(
                donor,
                y,
                x,
                checkpoints=folder,
                progress=lambda share, _message: shares.append(share),
                **options,
            )
        assert set(shares) <= {0.0}
        assert not folder.exists()
        return str(caught.value)

    return message


@pytest.mark.parametrize(
    ("y", "x", "expected"),
    [
        ([], X, "No fusion variable is chosen"),
        ([[]], X, "block of fusion variables is empty"),
        (["area"], [], "No predictors are chosen"),
        (["area"], "sise", "There is no predictor 'sise'"),
        (["area", "area"], X, "fusion variable 'area' occurs 2 times"),
        ([["area", "gas"], ["gas", "fuel"]], X, "fusion variable 'gas' occurs 2 times"),
        (["area"], [*X, "size"], "predictor 'size' occurs 2 times"),
        (["size"], X, "'size' is both a fusion variable and a predictor"),
        (["aera"], X, "There is no fusion variable 'aera'"),
        (["area"], ["incme"], "Did you mean 'income'?"),
    ],
)
def test_names_that_cannot_be_used_are_refused(refused, donor, y, x, expected):
    assert expected in refused(donor, y, x)


def test_a_repeated_column_is_refused(refused, donor):
    twice = pd.concat([donor, donor[["size"]]], axis=1)
    assert "column 'size' occurs 2 times" in refused(twice, ["area"], X)


@pytest.mark.parametrize("wrong", [-1.0, np.inf, np.nan])
def test_a_weight_that_is_no_weight_is_refused_with_its_row(refused, donor, wrong):
    weights = donor["weight"].copy()
    weights.iloc[7] = wrong
    message = refused(donor.assign(weight=weights), ["area"], X, weight="weight")
    assert "1 missing, infinite or negative values" in message
    assert "row 7" in message


def test_text_weights_zero_weights_and_unknown_weights_are_refused(refused, donor):
    text = donor.assign(weight=donor["weight"].astype(str))
    assert "weight column 'weight' holds text" in refused(text, ["area"], X, weight="weight")
    zero = donor.assign(weight=0.0)
    assert "are zero" in refused(zero, ["area"], X, weight="weight")
    assert "no weight column 'wt'" in refused(donor, ["area"], X, weight="wt")
    assert "also a predictor" in refused(donor, ["area"], X, weight="size")


def test_an_outcome_without_variation_is_refused(refused, donor):
    assert "same value '3' in every row" in refused(donor.assign(area=3), ["area"], X)
    assert "no value in any row" in refused(donor.assign(area=np.nan), ["area"], X)
    same = pd.Categorical(["own"] * len(donor), ["own", "rent"])
    assert "same value 'own'" in refused(donor.assign(tenure=same), ["tenure"], X)


def test_a_level_with_a_single_donor_is_refused(refused, donor):
    fuel = donor["fuel"].cat.add_categories("wood").copy()
    fuel.iloc[0] = "wood"
    assert "level 'wood'" in refused(donor.assign(fuel=fuel), ["fuel"], X)


def test_infinite_values_are_refused(refused, donor):
    income = donor["income"].copy()
    income.iloc[3] = np.inf
    said = refused(donor.assign(income=income), ["area"], X)
    assert "'income' is infinite in 1 row (first in row 3)" in said


def test_rows_are_told_as_they_stand_in_the_donor_also_where_some_have_no_weight(refused, donor):
    weight = np.where(np.arange(len(donor)) < 5, 0.0, 1.0)
    income = donor["income"].copy()
    income.iloc[[2, 7]] = np.inf  # the first has no weight and is not used
    unweighted = donor.assign(income=income, weight=weight)
    assert "first in row 7" in refused(unweighted, ["area"], X, weight="weight")
    area = donor.assign(area=np.where(weight > 0, 3.0, donor["area"]), weight=weight)
    said = refused(area, ["area"], X, weight="weight")
    assert "same value '3' in every row (donors with a positive weight)" in said


def test_dates_are_refused(refused, donor):
    dated = donor.assign(size=pd.Timestamp("2020-01-01"))
    assert "column 'size' holds dates (the donor)" in refused(dated, ["area"], X)


@pytest.mark.parametrize("rows", [0, 1, 19])
def test_too_few_donors_are_refused(refused, donor, rows):
    expected = f"The donor has {rows} rows, fewer than 20"
    assert expected in refused(donor.head(rows), ["area"], X)
    assert expected in refused(donor.head(rows), ["area"], X, weight="weight")


def test_too_few_values_of_a_fusion_variable_are_refused(refused, donor):
    some = donor.assign(area=donor["area"].where(np.arange(len(donor)) < 12))
    assert "The donor has 12 rows with a value of 'area'" in refused(some, ["area"], X)


def test_fewer_donors_than_folds_are_refused(refused, donor):
    settings = TrainSettings(folds=50)
    assert "'area' has 40 values, fewer than the 50 folds" in refused(
        donor.head(40), ["area"], X, settings=settings
    )


def test_a_fusion_variable_the_recipient_has_already_is_refused(refused, donor):
    copied = donor.assign(space=donor["area"].astype(float), tank=donor["fuel"].astype(str))
    found = refused(copied, ["gas", "area"], [*X, "space"])
    assert "'area' and the predictor 'space' have the same value in every row" in found
    assert "'fuel' and the predictor 'tank' have" in refused(copied, ["fuel"], [*X, "tank"])
    gaps = copied.assign(area=donor["area"].where(donor["size"] > 1))
    assert "have the same value" in refused(gaps.assign(space=gaps["area"]), ["area"], ["space"])


def test_a_variable_of_a_block_must_vary_among_its_common_donors(refused, donor):
    first = np.arange(len(donor)) < 200
    apart = donor.assign(area=donor["area"].where(first), gas=donor["gas"].where(~first))
    assert "'area' has no value in any row (donors with a value of area and gas)" in refused(
        apart, [["area", "gas"]], X
    )
    assert "0 rows with a value of every fusion variable" in refused(
        apart, ["area", "gas"], X, settings=TrainSettings(order="suggested")
    )


def test_columns_without_a_name_of_text_are_refused(refused, donor):
    assert "must be strings; got 3" in refused(donor, [3], X)
    assert "must be strings; got 3" in refused(donor, [["area", 3]], X)


def test_predictors_without_variation_are_left_out_and_noted(donor, small_settings):
    settings = small_settings.replace(maximum_trees=3)
    model = train(donor.assign(region="coast"), ["area"], X, settings=settings, seed=0)
    assert model.predictor_names == ("size", "income")
    assert any("'region' is the same for every donor" in note for note in model.notes)
    empty = train(donor.assign(income=np.nan), ["area"], X, settings=settings, seed=0)
    assert empty.predictor_names == ("size", "region")
    assert empty.notes[1:] == ("'income' has no value for any donor and was left out.",)


def test_predictors_that_all_have_no_variation_are_refused(refused, donor):
    assert "Every predictor has the same value" in refused(
        donor.assign(size=1, income=2.0), ["area"], ["size", "income"]
    )


def test_missing_values_are_used_and_noted(donor, recipient, small_settings):
    settings = small_settings.replace(maximum_trees=3)
    income = donor["income"].where(np.arange(len(donor)) % 4 > 0)
    area = donor["area"].where(np.arange(len(donor)) >= 30)
    model = train(
        donor.assign(income=income, area=area), ["area", "fuel"], X, settings=settings, seed=0
    )
    assert "100 donors have no value of 'income'." in model.notes
    assert any("30 donors have no value of 'area'" in note for note in model.notes)
    drawn = fuse(recipient, model, implicates=2, seed=0)["area"].values
    assert np.isfinite(drawn).all()


def test_a_recipient_lacking_values_no_donor_lacks_gets_the_typical_value(model, recipient):
    lacking = recipient.assign(income=np.nan)
    typical = recipient.assign(income=model.fill[1])
    implicates = fuse(lacking, model, implicates=2, seed=0)
    assert (
        implicates["area"].values == fuse(typical, model, implicates=2, seed=0)["area"].values
    ).all()
    assert "300 recipient rows have no value of 'income'" in implicates.notes[0]


def test_donors_of_weight_zero_are_left_out(donor, small_settings):
    weights = donor["weight"].where(np.arange(len(donor)) >= 100, 0.0)
    settings = small_settings.replace(maximum_trees=3)
    model = train(
        donor.assign(weight=weights), ["area"], X, weight="weight", settings=settings, seed=0
    )
    assert len(model.weights) == 300
    assert model.weights.mean() == pytest.approx(1.0)
    assert model.notes == ("100 donors have weight zero and were left out.",)


@pytest.mark.parametrize("m", [0, -3, 2.5, True])
def test_fewer_than_one_implicate_is_refused(model, recipient, m):
    with pytest.raises(InputError, match="whole number of at least 1"):
        fuse(recipient, model, implicates=m, seed=0)


def test_more_implicates_than_the_memory_holds_are_refused(model, recipient, tmp_path):
    with pytest.raises(InputError, match=r"of memory, but only .* are free"):
        fuse(recipient, model, implicates=10**12)
    recipient.to_parquet(tmp_path / "recipient.parquet")
    model.save(tmp_path / "model")
    with pytest.raises(InputError, match=r"MB are allowed.*fewer threads or implicates"):
        fuse_to_folder(
            tmp_path / "recipient.parquet",
            tmp_path / "model",
            tmp_path / "o",
            implicates=10**12,
            seed=0,
        )
    assert not (tmp_path / "o").exists()


def test_an_empty_recipient_is_refused_and_one_row_is_enough(model, recipient):
    with pytest.raises(InputError, match="no rows"):
        fuse(recipient.head(0), model, implicates=1, seed=0)
    assert fuse(recipient.head(1), model, implicates=3, seed=0)["area"].values.shape == (1, 3)


def test_a_recipient_without_a_predictor_is_refused(model, recipient):
    with pytest.raises(InputError, match="no predictor 'income'"):
        fuse(recipient.drop(columns="income"), model, implicates=1, seed=0)


def test_unseen_levels_are_refused_naming_variable_expected_and_found(model, recipient):
    unseen = recipient.assign(region=recipient["region"].astype(str).replace("plain", "moon"))
    with pytest.raises(InputError) as caught:
        fuse(unseen, model, implicates=1, seed=0)
    assert "'region' has levels the donor does not have: 'moon'" in str(caught.value)
    assert "'coast', 'hills', 'plain'" in str(caught.value)


@pytest.mark.parametrize("column", ["size", "region"])
def test_another_type_is_refused(model, recipient, column):
    other = recipient["income"] if column == "region" else recipient["region"]
    found = "numbers" if column == "region" else "categories"
    with pytest.raises(InputError, match=f"'{column}' holds {found}"):
        fuse(recipient.assign(**{column: other}), model, implicates=1)


def test_levels_in_another_order_are_refused(donor, small_settings):
    size = pd.Categorical(donor["size"].astype(str), list("123456"), ordered=True)
    settings = small_settings.replace(maximum_trees=2)
    model = train(donor.assign(size=size), ["area"], ["size"], settings=settings, seed=0)
    turned = pd.DataFrame({"size": size.reorder_categories(list("654321"))})
    with pytest.raises(InputError, match="in another order"):
        fuse(turned, model, implicates=1, seed=0)


@pytest.mark.parametrize("seed", [-1, 1.5, True, "1"])
def test_a_seed_that_is_no_whole_number_is_refused(refused, donor, model, recipient, seed):
    assert "seed" in refused(donor, ["area"], X, seed=seed)
    with pytest.raises(InputError, match="seed"):
        fuse(recipient, model, implicates=1, seed=seed)


@pytest.mark.parametrize(
    ("choice", "value"),
    [
        ("quantiles", (0.5, 0.2)),
        ("quantiles", ()),
        ("folds", 1),
        ("held_out_fraction", 0.9),
        ("leaves", ()),
        ("learning_rate", 0.0),
        ("minimum_neighbours", 0),
        ("neighbours", 5),
        ("order", "alphabetical"),
        ("workers", 0),
        ("workers", 1.5),
        ("folds", True),
        ("leaves", (16, 32.5)),
        ("leaves", 16),
        ("quantiles", "0.5"),
        ("quantiles", (0.5, "0.9")),
        ("quantiles", (0.0, 0.5)),
        ("quantiles", (0.5, 0.5)),
        ("quantiles", (0.5, np.nan)),
        ("neighbours", 0),
        ("minimum_neighbours", 501),
        ("centres", -1),
        ("quantiles", (2.5,)),
        ("quantiles", (np.nan,)),
        ("quantiles", (np.inf,)),
        ("quantiles", 100),
        ("quantiles", (3, 5)),
        ("quantiles", 0),
        ("block_neighbours", 0),
        ("learning_rate", np.nan),
    ],
)
def test_settings_out_of_range_are_refused_by_name(choice, value):
    with pytest.raises(InputError, match=choice):
        TrainSettings(**{choice: value})


def test_lists_in_settings_are_as_good_as_tuples():
    listed = TrainSettings(leaves=[8, 16], types=[["size", "ordered"]])
    assert listed == TrainSettings(leaves=(8, 16), types=(("size", "ordered"),))


def test_unknown_names_in_settings_are_refused(refused, donor):
    forced = TrainSettings(force=("sise",))
    assert "Did you mean 'size'?" in refused(donor, ["area"], X, settings=forced)
    typed = TrainSettings(types=(("sise", "nominal"),))
    assert "Did you mean 'size'?" in refused(donor, ["area"], X, settings=typed)
    with pytest.raises(InputError, match="no kind of variable 'text'"):
        TrainSettings(types=(("size", "text"),))
