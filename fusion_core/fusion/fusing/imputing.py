"""Fill missing answers of a survey with plausible ones, by fusing the survey onto itself.

Variable by variable, fewest missing answers first: households that answered are the donors,
households that did not the recipients, and what was filled before helps to fill the next. Filled
values are observed ones and keep the relation to the other answers; being single draws, they make
no estimate more certain than it was.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fusion_core.arguments import column_names, missing_weight
from fusion_core.errors import InputError
from fusion_core.frames import read_frame, whole_frame
from fusion_core.fusion.base import (
    Progress,
    Purpose,
    TrainSettings,
    check_seed,
    checked_settings,
    integer_seed,
    require_names,
)
from fusion_core.fusion.fusing.fusing import fuse
from fusion_core.fusion.training import check_numbers, train

if TYPE_CHECKING:
    from fusion_core.frames import Table
    from fusion_core.fusion.implicates import FusedVariable


def impute(
    table: Table,
    *,
    ignore: Collection[str] = (),
    weight: str | None = "weight",
    seed: int | None = None,
    settings: TrainSettings | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return a table without missing answers.

    A column that has the same value as another wherever it has any is filled from that one.

    Parameters
    ----------
    table
        One row per household or person; numbers and categories, missing ones as NaN.
    ignore
        Columns that are neither filled nor used, such as identifiers.
    weight
        Column of survey weights, neither filled nor used as a predictor; ``None`` counts every row
        once.
    seed
        Seed of the draws; a random one when left out.
    settings
        Training settings; the quick preset when left out.
    progress
        Called with the share done and a sentence; may raise to stop.

    Returns
    -------
    DataFrame
        A pandas frame with the same columns, rows and types; answers that were given are unchanged,
        but decimals that were filled are numbers of double precision.

    Raises
    ------
    InputError
        If a column has no answer at all, or cannot be modelled.
    """
    settings = TrainSettings.preset("quick") if settings is None else checked_settings(settings)
    seed, left = check_seed(seed), set(column_names(ignore, "ignore"))
    weights = [] if weight is None else column_names([weight], "weight")
    given = whole_frame(table, "the table")
    require_names([*left], list(given.columns), "column", "the table")
    if weight is not None and weight not in given.columns:
        raise missing_weight(weight, list(given.columns), where="the table")
    used = [name for name in given.columns if name not in {*weights, *left}]
    filled = read_frame(given, "the table", answers=[*used, *weights])
    missing = filled[used].isna().sum()
    wanted = [str(name) for name in missing[missing > 0].sort_values(kind="stable").index]
    if wanted:
        check_numbers(filled, used, weight)
    for place, name in enumerate(wanted):
        if progress is not None:
            progress(place / len(wanted), f"Filling {int(missing[name]):,} answers of {name}")
        others = [other for other in used if other != name]
        own = integer_seed(seed, Purpose.IMPUTING, name)
        filled[name] = _fill(filled, name, others, weight=weight, seed=own, settings=settings)
    restored = {name: _as_given(filled[name], given[name]) for name in wanted}
    return given.assign(**restored) if restored else given.copy()


def _as_given(filled: pd.Series[Any], given: pd.Series[Any]) -> pd.Series[Any]:
    """Return a filled column in the type it came in, where that holds every value drawn."""
    if filled.dtype == given.dtype or "decimal" in str(given.dtype):
        return filled
    return filled.astype(given.dtype)


def _fill(
    table: pd.DataFrame,
    name: str,
    predictors: list[str],
    *,
    weight: str | None,
    seed: int,
    settings: TrainSettings,
) -> pd.Series[Any]:
    column = table[name]
    gaps = column.isna()
    if gaps.all():
        raise InputError(
            f"'{name}' has no answer in any row, so there is nothing to fill it with",
            fix="Leave the column out, or name it in `ignore`",
        )
    if column[~gaps].nunique() == 1:
        return column.fillna(column[~gaps].iloc[0])
    twins = [other for other in predictors if _is_twin(table[other], column, ~gaps)]
    if twins:
        column = column.fillna(table[twins[0]])
        if not column.isna().any():
            return column
        others = [other for other in predictors if other not in twins]
        return _fill(
            table.assign(**{name: column}),
            name,
            others,
            weight=weight,
            seed=seed,
            settings=settings,
        )
    model = train(table[~gaps], [name], predictors, weight=weight, seed=seed, settings=settings)
    drawn = fuse(table.loc[gaps, list(model.predictor_names)], model, implicates=1, seed=seed)[name]
    result = column.copy()
    result[gaps] = _values(drawn, column)
    return result


def _is_twin(other: pd.Series[Any], column: pd.Series[Any], given: pd.Series[bool]) -> bool:
    """Whether another column has the same value wherever this one has any."""
    return bool(other.dtype == column.dtype and other[given].equals(column[given]))


def _values(drawn: FusedVariable, column: pd.Series[Any]) -> Any:
    """Return one draw per row in the column's own type."""
    codes = drawn.values[:, 0]
    if not drawn.is_categorical:
        return codes
    if isinstance(column.dtype, pd.CategoricalDtype):
        return pd.Categorical.from_codes(codes, dtype=column.dtype)
    labels = np.array(drawn.levels, dtype=object)[codes]
    return (
        labels == "True" if pd.api.types.is_bool_dtype(column.dropna().infer_objects()) else labels
    )
