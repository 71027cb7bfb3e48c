"""Compute a derived variable: the expression for every row, persons put together, values labelled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from fusion_core.derived._labels import labelled
from fusion_core.derived.definition import Aggregate, DerivedVariable, number_named
from fusion_core.errors import InputError
from fusion_core.harmony.expressions import (
    CheckedExpression,
    Kind,
    check_expression,
    evaluate_expression,
    mentioned_columns,
    parse_expression,
)
from fusion_core.harmony.model import Rule, aggregate
from fusion_core.surveys.model import (
    HOUSEHOLD_KEY,
    PERSON_KEY,
    Variable,
    variable_from_column,
)
from fusion_core.surveys.source import SurveySource

MOST_LEVELS: Final = 500
_RULES: Final[dict[Aggregate, Rule]] = {
    "sum": "sum",
    "mean": "mean",
    "any": "any",
    "all": "minimum",
    "count": "count",
    "min": "minimum",
    "max": "maximum",
    "reference": "reference",
}
_KINDS: Final = {"number": "a number", "text": "text"}


def dependency_order(
    variables: Iterable[DerivedVariable],
) -> tuple[list[DerivedVariable], dict[str, InputError]]:
    """Put derived variables after those they are built from.

    Returns
    -------
    tuple
        The variables in an order in which they can be computed, and why others cannot be: those
        that are built, directly or through others, from themselves.
    """
    waiting = {item.name: item for item in variables}
    built_from = {
        name: {column.lower() for column in mentioned_columns(item.expression)}
        for name, item in waiting.items()
    }
    ordered: list[DerivedVariable] = []
    while True:
        ready = [name for name in waiting if not built_from[name] & set(waiting)]
        if not ready:
            break
        ordered += [waiting.pop(name) for name in ready]
    return ordered, {name: _cycle(name, built_from, waiting) for name in waiting}


def _cycle(
    name: str, built_from: Mapping[str, set[str]], waiting: Mapping[str, DerivedVariable]
) -> InputError:
    """Say along which variables one leads back to itself, or to others that do."""
    path = [name]
    while True:
        following = min(built_from[path[-1]] & set(waiting))
        path.append(following)
        if following in path[:-1]:
            break
    circle = path[path.index(following) :]
    said = "', which is built from '".join(circle[1:])
    return InputError(
        f"'{circle[0]}' would be built from '{said}'",
        where=name,
        fix="A derived variable cannot be built from itself; change one of these expressions",
    )


def check_derived(variable: DerivedVariable, survey: SurveySource) -> CheckedExpression:
    """Check an expression against the columns of a survey; reads no rows.

    Parameters
    ----------
    variable
        The definition.
    survey
        The survey, with the derived variables that this one is built from.

    Raises
    ------
    InputError
        If a table or column does not exist, persons' answers have no aggregate, the expression is
        not allowed, or its kind does not fit aggregate, levels or bins.
    """
    if not survey.has(variable.respondent):
        survey.column_names(variable.respondent)  # raises: says where microdata come from
    columns = _columns(variable, survey)
    persons = survey.column_names("person") if survey.has("person") else ()
    if variable.asked_of == "household":
        known = {name.lower() for name in columns}
        theirs = {name.lower() for name in persons}
        for name in mentioned_columns(variable.expression, where=variable.name):
            if name.lower() in theirs - known:
                raise InputError(
                    f"'{name}' is an answer of persons, and a household may have several",
                    where=variable.name,
                    fix="Say how persons are summarized: sum, mean, any, all, count, min, max or "
                    "reference",
                )
    checked = check_expression(variable.expression, columns, where=variable.name)
    if not checked.columns:
        raise InputError(
            "The expression names no variable, so every row would have the same value",
            where=variable.name,
            fix="Build it from at least one variable of the survey",
        )
    _check_kind(variable, _kind(checked, columns))
    return checked


def compute(
    variable: DerivedVariable, survey: SurveySource, *, rows: int | None = None
) -> pd.Series[Any]:
    """Compute a derived variable for every row of its table, in the order of the table.

    Parameters
    ----------
    variable
        The definition.
    survey
        The survey, with the derived variables that this one is built from.
    rows
        Number of rows from the beginning; all by default.

    Returns
    -------
    pandas.Series
        ``float64``, or a categorical whose categories are its levels. Missing where what it is
        built from is missing.

    Raises
    ------
    InputError
        If `check_derived` finds something wrong, or a value has no label.
    """
    checked = check_derived(variable, survey)
    table = _table(variable, survey, checked.columns, rows)
    values = evaluate_expression(checked, table)
    alone = _lone_column(variable.expression)
    source = table[alone] if alone is not None and alone in table else None
    categories = _categories_of(source)
    codes, labels = _numbers(values, variable.expression, categories)
    ordered = bool(source is not None and categories and source.cat.ordered)
    is_condition = pd.api.types.is_bool_dtype(values.dtype)
    if variable.aggregate is not None:
        if labels and (variable.aggregate != "reference") and not ordered:
            raise _needs_number(variable)
        codes = _over_household(codes, variable.aggregate, survey)
        is_condition = variable.aggregate in {"any", "all"} or (
            is_condition and variable.aggregate in {"reference", "min", "max"}
        )
    result = labelled(variable, codes, labels, ordered=ordered, is_condition=is_condition)
    return result.head(len(result) if rows is None else rows).rename(variable.name)


def check_on(
    variable: DerivedVariable, columns: Mapping[str, Variable], *, where: str = ""
) -> CheckedExpression:
    """Check an expression against columns of one table of households.

    Parameters
    ----------
    variable
        The definition, of a household variable without an aggregate.
    columns
        What the columns are.
    where
        What it belongs to, for messages.

    Raises
    ------
    InputError
        If the expression is not allowed, names no column, or its kind does not fit levels or bins.
    """
    checked = check_expression(variable.expression, columns, where=where or variable.name)
    if not checked.columns:
        raise InputError(
            "The expression names no variable, so every household would have the same value",
            where=where or variable.name,
            fix="Build it from at least one variable",
        )
    _check_kind(variable, checked.kind)
    return checked


def text_levels(variable: DerivedVariable) -> tuple[str, ...]:
    """Return the texts an expression names, in its order: what it may yield, and perhaps more."""
    names = _literals(variable.expression)
    return tuple(dict.fromkeys(name for name in names if number_named(name) is None))


def compute_on(
    variable: DerivedVariable, checked: CheckedExpression, frame: pd.DataFrame
) -> pd.Series[Any]:
    """Compute a derived variable on the rows of a frame, each by itself.

    Parameters
    ----------
    variable
        The definition, which says what values are called.
    checked
        Its expression, or what is left of it where the frame has columns in place of its parts.
    frame
        The columns it reads.

    Returns
    -------
    pandas.Series
        As `compute`.

    Raises
    ------
    InputError
        If a value has no label.
    """
    values = evaluate_expression(checked, frame)
    codes, labels = _numbers(values, variable.expression, ())
    is_condition = pd.api.types.is_bool_dtype(values.dtype)
    return labelled(variable, codes, labels, ordered=False, is_condition=is_condition)


def describe(variable: DerivedVariable, column: pd.Series[Any]) -> Variable:
    """Return the dictionary entry of a computed derived variable."""
    codes: tuple[str, ...] = ()
    if isinstance(column.dtype, pd.CategoricalDtype) and variable.levels:
        by_label = {label: value for value, label in variable.levels}
        codes = tuple(by_label.get(str(level), "") for level in column.cat.categories)
    entry = variable_from_column(
        variable.name,
        column,
        description=variable.label,
        respondent=variable.respondent,
        codes=codes,
        unit=variable.unit,
    )
    return replace(entry, definition=variable.definition)


def _columns(variable: DerivedVariable, survey: SurveySource) -> dict[str, Variable | None]:
    """Return what an expression may name; one about persons sees their household's columns too."""
    names = list(survey.column_names(variable.asked_of))
    if variable.asked_of == "person" and survey.has("household"):
        taken = {name.lower() for name in names}
        names += [name for name in survey.column_names("household") if name.lower() not in taken]
    return {name: survey.dictionary.get(name) for name in names}


