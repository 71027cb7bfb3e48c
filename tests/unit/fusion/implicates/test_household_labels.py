"""Whatever has a row per household is labelled by the recipient's index, in memory and on disk."""

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion_core import (
    DonorSample,
    Implicates,
    Statistic,
    TrainSettings,
    analyze,
    compare,
    fuse,
    train,
    validate,
)
from fusion_core.errors import CorruptFileError, InputError
from fusion_core.fusion import (
    FusedVariable,
    export_implicates,
    fuse_out_of_fold,
    fuse_to_folder,
    impute,
    open_implicates,
    read_implicates,
    write_implicates,
)
from fusion_core.fusion.implicates.row_matching import order_of
from fusion_core.validation import score_table

FAST = TrainSettings.preset("quick").replace(maximum_trees=20, folds=2)
ROWS = 400


def households(seed: int) -> pd.DataFrame:
    """Households whose bill follows from their size, labelled by an identifier, in no order."""
    draw = np.random.default_rng(seed)
    size = draw.integers(1, 6, ROWS).astype(float)
    frame = pd.DataFrame(
        {
            "size": size,
            "bill": (100 * size + draw.normal(0, 5, ROWS)).round(1),
            "area": draw.choice(["north", "south"], ROWS),
            "weight": draw.gamma(4, 10, ROWS),
        },
        index=pd.Index([f"h{number:04}" for number in range(ROWS)], name="household_id"),
    )
    return frame.sample(frac=1, random_state=seed)


@pytest.fixture(scope="module")
def model():
    return train(households(1), ["bill"], ["size"], weight="weight", seed=1, settings=FAST)


@pytest.fixture(scope="module")
def recipient():
    return households(2)


@pytest.fixture(scope="module")
def implicates(model, recipient):
    return fuse(recipient, model, implicates=3, seed=1)


@pytest.fixture
def file(recipient, tmp_path):
    """The recipient as a file of its own columns and no index."""
    recipient.reset_index().to_parquet(tmp_path / "recipient.parquet")
    return tmp_path / "recipient.parquet"


def relation(recipient: pd.DataFrame, bills: pd.Series) -> float:
    """The correlation of bills with sizes when both are joined by their labels."""
    return float(recipient["size"].corr(bills))


def test_frames_join_the_recipient_in_whatever_order(implicates, recipient):
    shuffled = recipient.sample(frac=1, random_state=5)
    assert relation(shuffled, implicates.frame(0)["bill"]) > 0.8
    assert implicates.frame(1).index.equals(recipient.index)
    assert implicates.slice(10, 20).frame(0).index.equals(recipient.index[10:20])


def test_the_long_table_repeats_the_labels_and_is_read_back(implicates, recipient):
    long = implicates.long()
    assert (long.index == np.tile(recipient.index, 3)).all()
    assert long.index.name == "household_id"
    again = Implicates.from_long(long)
    assert again.index.equals(recipient.index)
    assert (again["bill"].values == implicates["bill"].values).all()
    turned = pd.concat([long[long["implicate"] == 1], long[long["implicate"] > 1].iloc[::-1]])
    with pytest.raises(InputError, match="different orders"):
        Implicates.from_long(turned)


def test_unseen_households_and_filled_answers_keep_their_labels():
    donor = households(3)
    unseen = fuse_out_of_fold(
        donor, ["bill"], ["size"], implicates=2, seed=1, settings=FAST, folds=2
    )
    assert relation(donor.sort_index(), unseen.frame(0)["bill"]) > 0.7
    gaps = donor.assign(bill=donor["bill"].where(np.arange(ROWS) % 4 > 0))
    filled = impute(gaps, ignore=["area"], weight=None, seed=1, settings=FAST)
    assert filled.index.equals(donor.index)
    assert relation(donor, filled["bill"]) > 0.7


def test_a_folder_keeps_the_index_of_a_frame(implicates, recipient, tmp_path):
    write_implicates(implicates, tmp_path)
    stored = read_implicates(tmp_path)
    assert stored.index.equals(recipient.index)
    assert stored.index.name == "household_id"
    (block,) = open_implicates(tmp_path).blocks()
    assert block.frame(0).equals(stored.frame(0))
    assert relation(recipient.sort_index(), stored.frame(0)["bill"]) > 0.8


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(4),
        pd.RangeIndex(3, 11, 2, name="row"),
        pd.Index([5, 3, 9, 1]),
        pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1), ("c", 7)], names=["s", "n"]),
        pd.date_range("2020-01-01", periods=4, name="day"),
        pd.Index(["x", "y", "x", "y"]),
    ],
)
def test_an_index_of_any_kind_comes_back_from_a_folder(index, tmp_path):
    write_implicates(Implicates({"v": FusedVariable("v", np.ones((4, 2)))}, (), index), tmp_path)
    found = read_implicates(tmp_path).index
    assert found.equals(index)
    assert list(found.names) == list(index.names)


def test_an_index_that_cannot_be_stored_is_one_sentence(tmp_path):
    index = pd.Index([1, "a", (2, 3), None], dtype=object)
    values = Implicates({"v": FusedVariable("v", np.ones((4, 2)))}, (), index)
    with pytest.raises(InputError, match="index holds values that cannot be stored"):
        write_implicates(values, tmp_path)


