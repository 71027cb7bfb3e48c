"""Expressions over what households answered and what was drawn for them, without repeating rows.

A filter such as ``insecure = 'Yes' AND np > 2`` is another one in every implicate, but it can only
come out in as many ways as its parts combine: it is evaluated once per combination, and every draw
looks its own up. Parts that compare numbers are evaluated by themselves first – over the households
where they read answers alone, over all draws where they read a fused number – and then have two or
three values like any other. What is left, such as the ratio of two fused numbers, is evaluated
implicate by implicate.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusion_core.fusion.implicates import Implicates
from fusion_core.harmony.expressions import CheckedExpression, ExpressionEngine
from fusion_core.records import Checked

Taken: TypeAlias = "Callable[[tuple[str, ...], bool], bool]"
Evaluate: TypeAlias = "Callable[[CheckedExpression, pd.DataFrame], pd.Series[Any]]"

# Numbers of more different values are compared before they are combined with anything.
_MOST_VALUES: Final = 300
_MOST_COMBINATIONS: Final = 50_000
# So few are looked for one by one, without widening all codes to count them.
_FEW_COMBINATIONS: Final = 16
_PLACEHOLDER: Final = "part "


@dataclass(frozen=True)
class Coded(Checked):
    """Values of which there are few: which of them every household has in every implicate.

    Attributes
    ----------
    codes
        Positions in `distinct`, shape (rows, M), M = 1 where it is the same in all implicates.
    distinct
        The values; a missing one may be among them.
    """

    codes: NDArray[np.integer]
    distinct: pd.Series

    def with_truth(self) -> NDArray[np.bool_]:
        """Return where a condition holds."""
        holds = self.distinct.isin([1]).to_numpy(dtype=bool)
        return np.asarray(holds[self.codes])


@dataclass(frozen=True)
class Combinations(Checked):
    """Which of the combinations of several values every household has in every implicate.

    Attributes
    ----------
    codes
        Positions in `values`, shape (rows or 1, M or 1).
    values
        The combinations some household has, one column per part, in the order of the parts' values.
    """

    codes: NDArray[np.integer]
    values: pd.DataFrame

    @classmethod
    def of(cls, coded: Mapping[str, Coded]) -> Combinations:
        """Combine the values of some parts; none have one combination, of nothing."""
        sizes = [len(item.distinct) for item in coded.values()]
        count = int(np.prod(sizes))
        used, codes = _numbered(joint_codes(list(coded.values())), count)
        places = np.unravel_index(used, sizes) if sizes else ()
        values = {
            name: item.distinct.iloc[place].reset_index(drop=True)
            for (name, item), place in zip(coded.items(), places, strict=True)
        }
        return cls(codes, pd.DataFrame(values, index=pd.RangeIndex(len(used))))


def joint_codes(coded: Sequence[Coded]) -> NDArray[np.integer]:
    """Return which combination of values every household has, of all there could be.

    Codes are as small as the number of combinations allows; what has no answer has the last place,
    whatever negative code says so.
    """
    count = np.prod([len(item.distinct) for item in coded], dtype=float)
    size = np.min_scalar_type(-max(int(count), 2))
    whole: NDArray[Any] = np.zeros((1, 1), dtype=size)
    for place, item in enumerate(coded):
        own = item.codes.astype(size, copy=False)
        if own.size and own.min() < 0:
            own = np.where(own < 0, size.type(len(item.distinct) - 1), own)
        whole = whole * size.type(len(item.distinct)) + own if place else own
    return whole


def _numbered(
    codes: NDArray[np.integer], count: int
) -> tuple[NDArray[np.intp], NDArray[np.integer]]:
    """Return which of so many codes there are, and which of those each one is."""
    if count <= _FEW_COMBINATIONS:
        used = np.flatnonzero([bool((codes == code).any()) for code in range(count)])
    else:
        used = np.flatnonzero(np.bincount(codes.ravel(), minlength=count))
    if len(used) == count:
        return used, codes
    number = np.zeros(count, dtype=np.min_scalar_type(-max(len(used), 2)))
    number[used] = np.arange(len(used))
    return used, number[codes]


Drawn: TypeAlias = "Coded | NDArray[np.float64]"
"""The values of an expression: few different ones, or numbers of shape (rows, M)."""


@dataclass(frozen=True)
class DrawnTable(Checked):
    """Households with what they answered and, where they are of a fusion, what was drawn for them.

    Attributes
    ----------
    table
        One row per household.
    implicates
        Fused variables of the same households; they come first where a column has the same name.
    """

    table: pd.DataFrame
    implicates: Implicates | None = None

    def is_fused(self, name: str) -> bool:
        """Whether a column was drawn."""
        return self.implicates is not None and name in self.implicates.variables

    def evaluate(self, checked: CheckedExpression, evaluate: Evaluate | None = None) -> Drawn:
        """Evaluate an expression for every household and implicate.

        Parameters
        ----------
        checked
            The expression.
        evaluate
            What evaluates it on a frame; the expression language itself by default. It must give a
            row the same value whatever other rows there are.

        Raises
        ------
        ExpressionError
            If it fails on a value.
        """
        run = evaluate_plainly if evaluate is None else evaluate
        coded, plain = self._columns(checked.columns)
        if plain:
            inner, parts = split_expression(checked, self._comparisons(plain))
            is_one_part = inner.sql in {f'"{name}"' for name in parts}
            if (is_one_part and run is evaluate_plainly) or set(inner.columns) & set(plain):
                return self._by_implicate(checked, run)
            found = {
                name: self._by_implicate(part, evaluate_plainly) for name, part in parts.items()
            }
            coded |= {name: item for name, item in found.items() if isinstance(item, Coded)}
        else:
            inner = checked
        coded = {name: coded[name] for name in inner.columns if name in coded}
        count = np.prod([len(item.distinct) for item in coded.values()], dtype=float)
        if len(coded) < len(inner.columns) or count > _MOST_COMBINATIONS:
            return self._by_implicate(checked, run)
        return _combined(inner, coded, run, len(self.table))

    def _columns(self, names: Collection[str]) -> tuple[dict[str, Coded], list[str]]:
        """Return the columns with few values, and the names of the others."""
        coded, plain = {}, []
        for name in names:
            found = (
                self._coded_draws(name) if self.is_fused(name) else coded_answers(self.table[name])
            )
            if found is None:
                plain.append(name)
            else:
                coded[name] = found
        return coded, plain

    def _coded_draws(self, name: str) -> Coded | None:
        fused = None if self.implicates is None else self.implicates[name]
        if fused is None:
            return None
        if not fused.is_categorical:
            return _coded_counts(fused.values)
        # A negative code, no answer, is the last of the values.
        return Coded(fused.values, pd.Series([*fused.levels, None], dtype=object))

    def _comparisons(self, plain: Sequence[str]) -> Taken:
        """Return which parts are evaluated by themselves: conditions that read numbers.

        Conditions on the households' own answers are so once; the others in every implicate.
        """
        numbers = set(plain)

        def taken(names: tuple[str, ...], is_condition: bool) -> bool:
            if not is_condition or not numbers & set(names):
                return False
            # Of two conditions joined, one may be on the households' own answers alone.
            return len(names) == 1 or not any(map(self.is_fused, names)) or numbers >= set(names)

        return taken

    def _by_implicate(self, checked: CheckedExpression, run: Evaluate) -> Drawn:
        """Evaluate an expression row by row, one implicate after the other."""
        fused = [name for name in checked.columns if self.is_fused(name)]
        frame = self.table[[name for name in checked.columns if name not in fused]]
        if self.implicates is None or not fused:
            return _values([run(checked, frame)])
        return _values(
            [
                run(
                    checked,
                    frame.assign(
                        **{
                            name: self.implicates[name].column(number, frame.index)
                            for name in fused
                        }
                    ),
                )
                for number in range(self.implicates.count)
            ]
        )


def _coded_counts(values: NDArray[Any]) -> Coded | None:
    """Return drawn numbers that are small counts, such as vehicles, as codes of themselves."""
    if values.dtype.kind != "i" or not values.size or values.min() < 0:
        return None
    most = int(values.max())
    return Coded(values, pd.Series(np.arange(most + 1))) if most < _MOST_VALUES else None


def coded_answers(series: pd.Series[Any]) -> Coded | None:
    """Return a column as codes of its different values; ``None`` for numbers of many values."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        codes = series.cat.codes.to_numpy()
        distinct = pd.Series([*series.cat.categories.astype(str), None], dtype=object)
        return Coded(codes[:, None], distinct)
    codes, uniques = pd.factorize(series)
    if len(uniques) > _MOST_VALUES and pd.api.types.is_numeric_dtype(series):
        return None
    distinct = pd.Series(uniques).reindex(range(len(uniques) + 1))
    if series.dtype == object:
        distinct = distinct.astype(object)
    smallest = np.min_scalar_type(-len(distinct))
    return Coded(codes.astype(smallest)[:, None], distinct)


