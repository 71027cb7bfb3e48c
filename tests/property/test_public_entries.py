"""Whatever is passed to a public function, only an error of this project comes out, in one sentence."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from effort import examples
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from fusion_core import (
    DonorSample,
    Statistic,
    TrainSettings,
    analyze,
    compare,
    fuse,
    survey_estimates,
    train,
    validate,
)
from fusion_core.errors import HarmonyError
from fusion_core.fusion import (
    FusionModel,
    Implicates,
    export_implicates,
    fuse_out_of_fold,
    fuse_to_folder,
    impute,
    monotonic,
    open_implicates,
    read_implicates,
    write_implicates,
)
from fusion_core.surveys import WeightDesign
from fusion_core.validation import compare_external, score_variables

FAST = TrainSettings(
    quantiles=(0.5,),
    folds=0,
    leaves=(4,),
    maximum_trees=2,
    early_stopping_rounds=1,
    neighbours=10,
    centres=20,
)
ROWS = 30
NAMES = ("rooms", "tenure", "kwh", "fuel", "weight")
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


def entry(count: int) -> Any:
    return examples(count, suppress_health_check=SLOW, deadline=None)


def refused_or_done(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Call a function; an error must be one of the project's, and fit on one line."""
    try:
        return function(*arguments, **options)
    except HarmonyError as error:
        text = str(error)
        assert text.endswith((".", "?"))
        assert "\n" not in text
        assert len(text) < 600
        return None


def households(rows: int = ROWS) -> pd.DataFrame:
    place = np.arange(rows)
    return pd.DataFrame(
        {
            "rooms": place % 6 + 1,
            "tenure": pd.Categorical.from_codes(place % 2, ["own", "rent"]),
            "kwh": (place * 37 % 101) * 10.5,
            "fuel": pd.Categorical.from_codes(place % 3, ["gas", "oil", "wood"]),
            "weight": 1.0 + place % 4,
        }
    )


def cycle(*values: Any) -> Callable[[int], pd.Series]:
    """Return a maker of object columns of any length that repeat some values."""

    def make(rows: int) -> pd.Series:
        column = pd.Series(np.empty(rows, dtype=object))
        for place in range(rows):
            column.iloc[place] = values[place % len(values)]
        return column

    return make


def typed(dtype: Any, *values: Any) -> Callable[[int], pd.Series]:
    return lambda rows: pd.Series(pd.array([values[i % len(values)] for i in range(rows)], dtype))


