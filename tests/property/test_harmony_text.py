"""Whatever text, file or table comes in: a result or one clear error, and saving loses nothing."""

import json
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from effort import examples
from hypothesis import example, given
from hypothesis import strategies as st

from fusion_core.errors import ExpressionError, InputError
from fusion_core.harmony.expressions.expression import check_expression, evaluate_expression
from fusion_core.harmony.fusiondata._adjustments_to_r import to_r
from fusion_core.harmony.fusiondata._r_literals import parse_r
from fusion_core.harmony.fusiondata.r_adjustments import translate_adjustment
from fusion_core.harmony.fusiondata.r_writing import write_r
from fusion_core.harmony.fusiondata.reading import read_harmonies
from fusion_core.harmony.model.harmony import DROP, Harmony, LevelGroup, Side, SurveyPair
from fusion_core.harmony.model.records import harmony_record, read_harmony, render
from fusion_core.harmony.store.history import read_entries
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.surveys import SurveyId, Variable

PAIR = SurveyPair(SurveyId("A", "1"), SurveyId("B", "2"))
quick = examples(60)
COLUMNS = {"agep": Variable("agep", type="integer"), "sex": Variable("sex", levels=("M", "F"))}

SQL_PARTS = [
    "agep",
    "sex",
    "'M'",
    '"x"',
    "1",
    "1.5",
    "(",
    ")",
    "+",
    "-",
    "*",
    "/",
    "%",
    "=",
    "<>",
    "<",
    ">=",
    "AND",
    "OR",
    "NOT",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "IN",
    "BETWEEN",
    "LIKE",
    "IS",
    "NULL",
    "abs(",
    "coalesce(",
    "if(",
    "cast(",
    "AS",
    "double",
    ",",
    ";",
    "--",
    "/*",
    "SELECT",
    "FROM",
    "[",
    "]",
    "{",
    "}",
    "::",
    "->",
    "$1",
    "?",
    "@",
    "^",
    "~",
    "||",
    "&",
    ".",
    ":",
    "'",
    '"',
    "\\",
    "\x00",
    "é",
    "INTERVAL",
    "trim(",
    "both",
    "round(",
    "DISTINCT",
    "LATERAL",
    "EXISTS",
    "UNION",
    "VALUES",
    "struct(",
    "x->",
    "**",
]
sql = st.one_of(
    st.text(max_size=60), st.lists(st.sampled_from(SQL_PARTS), max_size=14).map(" ".join)
)

R_PARTS = [
    "list(",
    "c(",
    ")",
    ",",
    "=",
    "a",
    "`b`",
    "'s'",
    '"t"',
    "1",
    "2L",
    "-",
    ":",
    "TRUE",
    "NA",
    "NULL",
    "logical(0)",
    "\n",
    "#",
    "system(",
    "function",
    "{",
    "}",
    "<-",
    "\\",
    "1e5",
    ";",
    "RECS",
    "groups",
]
r_text = st.one_of(
    st.text(max_size=60), st.lists(st.sampled_from(R_PARTS), max_size=20).map(" ".join)
)


@quick
@given(sql)
@example("trim(sex, 'x')")
@example("NOT NOT NOT agep IS NULL")
@example("CASE WHEN 1 THEN 2")
def test_the_expression_checker_accepts_or_raises_an_expression_error(text):
    try:
        checked = check_expression(text, COLUMNS)
    except ExpressionError as error:
        assert str(error)  # noqa: PT017 - most texts are refused; the message must exist
        return
    assert set(checked.columns) <= set(COLUMNS)
    again = check_expression(checked.sql, COLUMNS)
    assert (again.kind, again.columns) == (checked.kind, checked.columns)


@quick
@given(st.lists(st.sampled_from(SQL_PARTS[:36]), min_size=1, max_size=9).map(" ".join))
def test_whatever_is_accepted_also_runs_or_says_why_not(text):
    table = pd.DataFrame({"agep": [1.0, None], "sex": pd.Categorical(["M", None])})
    try:
        result = evaluate_expression(check_expression(text, COLUMNS), table)
    except ExpressionError:
        return
    assert len(result) == 2