def _kind(checked: CheckedExpression, columns: Mapping[str, Variable | None]) -> Kind:
    alone = _lone_column(checked.text)
    entry = columns.get(alone) if alone is not None else None
    if entry is not None and entry.role == "geography":
        return "text"
    return checked.kind


def _check_kind(variable: DerivedVariable, kind: Kind) -> None:
    chosen = variable.aggregate
    if chosen in {"any", "all"} and kind not in {"boolean", "any"}:
        raise InputError(
            f"'{chosen}' needs a condition, and the expression is {_KINDS[kind]}",
            where=variable.name,
            fix=f"Compare it with something, such as ({variable.expression}) > 0",
        )
    if chosen in {"sum", "mean"} and kind == "text":
        raise _needs_number(variable)
    yields = "boolean" if chosen in {"any", "all"} else kind
    if chosen in {"sum", "mean", "count"}:
        yields = "number"
    if variable.breakpoints and yields not in {"number", "any"}:
        raise InputError(
            "Only a number can be cut into bins, and the variable is "
            f"{'a condition' if yields == 'boolean' else 'text'}",
            where=variable.name,
            fix="Leave the bins out",
        )
    if variable.levels and not variable.breakpoints and yields in {"number", "boolean"}:
        for value, _ in variable.levels:
            if number_named(value) is None:
                raise InputError(
                    f"The level's value '{value}' is not a number, but the expression yields "
                    f"{'1 and 0' if yields == 'boolean' else 'numbers'}",
                    where=variable.name,
                    fix="Write levels such as 1=Yes,0=No",
                )