COLUMNS: dict[str, Callable[[int], Any]] = {
    "object integers": cycle(0, 100, 50, None),
    "object floats": cycle(0.5, 2, None),
    "decimals": cycle(Decimal("1.5"), Decimal("NaN"), Decimal(3)),
    "object yes/no": cycle(True, False, None),
    "text": cycle("a", "b", None),
    "strange text": cycle("", " ", "\n", "a,b", "<b>", "имя", "'", '"'),
    "text of numbers": cycle("1", "01", "1.0"),
    "mixed": cycle(1, "1", None),
    "yes/no and numbers": cycle(True, 2),
    "dates": cycle(dt.date(2020, 1, 1), None),
    "timestamps": lambda rows: pd.Series(pd.date_range("2020-01-01", periods=rows)),
    "lists": cycle([1, 2], None),
    "arrays": cycle(np.arange(2), np.arange(3)),
    "dictionaries": cycle({"a": 1}),
    "bytes": cycle(b"a"),
    "objects": cycle(object),
    "all missing": cycle(None),
    "missing numbers": lambda rows: pd.Series(np.full(rows, np.nan)),
    "huge integers": cycle(2**62, -(2**63), 1),
    "too huge integers": cycle(10**30, 1),
    "beyond numbers": cycle(10**400, 1),
    "large numbers": typed("float64", 1e300, -1e300, 0),
    "tiny numbers": typed("float64", 5e-324, 0, -5e-324),
    "infinite": typed("float64", np.inf, 1, -np.inf, np.nan),
    "constant": typed("float64", 1.0),
    "zeros": typed("int64", 0),
    "negative": typed("int64", -1, 2),
    "almost constant": lambda rows: pd.Series((np.arange(rows) == 0).astype(float)),
    "nullable integers": typed("Int64", 1, None, 3),
    "nullable numbers": typed("Float64", 1.5, None),
    "nullable yes/no": typed("boolean", True, None, False),
    "unsigned": typed("uint64", 2**64 - 1, 0),
    "small": typed("int8", 1, 2),
    "half precision": lambda rows: pd.Series(np.arange(rows, dtype=np.float16)),
    "extended precision": lambda rows: pd.Series(np.arange(rows, dtype=np.longdouble)),
    "complex": lambda rows: pd.Series(np.arange(rows) * 1j),
    "arrow integers": typed(pd.ArrowDtype(pa.int64()), 1, None, 2),
    "arrow text": typed(pd.ArrowDtype(pa.string()), "a", None, "b"),
    "arrow decimals": typed(pd.ArrowDtype(pa.decimal128(5, 2)), Decimal("1.5"), None),
    "arrow dates": typed(pd.ArrowDtype(pa.date32()), dt.date(2020, 1, 1), None),
    "arrow lists": typed(pd.ArrowDtype(pa.list_(pa.int64())), [1], None, [2, 3]),
    "arrow nothing": typed(pd.ArrowDtype(pa.null()), None),
    "pandas text": typed("string", "a", None),
    "sparse": lambda rows: pd.Series(pd.arrays.SparseArray(np.arange(rows) % 2)),
    "periods": lambda rows: pd.Series(pd.period_range("2000", periods=rows, freq="M")),
    "intervals": lambda rows: pd.Series(pd.interval_range(0, rows)) if rows else pd.Series([]),
    "categories of integers": lambda rows: pd.Series(pd.Categorical(np.arange(rows) % 3)),
    "categories of mixed types": lambda rows: pd.Series(
        pd.Categorical.from_codes(np.arange(rows) % 2, pd.Index([1, "1"], dtype=object))
    ),
    "categories of ranges": lambda rows: pd.Series(
        pd.cut(np.arange(rows), 3) if rows else pd.Categorical([])
    ),
    "an unused category": lambda rows: pd.Series(
        pd.Categorical.from_codes(np.zeros(rows, int), ["own", "nobody"])
    ),
    "a category of one household": lambda rows: pd.Series(
        pd.Categorical.from_codes((np.arange(rows) == 0).astype(int), ["own", "rent"])
    ),
    "missing categories": lambda rows: pd.Series(pd.Categorical([None] * rows, ["own", "rent"])),
    "other categories": lambda rows: pd.Series(
        pd.Categorical.from_codes(np.arange(rows) % 2, ["mine", "theirs"])
    ),
    "identifiers": lambda rows: pd.Series([f"id{place}" for place in range(rows)]),
}

kinds = st.sampled_from(sorted(COLUMNS))
odd_names = st.sampled_from(
    [
        "",
        " ",
        "nobody",
        "rooms",
        "kwh",
        0,
        1.5,
        None,
        ("a", "b"),
        b"kwh",
        float("nan"),
        "implicate",
        "n",
        "x" * 300,
        "имя",
        ["kwh"],
        {"kwh": 1},
    ]
)
usual_name = st.sampled_from(NAMES)
names = st.one_of(usual_name, usual_name, usual_name, odd_names)
name_lists = st.one_of(
    st.lists(names, max_size=3),
    names,
    st.none(),
    st.just(5),
    st.sampled_from([np.array(["kwh"]), pd.Index(["kwh"]), {"kwh": ["rooms"]}, {"kwh": None}]),
    st.lists(st.lists(names, max_size=3), max_size=2),
)
not_tables = st.sampled_from(
    [None, "donor.csv", 5, np.zeros((3, 2)), np.zeros(3), [], {}, {"kwh": [1]}, pd.Series([1.0])]
)


def mostly(usual: Any, odd: st.SearchStrategy) -> st.SearchStrategy:
    """Return what is usual seven times of eight, so that one oddity does not hide the others."""
    strategy = usual if isinstance(usual, st.SearchStrategy) else st.just(usual)
    return st.integers(0, 7).flatmap(lambda place: odd if place == 7 else strategy)