@quick
@given(r_text)
def test_the_r_literal_parser_reads_or_raises_an_input_error(text):
    try:
        value = parse_r(text)
    except InputError:
        return
    assert parse_r(write_r(value)) == (value or ("",)) or value == {}


@quick
@given(st.one_of(sql, r_text))
@example("@")
def test_translating_adjustments_succeeds_or_raises_an_input_error(text):
    for translate in (lambda: translate_adjustment(text, "agep"), lambda: to_r(text)):
        try:
            translate()
        except InputError:
            continue


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("text")


@quick
@given(
    data=st.one_of(st.binary(max_size=80), r_text.map(str.encode)),
    suffix=st.sampled_from(["R", "json"]),
)
def test_any_file_imports_or_raises_an_input_error(data, suffix, folder):
    path = folder / f"A_1__B_2.{suffix}"
    path.write_bytes(data)
    try:
        result = read_harmonies(path)
    except InputError:
        return
    assert result.pair == PAIR


json_values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5)
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["donor", "acs", "groups", "levels", "breaks", "adj", "agg", "ordered"]
            ),
            inner,
            max_size=8,
        ),
    ),
    max_leaves=12,
)


@quick
@given(value=json_values)
def test_any_json_copy_imports_or_raises_an_input_error(folder, value):
    path = folder / "copy.json"
    path.write_text(json.dumps({"file": "A_1__B_2.R", "harmonies": {"a__b": value}}))
    try:
        read_harmonies(path)
    except InputError:
        return


names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-5, 5).map(float)
group = st.one_of(st.none(), st.just(DROP), numbers)
sides = st.builds(
    Side,
    variable=names,
    respondent=st.sampled_from(["household", "person"]),
    adjustment=st.text(max_size=8),
    breakpoints=st.lists(numbers, max_size=3).map(tuple),
    levels=st.lists(
        st.builds(LevelGroup, names, group), max_size=4, unique_by=lambda i: i.level
    ).map(tuple),
    aggregator=st.sampled_from(["automatic", "reference", "sum", "median", "any"]),
    universe=st.text(max_size=8),
    outside_universe=group,
    missing=group,
    deflate_to_year=st.none() | st.integers(1900, 2100),
)
harmonies = st.builds(
    Harmony,
    sides,
    sides,
    ordered=st.booleans(),
    group_names=st.lists(st.tuples(numbers, names), max_size=3).map(tuple),
    comment=st.text(max_size=8),
    author=st.text(max_size=5),
    modified=st.text(max_size=5),
    revision=st.integers(0, 9),
)


@quick
@given(harmonies)
def test_written_and_read_a_harmony_is_the_same(harmony):
    text = render(harmony_record(harmony))
    assert read_harmony(json.loads(text), where="test") == harmony


@quick
@given(harmony=harmonies)
def test_saved_and_loaded_a_harmony_is_the_same(harmony, tmp_path_factory):
    store = HarmonyStore(tmp_path_factory.mktemp("store"), PAIR)
    saved = store.save(harmony, author="ann", expected_revision=0)
    assert store.load().harmonies == (saved,)
    assert store.history()[0].after == saved
    assert (saved.donor, saved.recipient, saved.comment) == (
        harmony.donor,
        harmony.recipient,
        harmony.comment,
    )


@quick
@given(st.binary(max_size=200))
def test_any_bytes_in_a_store_s_file_are_an_input_error_or_read(
    data,
):
    with tempfile.TemporaryDirectory() as place:
        store = HarmonyStore(Path(place), PAIR)
        store.folder.mkdir(parents=True, exist_ok=True)
        store.path.write_bytes(data)
        store.history_path.write_bytes(data)
        with pytest.raises(InputError):
            store.load()
        assert read_entries(store.history_path) == []
        assert store.path.read_bytes() == data
