"""The expression language lets through scalar SQL over known columns, and nothing else."""

import logging
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
import sqlglot

from fusion_core.errors import ExpressionError
from fusion_core.harmony.expressions.expression import (
    ALLOWED_FUNCTIONS,
    FUNCTIONS,
    ExpressionEngine,
    check_expression,
    evaluate_expression,
)
from fusion_core.surveys import Variable

COLUMNS = {
    "agep": Variable("agep", type="integer"),
    "np": Variable("np", type="integer"),
    "sex": Variable("sex", levels=("Male", "Female")),
}


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "agep": [1.0, 4.0, 100.0, np.nan],
            "np": [3, 2, 1, 1],
            "sex": pd.Categorical(["Male", "Female", "Male", None], ["Male", "Female"]),
        },
        index=[7, 5, 3, 1],
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("agep * 12", [12, 48, 1200, None]),
        ("agep + np - 1", [3, 5, 100, None]),
        ("agep / 2", [0.5, 2, 50, None]),
        ("agep % 3", [1, 1, 1, None]),
        ("CASE WHEN sex = 'Female' THEN 0 ELSE agep END", [1, 0, 100, None]),
        ("CASE sex WHEN 'Male' THEN 1 WHEN 'Female' THEN 2 ELSE 3 END", [1, 2, 1, 3]),
        ("if(agep > 3, 1, 0)", [0, 1, 1, 0]),
        ("coalesce(agep, 0)", [1, 4, 100, 0]),
        ("greatest(agep, np, 3)", [3, 4, 100, 3]),
        ("least(agep, np)", [1, 2, 1, 1]),
        ("nullif(np, 1)", [3, 2, None, None]),
        ("round(agep / 3, 1)", [0.3, 1.3, 33.3, None]),
        ("abs(-agep)", [1, 4, 100, None]),
        ("power(agep, 2)", [1, 16, 10_000, None]),
        ("sqrt(agep)", [1, 2, 10, None]),
        ("ln(exp(np))", [3, 2, 1, 1]),
        ("log10(np * 10 / np)", [1, 1, 1, 1]),
        ("floor(agep / 3) + ceil(agep / 3) + ceiling(0.5)", [2, 4, 68, None]),
        ("mod(np, 2)", [1, 0, 1, 1]),
        ("sign(np - 2)", [1, 0, -1, -1]),
        ("try_cast('12' AS double) + np", [15, 14, 13, 13]),
        ("length(sex)", [4, 6, 4, None]),
        ("agep / (np - 1)", [0.5, 4, None, None]),  # divided by nothing: no answer, not infinity
        ("np * 1e308 * 10", [None] * 4),
        ("1.5", [1.5, 1.5, 1.5, 1.5]),
    ],
)
def test_numbers(text, expected, table):
    result = evaluate_expression(check_expression(text, COLUMNS), table)
    assert result.dtype == "float64"
    assert result.tolist() == pytest.approx(
        [np.nan if v is None else v for v in expected], nan_ok=True
    )
    assert result.index.tolist() == [7, 5, 3, 1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("agep >= 2 AND agep <= 50", [False, True, False, None]),
        ("agep BETWEEN 2 AND 50", [False, True, False, None]),
        ("agep == 1 or np != 3", [True, True, True, True]),
        ("sex IN ('Female', 'Other')", [False, True, False, None]),
        ("sex NOT IN ('Female')", [True, False, True, None]),
        ("sex LIKE 'M%'", [True, False, True, None]),
        ("sex NOT ILIKE 'm%'", [False, True, False, None]),
        ("agep IS NULL", [False, False, False, True]),
        ("sex IS NOT NULL AND NOT np = 1", [True, True, False, False]),
        ("sex IS DISTINCT FROM 'Male'", [False, True, False, True]),
        ("contains(lower(sex), 'fem')", [False, True, False, None]),
        ("starts_with(upper(sex), 'MA') or ends_with(trim(sex), 'x')", [True, False, True, None]),
        ("true", [True, True, True, True]),
    ],
)
def test_conditions(text, expected, table):
    result = evaluate_expression(check_expression(text, COLUMNS), table)
    assert result.dtype == "boolean"
    assert [None if pd.isna(value) else bool(value) for value in result] == expected


def test_text_is_compared_by_label_also_where_the_data_lack_it(table):
    assert evaluate_expression("sex = 'Nobody'", table).fillna(False).sum() == 0


def test_column_names_ignore_case_and_may_be_quoted():
    assert check_expression('AGEP > 3 AND "np" < 2', COLUMNS).columns == ("agep", "np")