@st.composite
def tables(draw: st.DrawFn) -> Any:
    """Households with columns of odd types, or odd in size, names or form, or no table at all."""
    oddity = draw(st.sampled_from(["columns"] * 7 + ["rows", "names", "order", "drop", "form"]))
    rows = draw(st.sampled_from([0, 1, 2, 19, 21])) if oddity == "rows" else ROWS
    frame = households(rows)
    if oddity == "columns":
        for name in draw(st.lists(usual_name, min_size=1, max_size=2, unique=True)):
            frame[name] = pd.Series(COLUMNS[draw(kinds)](rows)).array
    elif oddity == "names":
        frame = renamed(draw, frame)
    elif oddity == "order":
        frame.index = pd.Index(np.arange(rows) % 3)
    elif oddity == "drop":
        frame = frame.drop(columns=draw(usual_name))
    elif oddity == "form":
        return draw(not_tables)
    return frame if draw(st.booleans()) else in_arrow(frame, batch=draw(st.booleans()))


def renamed(draw: st.DrawFn, frame: pd.DataFrame) -> pd.DataFrame:
    """Give columns names that are no text, repeated, or in two levels."""
    kind = draw(st.sampled_from(["one", "more", "levels"]))
    if kind == "levels":
        frame.columns = pd.MultiIndex.from_product([["a"], frame.columns])
    elif kind == "more":
        frame = pd.concat([frame, pd.DataFrame({0: frame["kwh"], 1: frame["kwh"]})], axis=1)
    else:
        found = list(frame.columns)
        odd = st.sampled_from(["rooms", "kwh", 0, None, ("a", "b"), "", "имя", 1.5])
        found[draw(st.integers(0, 4))] = draw(odd)
        frame.columns = pd.Index(found, dtype=object)
    return frame


def in_arrow(frame: pd.DataFrame, *, batch: bool) -> Any:
    """Return the same as an Arrow table or batch, as far as Arrow holds it."""
    try:
        table = pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return frame
    return table.to_batches()[0] if batch and len(frame) else table


odd_numbers = st.sampled_from([0, 1, 2, -1, 1.5, True, None, "1", np.nan, np.inf, 2**70, [1]])


@pytest.fixture(scope="module")
def model() -> FusionModel:
    return train(households(60), ["kwh", "fuel"], ["rooms", "tenure"], settings=FAST)


@pytest.fixture(scope="module")
def drawn(model) -> Implicates:
    return fuse(households(), model, implicates=2)


@pytest.fixture(scope="module")
def folder(model, drawn, tmp_path_factory):
    path = tmp_path_factory.mktemp("entries")
    write_implicates(drawn, path / "implicates")
    model.save(path / "model")
    households().to_parquet(path / "recipient.parquet")
    (path / "text.parquet").write_text("no table")
    (path / "empty").mkdir()
    return path


@entry(150)
@given(data=st.data())
def test_training_refuses_what_cannot_be_learned(data):
    donor = data.draw(tables())
    y = data.draw(mostly(st.sampled_from([["kwh", "fuel"], [["kwh", "fuel"]]]), name_lists))
    x = data.draw(mostly(["rooms", "tenure"], name_lists))
    weight = data.draw(mostly(st.sampled_from(["weight", None]), names))
    seed = data.draw(mostly(1, odd_numbers))
    settings = data.draw(st.sampled_from([FAST, FAST, FAST, FAST, "quick", {}]))
    model = refused_or_done(train, donor, y, x, weight=weight, seed=seed, settings=settings)
    if model is not None:
        refused_or_done(fuse, donor, model, implicates=2)


@entry(80)
@given(data=st.data())
def test_fusing_refuses_what_is_no_recipient(model, data):
    recipient = data.draw(tables())
    m = data.draw(mostly(2, odd_numbers))
    seed = data.draw(mostly(1, odd_numbers))
    threads = data.draw(mostly(1, odd_numbers.filter(lambda n: n != 2**70)))
    refused_or_done(fuse, recipient, model, implicates=m, seed=seed, threads=threads)
    refused_or_done(fuse, recipient, data.draw(st.sampled_from([None, "model", 5])))


