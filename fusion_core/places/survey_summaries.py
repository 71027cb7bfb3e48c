"""What the recipient's own households say of the PUMAs they live in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.geography.aggregation import Coverage, coverage_sentence
from fusion_core.geography.definitions import survey_censuses
from fusion_core.geography.spatial import SpatialTable
from fusion_core.places.known_areas import PUMA
from fusion_core.surveys.model import WEIGHT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.surveys.model import SurveyId, Variable
    from fusion_core.workspace.layout import Workspace

_MOST_LEVELS: Final = 12
"""A variable with more is a list of codes, whose shares by PUMA are mostly noise."""


def summarize_survey(workspace: Workspace, survey: SurveyId) -> SpatialTable:
    """Summarize the household answers of a survey by PUMA.

    Numbers become weighted means, categories the weighted share of each level, both among the
    households that answered. Variables with more than twelve levels are left out.

    Raises
    ------
    InputError
        If the survey has no household answers to summarize.
    """
    dictionary = workspace.dictionary(survey)
    chosen = [
        variable
        for variable in dictionary.answers("household")
        if not variable.is_categorical or 2 <= len(variable.levels) <= _MOST_LEVELS  # noqa: PLR2004 - one level says nothing
    ]
    names = [variable.name for variable in chosen]
    table = workspace.survey(
        survey, household_columns=[PUMA, WEIGHT, *names], person_columns=[]
    ).table("household")
    table = table[table[PUMA].notna()]
    codes = table[PUMA].astype(object).astype(str)
    positions, pumas = pd.factorize(codes, sort=True)
    weight = table[WEIGHT].to_numpy(float)
    columns: dict[str, NDArray[np.float64]] = {}
    words: dict[str, str] = {}
    units: dict[str, str] = {}
    coverage: dict[str, Coverage] = {}
    for variable in chosen:
        if variable.name not in table.columns:
            continue
        known = table[variable.name].notna().to_numpy()
        share = float(weight[known].sum() / weight.sum())
        for name, values, description in _numbers_of(table[variable.name], variable):
            if name in columns:
                continue
            columns[name] = _means(values, known, weight, positions, len(pumas))
            words[name] = description
            units[name] = "share" if variable.is_categorical else variable.unit
            count = int(np.isfinite(columns[name]).sum())
            coverage[name] = Coverage(count, len(pumas), share)
    if not columns:
        raise InputError(f"{survey.title} has no household answers to summarize")
    censuses = survey_censuses(workspace.describe(survey))
    return SpatialTable(
        name="acs_pums",
        title=f"{survey.title} by PUMA",
        data=pd.DataFrame({PUMA: np.asarray(pumas, dtype=object), **columns}),
        columns=words,
        units=units,
        source=f"{survey.title}, household answers",
        vintage=survey.vintage,
        census=censuses[0] if len(censuses) == 1 else "",
        made=dict.fromkeys(columns, "weighted by households"),
        coverage=coverage,
        notes=(coverage_sentence(coverage, "housing"),),
    )


def _numbers_of(
    column: pd.Series[Any], variable: Variable
) -> list[tuple[str, NDArray[np.float64], str]]:
    """Return what is averaged: the numbers themselves, or 1 for each level a household gave."""
    if not variable.is_categorical:
        return [
            (f"{variable.name}_mean", column.to_numpy(float, na_value=np.nan), variable.description)
        ]
    texts = column.astype(object)
    return [
        (
            f"{variable.name}_{_short(level, number)}",
            (texts == level).to_numpy().astype(np.float64),
            f"{variable.description}: {level}" if variable.description else level,
        )
        for number, level in enumerate(variable.levels, start=1)
    ]


def _short(level: str, number: int) -> str:
    """Return a level as the end of a column's name; numbered, because short texts may be alike."""
    text = re.sub(r"[^a-z0-9]+", "_", level.lower()).strip("_")[:24].strip("_")
    return f"{number}_{text}" if text else str(number)


def _means(
    values: NDArray[np.float64],
    known: NDArray[np.bool_],
    weight: NDArray[np.float64],
    positions: NDArray[np.intp],
    count: int,
) -> NDArray[np.float64]:
    use = known & np.isfinite(values)
    sums = np.bincount(positions[use], weights=(weight * values)[use], minlength=count)
    sizes = np.bincount(positions[use], weights=weight[use], minlength=count)
    means: NDArray[np.float64] = np.divide(sums, sizes, out=np.full(count, np.nan), where=sizes > 0)
    return means


__all__ = ["summarize_survey"]
