"""Fill missing answers of a survey with plausible ones, by fusing the survey onto itself.

Variable by variable, fewest missing answers first: households that answered are the donors,
households that did not the recipients, and what was filled before helps to fill the next. Filled
values are observed ones and keep the relation to the other answers; being single draws, they make
no estimate more certain than it was.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.fusion.base import Purpose, TrainSettings, integer_seed
from fusion_core.fusion.fusing.fusing import fuse
from fusion_core.fusion.training import train

if TYPE_CHECKING:
    from fusion_core.fusion.implicates import FusedVariable

Progress = Callable[[float, str], None]


def impute(
    table: pd.DataFrame,
    *,
    ignore: Collection[str] = (),
    weight: str | None = None,
    seed: int = 0,
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
        Column of survey weights; neither filled nor used as a predictor.
    seed
        Seed of the draws.
    settings
        Training settings; the quick preset when left out.
    progress
        Called with the share done and a sentence; may raise to stop.

    Returns
    -------
    DataFrame
        A copy with the same columns, rows and types; answers that were given are unchanged.

    Raises
    ------
    InputError
        If a column has no answer at all, or cannot be modelled.
    """
    settings = settings or TrainSettings.preset("quick")
    used = [name for name in table.columns if name != weight and name not in set(ignore)]
    missing = table[used].isna().sum()
    wanted = [str(name) for name in missing[missing > 0].sort_values(kind="stable").index]
    filled = table.copy()
    for place, name in enumerate(wanted):
        if progress is not None:
            progress(place / len(wanted), f"Filling {int(missing[name]):,} answers of {name}")
        others = [other for other in used if other != name]
        own = integer_seed(seed, Purpose.DRAWS, place)
        filled[name] = _fill(filled, name, others, weight=weight, seed=own, settings=settings)
    return filled


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
    drawn = fuse(table.loc[gaps, list(model.x)], model, m=1, seed=seed)[name]
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