statistic_parts = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(
            ["mean", "share", "count", "median", "gini", "total", "ratio", "", 5]
        ),
        "variable": names,
    },
    optional={
        "level": st.sampled_from(["gas", "own", "none", 1, None]),
        "threshold": odd_numbers,
        "denominator": names,
        "probability": odd_numbers,
    },
)
usual_statistic = st.sampled_from(
    [
        Statistic("mean", "kwh"),
        Statistic("share", "fuel"),
        Statistic("median", "rooms"),
        Statistic("count"),
        Statistic("share", "tenure"),
        Statistic("mean", "rooms"),
    ]
)
statistics = mostly(
    st.one_of(usual_statistic, st.lists(usual_statistic, min_size=1, max_size=2)),
    st.sampled_from([None, "mean:kwh", 5, ["mean"], []]),
)
masks = st.sampled_from(
    [
        None,
        np.ones(ROWS, bool),
        np.zeros(ROWS, bool),
        np.ones(3, bool),
        np.ones(ROWS),
        "kwh",
        [True] * ROWS,
        ["yes"] * ROWS,
        [None] * ROWS,
        pd.Series([True] * ROWS, dtype="boolean"),
        5,
    ]
)
designs = mostly(
    None, st.sampled_from([WeightDesign(), WeightDesign.jackknife(4), "jackknife", 80])
)


@entry(60)
@given(statistic_parts)
def test_a_statistic_is_checked_when_it_is_stated(parts):
    refused_or_done(Statistic, **parts)


@entry(120)
@given(data=st.data())
def test_estimates_refuse_what_cannot_be_estimated(drawn, data):
    options = {
        "by": data.draw(st.one_of(st.none(), st.just(["tenure"]), name_lists)),
        "weight": data.draw(mostly(st.sampled_from(["weight", None]), names)),
        "design": data.draw(designs),
        "confidence": data.draw(mostly(0.9, odd_numbers)),
        "subset": data.draw(mostly(None, masks)),
    }
    asked = data.draw(statistics)
    table = data.draw(tables())
    implicates = data.draw(st.sampled_from([drawn, drawn, drawn, None, "implicates"]))
    refused_or_done(
        survey_estimates, table, options["design"], asked, **_without(options, "design")
    )
    donor = data.draw(st.sampled_from([None, None, "donor", households()]))
    refused_or_done(analyze, implicates, asked, recipient=table, donor=donor, **options)


def _without(options: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in options.items() if key != name}


@entry(60)
@given(data=st.data())
def test_comparisons_refuse_what_are_no_groups(drawn, data):
    groups = st.one_of(
        masks,
        st.dictionaries(
            st.one_of(usual_name, st.sampled_from([0, None])),
            st.sampled_from(["own", 1, None, [1], np.nan, "x", dt.date(2020, 1, 1), {}]),
            max_size=2,
        ),
    )
    refused_or_done(
        compare,
        data.draw(st.sampled_from([drawn, None, 5])),
        data.draw(statistics),
        data.draw(mostly({"tenure": "own"}, groups)),
        data.draw(mostly({"tenure": "rent"}, groups)),
        recipient=data.draw(tables()),
        design=data.draw(designs),
    )


@entry(80)
@given(data=st.data())
def test_a_donor_sample_refuses_what_is_no_donor(drawn, data):
    predictors = data.draw(mostly(["rooms", "tenure"], name_lists))
    variables = data.draw(mostly(["kwh", "fuel"], name_lists))
    recipient = data.draw(tables())
    known = refused_or_done(
        DonorSample.build,
        data.draw(tables()),
        recipient,
        predictors=predictors,
        variables=variables,
        weight=data.draw(st.sampled_from(["weight", None, 5, "kwh"])),
        design=data.draw(designs),
    )
    if known is not None and len(recipient) == ROWS:
        statistic = Statistic("mean", "kwh")
        refused_or_done(analyze, drawn, statistic, recipient=recipient, donor=known, weight=None)


@entry(60)
@given(data=st.data())
def test_validation_refuses_what_cannot_be_compared(drawn, data):
    observed = data.draw(tables())
    subsets = data.draw(mostly(["rooms", "tenure"], name_lists))
    refused_or_done(
        validate,
        observed,
        drawn,
        subsets,
        weight=data.draw(mostly(st.sampled_from(["weight", None]), names)),
        minimum_rows=data.draw(mostly(5, odd_numbers)),
        span=data.draw(mostly(0.5, odd_numbers)),
    )
    refused_or_done(score_variables, observed, drawn)


@entry(60)
@given(data=st.data())
def test_imputing_refuses_what_it_cannot_fill(data):
    table = data.draw(tables())
    filled = refused_or_done(
        impute,
        table,
        ignore=data.draw(mostly((), name_lists)),
        weight=data.draw(st.sampled_from(["weight", None, "kwh", 5, ""])),
        seed=data.draw(mostly(1, odd_numbers)),
        settings=FAST,
    )
    if filled is not None and isinstance(table, pd.DataFrame):
        assert list(filled.columns) == list(table.columns)
        assert len(filled) == len(table)