def test_what_runs_is_written_from_the_checked_tree_with_quoted_columns():
    checked = check_expression("agep<=17 and sex=='Fe''male'", COLUMNS)
    assert checked.sql == "\"agep\" <= 17 AND \"sex\" = 'Fe''male'"
    assert checked.kind == "boolean"


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "read_csv('/etc/passwd')",
        "read_text('/etc/passwd')",
        "getenv('HOME')",
        "current_setting('threads')",
        "(SELECT 1)",
        "agep IN (SELECT 1)",
        "EXISTS (SELECT 1)",
        "SELECT 1",
        "1 UNION SELECT 2",
        "agep; DROP TABLE x",
        ";",
        "DROP TABLE x",
        "INSTALL httpfs",
        "COPY x TO '/tmp/x'",
        "ATTACH 'x.db'",
        "PRAGMA version",
        "SET threads = 4",
        "sum(agep)",
        "count(*)",
        "row_number() OVER ()",
        "random()",
        "nextval('x')",
        "current_date",
        "agep -- a comment",
        "agep /* a comment */",
        "*",
        "harmony_rows.agep",
        "agep[1]",
        "[1, 2]",
        "{'a': 1}",
        "x -> x + 1",
        "$1",
        "?",
        ":name",
        "CAST(agep AS DATE)",
        "DATE '2020-01-01'",
        "INTERVAL 1 DAY",
        "agep COLLATE nocase",
        "'a' 'b'",
        "agep sex",
        "agep +",
        "(agep",
        "agep)",
        "'open",
        '"open',
        "",
        "   ",
        "\x00",
        "1e999",
        "9" * 400,
        "agep IN ()",
        "round(agep, 1, 2)",
        "agep & 1",
        "agep // 2",
        "agep | 1",
        "(" * 5_000 + "agep" + ")" * 5_000,
        "NOT " * 3_000 + "true",
        "CASE WHEN true THEN " * 500 + "1" + " END" * 500,
        "+".join(["agep"] * 20_000),
        "a" * 1_000_000,
        "'" + "a" * 1_000_000 + "'",
    ],
    ids=lambda text: text[:30] or "empty",
)
def test_everything_else_is_one_clear_error(text):
    with pytest.raises(ExpressionError) as caught:
        check_expression(text, COLUMNS)
    assert 20 < len(str(caught.value)) < 700


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("np + getenv('HOME')", 5, "The function 'getenv' is not allowed"),
        ("agep > 3 AND agpe < 5", 13, "There is no column 'agpe'"),
        ("np > 3 & agep > 2", 5, "Write AND instead of &"),
        ('sex == "Female"', 7, "write it in single quotes: 'Female'"),
        ("np + (SELECT 1)", 13, "A query inside an expression"),
        ("agep; 1", 4, "no statements"),
        ("sex > 3", 6, "write them in single quotes"),
        ("agep = '3'", 7, "Write numbers without quotes"),
        ("1 + sex", 4, "'sex' is text"),
        ("(agep > 3) + 1", 1, "CASE WHEN … THEN 1 ELSE 0 END"),
        ("NOT agep", 4, "a condition is needed"),
        ("CASE WHEN agep THEN 1 END", 10, "'agep' is a number"),
        ("CASE WHEN agep > 1 THEN 1 ELSE 'x' END", 31, "'1' is a number but"),
    ],
)
def test_the_error_names_the_position_and_the_remedy(text, position, words):
    with pytest.raises(ExpressionError) as caught:
        check_expression(text, COLUMNS, where="adjustment of agep")
    error = caught.value
    assert words in str(error)
    assert f"adjustment of agep, position {error.position + 1}" in str(error)
    assert error.position == position


def test_a_forbidden_function_is_answered_with_what_is_allowed():
    with pytest.raises(ExpressionError, match="the functions abs, cast, ceil"):
        check_expression("md5(sex)", COLUMNS)


def test_a_label_the_dictionary_lacks_is_remarked_on():
    checked = check_expression("sex = 'female'", COLUMNS)
    assert checked.remarks == ("'sex' has no level 'female'; did you mean 'Female'?",)


def test_a_failure_on_the_data_is_an_expression_error(table):
    with pytest.raises(ExpressionError, match="fails on the data"):
        evaluate_expression("cast(sex AS double)", table)


def test_a_constant_has_a_value_for_every_row_of_a_table_without_columns():
    assert evaluate_expression("2", pd.DataFrame(index=range(3))).tolist() == [2, 2, 2]


def test_checking_in_many_threads_leaves_the_parsers_log_as_it_was(caplog):
    log = logging.getLogger("sqlglot")
    before = log.level

    def check(_):
        with pytest.raises(ExpressionError):
            check_expression("INSTALL httpfs", COLUMNS)  # the parser would log a warning

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(check, range(200)))
    assert log.level == before
    assert caplog.messages == []
    log.warning("someone else's")
    assert caplog.messages == ["someone else's"]


def test_one_engine_serves_many_threads_at_the_same_time(table):
    engine = ExpressionEngine()

    def compute(number):
        checked = check_expression(f"agep * {number}", COLUMNS)
        return engine.evaluate(checked, table.head(1)).tolist()

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(compute, range(100))) == [[number] for number in range(100)]


def test_every_function_has_a_line_of_help():
    assert {name.upper() for name in ALLOWED_FUNCTIONS} == set(FUNCTIONS)


def test_what_a_user_mistypes_is_told_to_the_user_and_not_to_the_log(caplog, monkeypatch):
    levels, parse = [], sqlglot.parse

    def parse_seen(*arguments, **options):
        levels.append(logging.getLogger("sqlglot").level)
        return parse(*arguments, **options)

    monkeypatch.setattr(sqlglot, "parse", parse_seen)
    with pytest.raises(ExpressionError):
        check_expression("ALTER foo bar", COLUMNS)
    assert caplog.records == []
    # Another thread may log meanwhile: nothing that all threads share is changed.
    assert levels == [logging.NOTSET]
    sqlglot.parse("ALTER foo bar", read="duckdb")
    assert [record.name for record in caplog.records] == ["sqlglot"]
