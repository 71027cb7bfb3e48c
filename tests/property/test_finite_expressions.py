"""Whatever an expression computes is a finite number or missing, and who is missing is not chosen."""

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from effort import examples
from hypothesis import example, given
from hypothesis import strategies as st

from fusion_core.errors import ExpressionError
from fusion_core.harmony.expressions.expression import FUNCTIONS, ExpressionEngine, check_expression
from fusion_core.surveys import Variable

quick = examples(60)
COLUMNS = {
    "np": Variable("np", type="integer"),
    "item": Variable("item", type="continuous"),  # names the engine uses itself
    "value": Variable("value", type="continuous"),
    "sex": Variable("sex", levels=("Male", "Female")),
    "code": Variable("code", levels=("inf", "nan", "-Infinity", "1e400")),
}
TABLE = pd.DataFrame(
    {
        "np": [1, 2, 0, 5, 12],
        "item": [0.0, -8.0, 2.5, 1e200, np.nan],
        "value": [1e308, np.inf, -np.inf, -1.5, 3.0],
        "sex": pd.Categorical(["Male", "Female", None, "Male", "Female"]),
        "code": pd.Categorical(["inf", "nan", "-Infinity", "1e400", "inf"]),
    }
)

ENGINE = ExpressionEngine()


def computed(text: str) -> pd.Series:
    return ENGINE.evaluate(check_expression(text, COLUMNS), TABLE)


FILTERS = [
    "np / (np - np) > 1",
    "np / 0 > 1",
    "np % 0 > 1",
    "mod(np, 0) > 1",
    "5 % 0 > 1",
    "mod(length(sex), 0) < 1",
    "sqrt(-np - 1) > 1",
    "ln(-np - 1) > 1",
    "ln(np - np) < 1",
    "log10(-1) > 1",
    "exp(1000) > 1",
    "power(10, 400) > 1",
    "power(-8, 1.0 / 3) > 1",
    "power(np - np, -1) > 1",
    "1e308 * 10 > 1",
    "-(1e308 * 10) < 1",
    "1 / (1 / (np - np)) < 1",
    "exp(ln(np - np)) < 1",
    "sign(np / 0) = 1",
    "value / 0 > 1",
    "try_cast('inf' AS double) > 1",
    "cast('nan' AS double) > 1",
    "cast(code AS double) > 1",
    "cast(1e300 AS int) > 1",
    "cast(1e300 AS bigint) > 1",
    "cast(1e300 AS float) > 1",
    "cast(np / 0 AS varchar) > ''",
    "cast(np / 0 AS boolean)",
    "np BETWEEN 1 / 0 AND 1 / 0",
    "np NOT BETWEEN 1 / 0 AND exp(1000)",
    "np IN (1 / 0)",
    "np NOT IN (1 / 0)",
    "greatest(np / 0, exp(1000)) > 1",
    "(np / 0 > 1) = (exp(1000) > 1)",
]


@pytest.mark.parametrize("text", FILTERS)
def test_a_condition_on_what_is_no_number_selects_nobody_and_neither_does_its_opposite(text):
    for condition in (text, f"NOT ({text})"):
        chosen = computed(condition)
        assert not chosen.fillna(value=False).any()


@pytest.mark.parametrize(
    "text",
    [
        "CASE WHEN np / 0 > 1 THEN 1 ELSE 0 END",
        "CASE WHEN NOT np / 0 > 1 THEN 1 ELSE 0 END",
        "CASE 1 / 0 WHEN exp(1000) THEN 1 ELSE 0 END",
        "if(exp(1000) > 1, 1, 0)",
    ],
)
def test_a_branch_is_never_taken_for_what_is_no_number(text):
    assert (computed(text) == 0).all()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("coalesce(np / 0, -1)", [-1] * 5),
        ("(np / 0) IS NULL", [1] * 5),
        ("least(np / 0, np)", [1, 2, 0, 5, 12]),
        ("2147483647 + 1 - np * 0", [2147483648] * 5),  # constants have no limit of their own
        ("9223372036854775807 * 4 / 9223372036854775807", [4] * 5),
        ("round(np / 3, np)", [0.3, 0.67, 0, 1.66667, 4]),
        ("value", [1e308, None, None, -1.5, 3]),
        ("item + value / item", [None, None, None, 1e200, None]),
    ],
)
def test_what_is_missing_can_be_seen_and_replaced(text, expected):
    found = computed(text).astype(float)
    assert found.tolist() == pytest.approx(
        [np.nan if value is None else value for value in expected], nan_ok=True
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cast(np AS varchar)", "12.0"),
        ("cast(cast(np / 5 AS int) * 5 AS varchar)", "10"),
        ("cast(length(sex) + 1 AS varchar)", "7"),
        ("cast(CASE WHEN np > 3 THEN -2 * 3 ELSE 0 END AS varchar)", "-6"),
        ("cast(sign(np) AS varchar)", "1"),
    ],
)
def test_whole_numbers_are_written_without_a_decimal_point(text, expected):
    assert computed(text).iloc[-1] == expected


