"""What a survey holds, at a glance and variable by variable: sizes and weighted distributions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.surveys.model import (
    WEIGHT,
    Dictionary,
    RespondentLevel,
    SurveyDescription,
    Variable,
)
from fusion_core.surveys.source import SurveySource
from fusion_core.surveys.storage import (
    LEVELS,
    has_table,
    read_description,
    read_dictionary,
    read_outline,
)

FloatArray = npt.NDArray[np.float64]

QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
_BINS: Final = 24
_MOST_SINGLE_VALUES: Final = 30
_TAIL: Final = 0.005


@dataclass(frozen=True)
class SurveyOverview:
    """A stored survey at a glance.

    Attributes
    ----------
    description
        What is known of it besides its rows.
    households, persons
        Number of rows, ``None`` where there are no microdata.
    household_variables, person_variables
        Number of answers and areas of each level; keys and weights are not counted.
    size
        Bytes on disk.
    damaged
        What of its microdata cannot be read, one sentence each; their numbers of rows are ``None``.
    """

    description: SurveyDescription
    households: int | None
    persons: int | None
    household_variables: int
    person_variables: int
    size: int
    damaged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LevelShare:
    """A level with its weighted share of all answers and its number of rows."""

    level: str
    share: float
    rows: int


@dataclass(frozen=True)
class Distribution:
    """The weighted distribution of a variable.

    Attributes
    ----------
    rows
        Rows of the table, with or without an answer.
    missing_rows, missing_share
        Rows without an answer, and their share of the total weight.
    levels
        Shares of the levels of a category, in order, of those who answered; empty for numbers.
    edges, shares
        Bins of a number – ``len(edges) == len(shares) + 1`` – and their weighted shares; values
        beyond the outer edges are counted in the outer bins. Empty for categories.
    single_values
        Whether each bin stands for one value.
    mean
        Weighted mean of a number.
    quantiles
        Weighted quantiles of a number at the probabilities `QUANTILES`.
    zero_share
        Weighted share of zeros among the numbers.
    minimum, maximum
        Smallest and largest number.
    """

    rows: int
    missing_rows: int
    missing_share: float
    levels: tuple[LevelShare, ...] = ()
    edges: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()
    single_values: bool = False
    mean: float | None = None
    quantiles: tuple[float, ...] = ()
    zero_share: float | None = None
    minimum: float | None = None
    maximum: float | None = None


def survey_overview(folder: Path, dictionary: Dictionary | None = None) -> SurveyOverview:
    """Describe a stored survey without reading its rows.

    Parameters
    ----------
    folder
        Folder written by `fusion_core.surveys.storage.write_survey`.
    dictionary
        Its variables, where derived ones belong to them; by default those that are stored.

    Raises
    ------
    CorruptFileError
        If its description or dictionary is missing or damaged; damaged microdata are reported.
    InputError
        If a file may not be read.
    """
    dictionary = read_dictionary(folder) if dictionary is None else dictionary
    description = read_description(folder)
    rows: dict[RespondentLevel, int | None] = {}
    damaged = []
    for respondent in LEVELS:
        try:
            rows[respondent] = (
                read_outline(folder, respondent)[0] if has_table(folder, respondent) else None
            )
        except InputError as error:
            rows[respondent] = None
            damaged.append(error.message)
    return SurveyOverview(
        description=description,
        households=rows["household"],
        persons=rows["person"],
        household_variables=_variables(dictionary, "household"),
        person_variables=_variables(dictionary, "person"),
        size=sum(path.stat().st_size for path in folder.iterdir() if path.is_file()),
        damaged=tuple(damaged),
    )


def read_distribution(survey: SurveySource, variable: Variable) -> Distribution | None:
    """Read one column of a survey and summarize it; ``None`` without microdata.

    Raises
    ------
    InputError
        If the column does not exist or a file is damaged.
    """
    if not survey.has(variable.respondent):
        return None
    wanted = list(dict.fromkeys([variable.name, WEIGHT]))
    table = survey.columns(variable.respondent, wanted)
    return distribution(table[variable.name], table[WEIGHT])


def distribution(values: pd.Series[Any], weight: pd.Series[Any]) -> Distribution:
    """Summarize a column with sampling weights.

    Shares are Σw over the rows concerned divided by Σw over all rows with an answer; the mean is
    Σwx/Σw; the p-quantile is the smallest value at which the cumulated weight reaches p·Σw.

    Parameters
    ----------
    values
        A categorical, text or numeric column.
    weight
        Sampling weights of the same rows.
    """
    weights = weight.to_numpy(dtype="float64")
    missing = values.isna().to_numpy()
    total = weights.sum()
    common: dict[str, Any] = {
        "rows": len(values),
        "missing_rows": int(missing.sum()),
        "missing_share": float(weights[missing].sum() / total) if total else 0.0,
    }
    present = values[~missing]
    if present.empty:
        return Distribution(**common)
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return _of_numbers(present.to_numpy(dtype="float64"), weights[~missing], common)
    return _of_levels(present, weights[~missing], common)


def weighted_quantiles(values: FloatArray, weights: FloatArray, at: FloatArray) -> FloatArray:
    """Return the smallest values at which the cumulated weight reaches the shares `at`."""
    order = np.argsort(values, kind="stable")
    cumulated = np.cumsum(weights[order])
    # A rounding error must not push a share of exactly one half to the next value.
    wanted = np.asarray(at) * cumulated[-1] * (1 - 1e-12)
    positions = np.minimum(np.searchsorted(cumulated, wanted), len(values) - 1)
    result: FloatArray = values[order][positions]
    return result


def _of_levels(
    present: pd.Series[Any], weights: FloatArray, common: dict[str, Any]
) -> Distribution:
    categories = (
        present.cat.categories
        if isinstance(present.dtype, pd.CategoricalDtype)
        else sorted(present.astype(str).unique())
    )
    column = pd.Categorical(present, categories=categories)
    codes = column.codes.astype("int64")
    sums = np.bincount(codes, weights=weights, minlength=len(categories))
    counts = np.bincount(codes, minlength=len(categories))
    levels = tuple(
        LevelShare(str(level), float(share), int(count))
        for level, share, count in zip(categories, sums / sums.sum(), counts, strict=True)
    )
    return Distribution(**common, levels=levels)


def _of_numbers(values: FloatArray, weights: FloatArray, common: dict[str, Any]) -> Distribution:
    distinct = np.unique(values)
    whole = bool((distinct == np.round(distinct)).all())
    low, high = weighted_quantiles(values, weights, np.array([_TAIL, 1 - _TAIL]))
    single = whole and distinct[-1] - distinct[0] < _MOST_SINGLE_VALUES
    if single:
        edges = np.arange(distinct[0] - 0.5, distinct[-1] + 1.0)
    elif high > low:
        edges = np.linspace(low, high, _BINS + 1)
    else:
        edges = np.linspace(distinct[0], distinct[-1], _BINS + 1)
    clipped = np.clip(values, edges[0], edges[-1])
    sums, _ = np.histogram(clipped, bins=edges, weights=weights)
    total = weights.sum()
    return Distribution(
        **common,
        edges=tuple(float(edge) for edge in edges),
        shares=tuple(float(share) for share in sums / total),
        single_values=single,
        mean=float((values * weights).sum() / total),
        quantiles=tuple(
            float(value) for value in weighted_quantiles(values, weights, np.array(QUANTILES))
        ),
        zero_share=float(weights[values == 0].sum() / total),
        minimum=float(distinct[0]),
        maximum=float(distinct[-1]),
    )


def _variables(dictionary: Dictionary, respondent: RespondentLevel) -> int:
    return sum(
        variable.respondent == respondent and variable.role in {"answer", "geography"}
        for variable in dictionary.values()
    )