def _needs_number(variable: DerivedVariable) -> InputError:
    return InputError(
        f"'{variable.aggregate}' needs numbers, and the expression is text",
        where=variable.name,
        fix="Write a condition or a number, or take the reference person's",
    )


def _table(
    variable: DerivedVariable, survey: SurveySource, names: tuple[str, ...], rows: int | None
) -> pd.DataFrame:
    """Read the columns of an expression; persons get their household's.

    Of a whole table only the first rows are read where no other table is needed.
    """
    level = variable.asked_of
    known = survey.column_names(level)
    own = [name for name in names if name in known]
    others = [name for name in names if name not in known]
    if not others:
        first = None if variable.aggregate is not None else rows
        return survey.columns(level, own, rows=first).reset_index(drop=True)
    positions = _household_of_person(survey)
    frame = survey.columns(level, own).reset_index(drop=True)
    frame.index = pd.RangeIndex(len(positions))
    theirs = survey.columns("household", others).reset_index(drop=True)
    spread = theirs.reindex(np.where(positions < 0, len(theirs), positions))
    return pd.concat([frame, spread.set_axis(frame.index)], axis=1)


def _household_of_person(survey: SurveySource) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Return the row of every person's household, −1 where it is not in the household table."""
    households = pd.Index(survey.column("household", HOUSEHOLD_KEY))
    found: np.ndarray[Any, np.dtype[np.intp]] = households.get_indexer(
        pd.Index(survey.column("person", HOUSEHOLD_KEY))
    )
    return found


def _over_household(
    values: pd.Series[Any], chosen: Aggregate, survey: SurveySource
) -> pd.Series[Any]:
    """Put persons together, households in the order of their table; nobody's household is missing."""
    households = survey.count("household")
    household = _household_of_person(survey)
    numbers = survey.column("person", PERSON_KEY).to_numpy(dtype=np.float64)
    order = np.lexsort((numbers, household))
    order = order[household[order] >= 0]
    belongs = household[order]
    present, starts, position = np.unique(belongs, return_index=True, return_inverse=True)
    given = values.to_numpy(dtype=np.float64)[order]
    if chosen == "reference":
        given = np.where(numbers[order] == 1, given, np.nan)
    found = aggregate(given, starts, position, _RULES[chosen])
    result = np.full(households, np.nan)
    result[present] = found
    return pd.Series(result)


def _literals(expression: str) -> list[str]:
    """Return the texts and numbers an expression names, in its order."""
    from sqlglot import exp

    return [str(node.name) for node in parse_expression(expression).find_all(exp.Literal)]


def _lone_column(expression: str) -> str | None:
    """Return the column's name where an expression is nothing else."""
    from sqlglot import exp

    tree = parse_expression(expression)
    while isinstance(tree, exp.Paren):
        tree = tree.this
    return str(tree.name) if isinstance(tree, exp.Column) and len(tree.parts) == 1 else None


def _categories_of(source: pd.Series[Any] | None) -> tuple[str, ...]:
    if source is None or not isinstance(source.dtype, pd.CategoricalDtype):
        return ()
    return tuple(str(level) for level in source.cat.categories)


def _numbers(
    values: pd.Series[Any], expression: str, categories: tuple[str, ...]
) -> tuple[pd.Series[Any], tuple[str, ...]]:
    """Return values as numbers – of texts their position among the labels – and these labels."""
    if values.dtype != object:
        return pd.Series(values.to_numpy(dtype=np.float64, na_value=np.nan)), ()
    present = values.dropna().astype(str)
    found = set(present.unique())
    if len(found) > MOST_LEVELS:
        raise InputError(
            f"The expression yields {len(found):,} different texts, too many for levels",
            fix="Write a condition or a number",
        )
    # As they were asked, or in the order in which the expression names them.
    wanted = [*categories] or _literals(expression)
    labels = tuple(dict.fromkeys([*(item for item in wanted if item in found), *sorted(found)]))
    if categories:
        labels = categories
    codes = pd.Series(pd.Categorical(values, categories=labels).codes, index=values.index)
    return codes.astype("float64").where(codes >= 0), labels


__all__ = [
    "MOST_LEVELS",
    "check_derived",
    "check_on",
    "compute",
    "compute_on",
    "dependency_order",
    "describe",
    "text_levels",
]