CONSTANTS = ["0", "1", "2.5", "-3", "1e308", "9223372036854775807", "5e-324", "0.1"]
leaves = st.sampled_from(
    [*CONSTANTS, "np", "item", "value", "length(sex)", "try_cast(code AS double)"]
)
NUMERIC = sorted(name for name, kinds in FUNCTIONS.items() if kinds.arguments == "number")


def _call(name: str, parts: list[str]) -> str:
    return f"{name.lower()}({', '.join(parts[: FUNCTIONS[name].most])})"


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    some = st.lists(inner, min_size=2, max_size=2)
    return st.one_of(
        st.builds("({0[0]} {1} {0[1]})".format, some, st.sampled_from(["+", "-", "*", "/", "%"])),
        st.builds(_call, st.sampled_from(NUMERIC), some),
        st.builds(_call, st.sampled_from(["GREATEST", "LEAST", "COALESCE", "NULLIF"]), some),
        st.builds("-({})".format, inner),
        st.builds("CASE WHEN {0[0]} > {0[1]} THEN {0[0]} ELSE {0[1]} END".format, some),
        st.builds(
            "cast({} AS {})".format, inner, st.sampled_from(["int", "bigint", "float", "double"])
        ),
        st.builds("try_cast(cast({} AS varchar) AS double)".format, inner),
    )


@quick
@given(st.recursive(leaves, _larger, max_leaves=8))
def test_no_allowed_expression_yields_an_infinite_number(text):
    found = computed(text)
    missing = found.isna()
    assert np.isfinite(found[~missing].to_numpy(dtype=float)).all()
    for condition in (f"{text} > 1", f"NOT ({text} > 1)", f"{text} IN (1, 2)"):
        chosen = computed(condition)
        assert chosen.isna().tolist() == missing.tolist()


Row = dict[str, float]
Meaning = Callable[[Row], float | None]


def _step(compute: Callable[..., float], *parts: Meaning) -> Meaning:
    """Compute from what is there; missing where a part is, or where the result is not a number."""

    def meaning(row: Row) -> float | None:
        values = [part(row) for part in parts]
        if None in values:
            return None
        try:
            result = float(compute(*values))
        except (ArithmeticError, ValueError, TypeError):  # TypeError: a complex root
            return None
        return result if math.isfinite(result) else None

    return meaning


OPERATORS = {
    "({} + {})": lambda a, b: a + b,
    "({} - {})": lambda a, b: a - b,
    "({} * {})": lambda a, b: a * b,
    "({} / {})": lambda a, b: a / b,
    "({} % {})": math.fmod,
    "power({}, {})": lambda a, b: a**b,
}
SINGLE = {
    "sqrt({})": math.sqrt,
    "ln({})": math.log,
    "exp({})": math.exp,
    "abs({})": abs,
    "sign({})": np.sign,
    "-({})": lambda a: -a,
}


@st.composite
def meant(draw: st.DrawFn, depth: int = 4) -> tuple[str, Meaning]:
    """An expression beside what it means, step by step."""
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        name = draw(st.sampled_from(["np", "item", "value"]))
        constant = draw(st.sampled_from([None, 0.0, 2.0, -0.5, 1e300]))
        if constant is not None:
            return f"{constant!r}", lambda _: constant
        return name, lambda row: row[name] if math.isfinite(row[name]) else None
    if draw(st.booleans()):
        form = draw(st.sampled_from(sorted(SINGLE)))
        text, part = draw(meant(depth - 1))
        return form.format(text), _step(SINGLE[form], part)
    (first, one), (second, two) = draw(meant(depth - 1)), draw(meant(depth - 1))
    form = draw(st.sampled_from([*sorted(OPERATORS), "case", "coalesce"]))
    if form == "coalesce":

        def other(row: Row) -> float | None:
            return two(row) if one(row) is None else one(row)

        return f"coalesce({first}, {second})", other
    if form == "case":

        def chosen(row: Row) -> float | None:
            a, b = one(row), two(row)
            return a if a is not None and b is not None and a > b else b

        return f"CASE WHEN {first} > {second} THEN {first} ELSE {second} END", chosen
    return form.format(first, second), _step(OPERATORS[form], one, two)


@quick
@given(meant())
@example(("exp(ln(0.0))", lambda _: None))
@example(("(2.0 / (1e300 * 1e300))", lambda _: None))
def test_what_is_no_number_is_missing_at_the_step_where_it_arises(case):
    text, meaning = case
    found = computed(text).astype(float)
    rows = TABLE[["np", "item", "value"]].astype(float).to_dict("records")
    expected = [math.nan if (value := meaning(row)) is None else value for row in rows]
    assert found.tolist() == pytest.approx(expected, rel=1e-9, nan_ok=True)


def test_text_that_is_no_number_is_still_an_error_and_not_a_missing_one():
    with pytest.raises(ExpressionError, match="fails on the data"):
        computed("cast(sex AS double)")