def test_fusing_from_disk_keeps_the_column_of_identifiers(model, recipient, implicates, file):
    folder = file.parent / "out"
    model.save(file.parent / "model")
    fuse_to_folder(file, file.parent / "model", folder, implicates=3, seed=1)
    stored = read_implicates(folder)
    assert stored.index.equals(recipient.index)
    assert (stored["bill"].values == implicates["bill"].values).all()
    opened = open_implicates(folder)
    long = duckdb.sql(opened.long_query()).df()
    first = long[long["implicate"] == 1].set_index("household_id")
    assert relation(recipient, first["bill"]) > 0.8
    export_implicates(opened, folder / "wide.csv", kind="csv", wide=True)
    wide = pd.read_csv(folder / "wide.csv").set_index("household_id")
    assert list(wide.columns) == ["row", "bill_01", "bill_02", "bill_03"]
    assert relation(recipient, wide["bill_01"]) > 0.8
    (kept,) = folder.glob("households-*.parquet")
    kept.write_bytes(kept.read_bytes()[:-9] + b"123456789")
    with pytest.raises(CorruptFileError, match="was altered"):
        read_implicates(folder)


def test_fusing_from_disk_keeps_the_index_a_frame_was_written_with(model, recipient, tmp_path):
    model.save(tmp_path / "model")
    for name in (None, "number"):
        labelled = recipient.set_axis(pd.Index(np.arange(ROWS) * 7 + 3, name=name))
        labelled.to_parquet(tmp_path / "recipient.parquet")
        fuse_to_folder(
            tmp_path / "recipient.parquet",
            tmp_path / "model",
            tmp_path / "out",
            implicates=2,
            seed=1,
        )
        assert read_implicates(tmp_path / "out").index.equals(labelled.index)
        assert list(read_implicates(tmp_path / "out").index.names) == [name]
    assert len(list((tmp_path / "out").glob("households-*"))) == 1


def test_files_beside_the_implicates_are_left_alone(implicates, tmp_path):
    write_implicates(implicates, tmp_path)
    mine = [tmp_path / "households.parquet", tmp_path / "households-0123456789ab.parquet"]
    for path in mine:
        path.write_text("mine")
    write_implicates(implicates, tmp_path)
    assert all(path.read_text() == "mine" for path in mine)


def statistics_of(implicates, recipient, **more) -> pd.DataFrame:
    return analyze(
        implicates, Statistic("mean", "bill"), by="area", recipient=recipient, **more
    ).drop(columns="assumption")


def test_estimates_match_a_shuffled_recipient_by_its_labels(implicates, recipient):
    expected = statistics_of(implicates, recipient)
    shuffled = recipient.sample(frac=1, random_state=6)
    pd.testing.assert_frame_equal(statistics_of(implicates, shuffled), expected)
    as_column = shuffled.reset_index()
    pd.testing.assert_frame_equal(statistics_of(implicates, as_column), expected)
    large = recipient["size"] > 2
    subset = statistics_of(implicates, recipient, subset=large.to_numpy())
    for mask in (shuffled["size"] > 2, large, (shuffled["size"] > 2).to_numpy()):
        pd.testing.assert_frame_equal(statistics_of(implicates, shuffled, subset=mask), subset)


def test_the_donors_part_of_a_margin_follows_the_labels_too(implicates, recipient):
    donor, shuffled = households(1), recipient.sample(frac=1, random_state=7)
    known = [
        DonorSample.build(donor, table, predictors=["size"], variables=["bill"])
        for table in (recipient, shuffled)
    ]
    expected = statistics_of(implicates, recipient, donor=known[0])
    for table in (recipient, shuffled):
        for sample in known:
            found = statistics_of(implicates, table, donor=sample)
            pd.testing.assert_frame_equal(found, expected)


def test_comparisons_match_a_shuffled_recipient_by_its_labels(implicates, recipient):
    shuffled = recipient.sample(frac=1, random_state=8)
    mean = Statistic("mean", "bill")
    found = [
        compare(implicates, mean, table["size"].to_numpy() > 2, table["size"] <= 2, recipient=table)
        for table in (recipient, shuffled)
    ]
    assert found[0].difference == pytest.approx(found[1].difference)
    assert found[0].difference > 100


def test_validation_matches_a_shuffled_donor_by_its_labels(model):
    donor = households(1)
    back = fuse(donor, model, implicates=2, seed=3)
    shuffled = donor.sample(frac=1, random_state=9)
    found = [
        validate(table, back, ["area", "size"], weight="weight") for table in (donor, shuffled)
    ]
    pd.testing.assert_frame_equal(found[0].scores, found[1].scores)
    mistaken = shuffled.set_axis(donor.index)
    right, wrong = (
        score_table(table, back, table["weight"].to_numpy())["value"].iloc[0]
        for table in (shuffled, mistaken)
    )
    assert right < wrong / 2
    with pytest.raises(InputError, match="donor lacks"):
        validate(households(1).reset_index(drop=True), back, ["area"])


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.reset_index(drop=True),
        lambda table: table.set_axis([f"x{place}" for place in range(ROWS)]),
        lambda table: table.head(ROWS - 1),
        lambda table: table.set_axis(["h0001"] * ROWS),
    ],
    ids=["no labels", "other labels", "fewer rows", "repeated labels"],
)
def test_a_recipient_of_other_households_is_refused(implicates, recipient, change):
    with pytest.raises(InputError, match="recipient"):
        statistics_of(implicates, change(recipient))


def test_an_index_of_another_length_is_refused():
    with pytest.raises(InputError, match="5 entries"):
        Implicates({"v": FusedVariable("v", np.ones((4, 2)))}, (), pd.RangeIndex(5))


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=30, unique=True), st.randoms())
def test_the_order_of_labels_is_found_whatever_they_are(labels, random):
    index = pd.Index(labels)
    shuffled = labels.copy()
    random.shuffle(shuffled)
    table = pd.DataFrame({"own": shuffled}, index=shuffled)
    order = order_of(index, table, what="recipient")
    assert (table if order is None else table.iloc[order])["own"].tolist() == labels
