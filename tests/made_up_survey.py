"""Made-up answers for a survey of which only the dictionary is public.

They follow nothing but the dictionary: every level occurs, numbers lie between the minimum and the
maximum with the right median. Good for trying what a harmony computes and how fast, worthless for
any statement about people.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from fusion_core.surveys.model import HOUSEHOLD_KEY, PERSON_KEY, WEIGHT, Survey, Variable

PERSONS_AT_MOST = 7


def with_made_up_answers(
    survey: Survey, households: int, generator: np.random.Generator, *, only: set[str] | None = None
) -> Survey:
    """Return the survey with microdata for every answer of its dictionary, or for those in `only`."""
    keys = pd.Series([f"H{index:08d}" for index in range(households)], dtype="str")
    weight = generator.uniform(50, 150, households)
    household = _answers(survey, "household", households, generator, only)
    household.insert(0, HOUSEHOLD_KEY, keys)
    household[WEIGHT] = weight
    person = None
    if survey.dictionary.answers("person"):
        sizes = np.minimum(generator.geometric(0.42, households), PERSONS_AT_MOST)
        owner = np.repeat(np.arange(households), sizes)
        person = _answers(survey, "person", len(owner), generator, only)
        starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
        person.insert(0, HOUSEHOLD_KEY, keys.to_numpy()[owner])
        person.insert(1, PERSON_KEY, np.arange(len(owner)) - starts + 1)
        person[WEIGHT] = weight[owner]
    return replace(
        survey,
        description=replace(survey.description, synthetic=True),
        household=household,
        person=person,
    )


def _answers(
    survey: Survey,
    respondent: str,
    rows: int,
    generator: np.random.Generator,
    only: set[str] | None,
) -> pd.DataFrame:
    variables = [
        variable
        for variable in survey.dictionary.answers()
        if variable.respondent == respondent and (only is None or variable.name in only)
    ]
    return pd.DataFrame({item.name: _column(item, rows, generator) for item in variables})


def _column(variable: Variable, rows: int, generator: np.random.Generator) -> pd.Series:
    if variable.is_categorical:
        share = generator.dirichlet(np.full(len(variable.levels), 2.0))
        codes = generator.choice(len(variable.levels), rows, p=share)
        codes[: len(variable.levels)] = np.arange(len(variable.levels))[:rows]
        return pd.Series(
            pd.Categorical.from_codes(
                codes, categories=list(variable.levels), ordered=variable.type == "ordered"
            )
        )
    return pd.Series(_numbers(variable, rows, generator))


def _numbers(
    variable: Variable, rows: int, generator: np.random.Generator
) -> npt.NDArray[np.float64] | npt.NDArray[np.int64]:
    low = 0.0 if variable.minimum is None else variable.minimum
    high = low + 100.0 if variable.maximum is None else variable.maximum
    middle = (low + high) / 2 if variable.median is None else variable.median
    drawn = generator.random(rows)
    values = np.where(
        drawn < 0.5,
        low + 2 * drawn * (middle - low),
        middle + (2 * drawn - 1) ** 3 * (high - middle),
    )
    return np.rint(values).astype(np.int64) if variable.type == "integer" else values