def split_expression(
    expression: CheckedExpression, taken: Taken
) -> tuple[CheckedExpression, dict[str, CheckedExpression]]:
    """Take the largest parts of a kind out of an expression.

    Parameters
    ----------
    expression
        The expression.
    taken
        Whether a part is taken out, by the names of the columns it reads and by whether it is a
        condition.

    Returns
    -------
    tuple
        The expression with a column of its own in place of every such part, and those parts by the
        names of these columns.
    """
    from sqlglot import exp

    from fusion_core.harmony.expressions import CheckedExpression as Checked
    from fusion_core.harmony.expressions import finite_sql, parse_expression

    parts: dict[str, Checked] = {}

    def columns_of(node: exp.Expression) -> tuple[str, ...]:
        return tuple(sorted({column.name for column in node.find_all(exp.Column)}))

    def checked(node: exp.Expression) -> Checked:
        sql = node.sql("duckdb", comments=False, identify=True)
        return Checked(expression.text, sql, finite_sql(node.copy()), columns_of(node), "any")

    def placed(node: exp.Expression) -> exp.Expression:
        names = columns_of(node)
        # A branch of CASE is no value by itself.
        if not names or isinstance(node, exp.If):
            return node
        if not taken(names, isinstance(node, exp.Predicate | exp.Connector | exp.Not)):
            return node
        part = checked(node)
        name = next((key for key, known in parts.items() if known.sql == part.sql), "")
        name = name or f"{_PLACEHOLDER}{len(parts)}"
        parts[name] = part
        return exp.column(name, quoted=True)

    # `transform` goes down into a node only where it was left as it is.
    tree = parse_expression(expression.sql).transform(placed)
    return replace(checked(tree), kind=expression.kind), parts