@entry(15)
@given(data=st.data())
def test_fusing_unseen_households_refuses_what_cannot_be_cut_into_folds(data):
    refused_or_done(
        fuse_out_of_fold,
        data.draw(tables()),
        data.draw(mostly(["kwh"], name_lists)),
        data.draw(mostly(["rooms", "tenure"], name_lists)),
        implicates=2,
        settings=FAST,
        folds=data.draw(mostly(2, odd_numbers)),
    )


@entry(60)
@given(data=st.data())
def test_comparing_with_an_outside_table_refuses_what_is_none(data):
    areas = pd.DataFrame({"puma": ["1", "2", "3"], "estimate": 1.0, "moe": 0.1, "value": 2.0})
    for name in data.draw(st.lists(st.sampled_from(list(areas.columns)), max_size=2)):
        areas[name] = pd.Series(COLUMNS[data.draw(kinds)](3)).array
    column = st.one_of(st.sampled_from(list(areas.columns)), odd_names)
    refused_or_done(
        compare_external,
        areas,
        data.draw(mostly(areas, tables())),
        area=data.draw(column),
        value=data.draw(column),
        moe=data.draw(st.one_of(st.none(), column)),
    )


@entry(40)
@given(data=st.data())
def test_implicates_are_read_from_any_table(data):
    table = data.draw(tables())
    refused_or_done(Implicates.from_long, table, implicate=data.draw(names))


@entry(40)
@given(data=st.data())
def test_a_monotone_relation_refuses_what_are_no_numbers(data):
    columns = st.one_of(
        kinds.map(lambda kind: COLUMNS[kind](6)), st.sampled_from([None, 5, "x", [[1, 2]], []])
    )
    refused_or_done(monotonic, data.draw(columns), data.draw(columns), data.draw(columns))


@entry(80)
@given(data=st.data())
def test_files_and_folders_are_given_as_text_or_paths_and_refused_otherwise(folder, data):
    existing = ["model", "implicates", "recipient.parquet", "text.parquet", "empty", "nothing"]
    place = st.sampled_from(existing).flatmap(
        lambda name: st.sampled_from([folder / name, str(folder / name)])
    )
    path = st.one_of(
        place, st.sampled_from([None, 5, "", "a\0b", "x" * 300, b"model", ["model"], folder / "é"])
    )
    target = st.sampled_from(
        [
            folder / "out",
            str(folder / "out"),
            folder / "text.parquet",
            folder / "empty",
            5,
            "",
            "\0",
        ]
    )
    refused_or_done(FusionModel.load, data.draw(path))
    refused_or_done(read_implicates, data.draw(path), data.draw(name_lists))
    recipient = data.draw(st.one_of(path, tables()))
    refused_or_done(
        fuse_to_folder,
        recipient,
        data.draw(path),
        data.draw(target),
        implicates=2,
        memory=data.draw(st.one_of(st.none(), odd_numbers)),
    )
    refused_or_done(
        export_implicates,
        data.draw(st.sampled_from([open_implicates(str(folder / "implicates")), "implicates"])),
        data.draw(target.filter(lambda to: str(to) != str(folder / "text.parquet"))),
        kind=data.draw(st.sampled_from(["csv", "parquet", "xlsx", None])),
        recipient=data.draw(path),
        columns=data.draw(name_lists),
        variables=data.draw(st.one_of(st.none(), name_lists)),
        level=data.draw(st.sampled_from(["", "gas", "5"])),
        wide=data.draw(st.booleans()),
    )


def test_what_the_search_found_stays_refused_or_done(drawn):
    """Cases that once ended in a traceback and that few examples meet."""
    areas = pd.DataFrame({"puma": ["1", "2", "3"], "estimate": 1.0, "moe": 0.1})
    same = compare_external(areas, areas, value="estimate", moe="estimate")
    assert same.points["external_moe"].tolist() == [1.0] * 3
    unanswered = households().assign(fuel=None)
    refused_or_done(score_variables, unanswered, drawn)
    with pytest.raises(HarmonyError, match="A value of x is not a number"):
        monotonic([10**400, 1], [1, 2])
