"""Made-up donors and recipients of any size: how many rows, predictors and fusion variables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

_FUELS = ("gas", "oil", "wood", "none")


@dataclass(frozen=True)
class MadeUp:
    """A made-up survey.

    Attributes
    ----------
    table
        One row per household: predictors, fusion variables, and ``weight``.
    predictors, variables
        Names of the columns.
    """

    table: pd.DataFrame
    predictors: tuple[str, ...]
    variables: tuple[str, ...]


def made_up(rows: int, *, predictors: int, variables: int, seed: int) -> MadeUp:
    """Draw households whose fusion variables depend on some predictors and on each other.

    Predictors are numbers, ordered and unordered categories in turn. Fusion variables are a
    category of four levels, an amount, an amount with zeros and a yes-or-no, in turn.
    """
    draw = np.random.default_rng(seed)
    columns: dict[str, object] = {}
    strength = []
    for place in range(predictors):
        levels = 3 + place % 7
        if place % 3 == 0:
            values = draw.gamma(2, 2, rows).round(2)
            columns[f"x{place}"] = values
        else:
            values = draw.integers(0, levels, rows)
            names = [f"level {code}" for code in range(levels)]
            columns[f"x{place}"] = pd.Categorical.from_codes(values, names, ordered=place % 3 == 1)
        strength.append((values - values.mean()) / values.std())
    earlier = np.zeros(rows)
    for place in range(variables):
        about = [strength[(place + step) % predictors] for step in range(3)]
        signal = about[0] + 0.5 * about[1] * about[2] + 0.5 * earlier
        columns[f"y{place}"] = _outcome(place, signal + draw.normal(0, 1, rows), draw)
        earlier = (signal - signal.mean()) / signal.std()
    names = list(columns)
    table = pd.DataFrame(columns).assign(weight=draw.gamma(4, 100, rows))
    return MadeUp(table, tuple(names[:predictors]), tuple(names[predictors:]))


def other_households(table: pd.DataFrame, columns: Sequence[str], rows: int) -> pd.DataFrame:
    """Draw more households than there are, each column by itself, so that few of them are equal."""
    draw = np.random.default_rng(1)
    return pd.DataFrame(
        {name: table[name].array[draw.integers(0, len(table), rows)] for name in columns}
    )


def _outcome(place: int, signal: np.ndarray, draw: np.random.Generator) -> object:
    if place % 4 == 0:
        codes = np.clip(np.round(signal + 1.5), 0, len(_FUELS) - 1).astype(int)
        return pd.Categorical.from_codes(codes, _FUELS)
    amount = np.exp(0.4 * signal + 7).round()
    if place % 4 == 1:
        return amount
    if place % 4 == 2:
        return np.where(draw.random(len(signal)) < 0.3, 0.0, amount)
    return pd.Categorical.from_codes((signal > 0).astype(int), ["no", "yes"])