def evaluate_plainly(checked: CheckedExpression, frame: pd.DataFrame) -> pd.Series[Any]:
    """Evaluate an expression on a frame with the one engine of this process."""
    return _engine().evaluate(checked, frame)


@cache
def _engine() -> ExpressionEngine:
    """Return the one engine of this process; opening one takes longer than most expressions."""
    return ExpressionEngine()


def _combined(
    checked: CheckedExpression, coded: Mapping[str, Coded], run: Evaluate, rows: int
) -> Coded:
    """Evaluate an expression once per combination of values, and look every draw's up."""
    lists = [range(len(item.distinct)) for item in coded.values()]
    # Without any column, as in TRUE, there is one combination, of nothing.
    combinations = list(product(*lists))
    places = np.array(combinations, dtype=np.intp).reshape(len(combinations), len(coded))
    frame = pd.DataFrame(
        {
            name: item.distinct.iloc[places[:, position]].reset_index(drop=True)
            for position, (name, item) in enumerate(coded.items())
        },
        index=pd.RangeIndex(len(places)),
    )
    found = _values([run(checked, frame)])
    if not isinstance(found, Coded):
        codes, distinct = pd.factorize(found[:, 0], use_na_sentinel=False)
        found = Coded(codes[:, None], pd.Series(distinct))
    whole = joint_codes(list(coded.values())) if coded else np.zeros((rows, 1), dtype=np.int8)
    table = found.codes[:, 0].astype(np.min_scalar_type(-max(len(found.distinct), 2)))
    return Coded(table[whole], found.distinct)


def _values(columns: Sequence[pd.Series[Any]]) -> Drawn:
    """Put the values of an expression in several implicates side by side."""
    first = columns[0]
    if isinstance(first.dtype, pd.CategoricalDtype):
        codes = np.column_stack([column.cat.codes.to_numpy() for column in columns])
        categories = pd.Index(first.cat.categories)
        whole = pd.Categorical.from_codes([*range(len(categories)), -1], dtype=first.dtype)
        return Coded(codes, pd.Series(whole))
    if pd.api.types.is_bool_dtype(first.dtype):
        codes = np.column_stack(
            [column.astype("Int8").fillna(2).to_numpy(dtype=np.int8) for column in columns]
        )
        return Coded(codes, pd.Series([False, True, None], dtype="boolean"))
    if first.dtype != object:
        return np.column_stack([column.to_numpy(dtype=np.float64) for column in columns])
    every = pd.concat(columns, ignore_index=True)
    codes, uniques = pd.factorize(every)
    distinct = pd.Series([*uniques, None], dtype=object)
    shaped = codes.reshape(len(columns), -1).T
    return Coded(np.where(shaped < 0, len(uniques), shaped), distinct)
