"""Which predictors a variable is modelled with.

Prescreen (engine of Ummel et al. 2024 and of the R package's ``prepXY``): predictors with almost no
rank correlation with the outcome are dropped; of the others those stay that are active where the
LASSO path explains most of the deviance the full path explains. Nominal variables enter as
indicators of their levels, numbers and ordered ones as ranks, all of weighted mean 0 and variance 1.

The path is scikit-learn's coordinate descent on the weighted correlations, over 50 penalties from the
one that leaves nothing down to a thousandth of it. Deviance is squared error for every outcome: a
number's ranks, an indicator for each level of a nominal outcome (linear probability models), where
what any level needs stays. The trees fitted afterwards use the outcome's own loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import rankdata
from sklearn.linear_model import lasso_path

from fusion_core.fusion.base import no_cancel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from fusion_core.fusion.base import TrainSettings, VariableType

PATH_LENGTH = 50
PATH_END = 1e-3
PATH_ITERATIONS = 10_000
"""With fewer donors than columns the weakest penalties need more than scikit-learn's 1,000."""


@dataclass(frozen=True)
class Design:
    """Ranks and indicators of several variables, each column with weighted mean 0 and variance 1.

    Attributes
    ----------
    columns
        Matrix of shape (rows, columns), each row multiplied by the root of its weight's share, so
        that products of columns are correlations.
    owner
        Position of the variable each column belongs to.
    """

    columns: NDArray[np.float64]
    owner: NDArray[np.int64]

    @classmethod
    def build(
        cls,
        matrix: NDArray[np.float64],
        variables: Sequence[VariableType],
        weights: NDArray[np.float64],
        *,
        check: Callable[[], None] = no_cancel,
    ) -> Design:
        """Rank numbers, expand nominal variables, fill missing values with the mean rank.

        `check` is called before each variable and may raise to stop.
        """
        columns, owner = [], []
        share = weights / weights.sum()
        for place, variable in enumerate(variables):
            check()
            for column in _columns_of(matrix[:, place], variable):
                centred = column - share @ column
                deviation = np.sqrt(share @ np.square(centred))
                if deviation > 0:
                    columns.append(np.sqrt(share) * centred / deviation)
                    owner.append(place)
        stacked = np.column_stack(columns) if columns else np.empty((len(matrix), 0))
        return cls(stacked, np.array(owner, dtype=np.int64))


def screen(
    outcome: Design,
    predictors: Design,
    forced: Sequence[int],
    settings: TrainSettings,
    *,
    check: Callable[[], None] = no_cancel,
) -> list[int]:
    """Choose the predictors of one outcome.

    Parameters
    ----------
    outcome
        Design of the outcome (several columns when it is nominal).
    predictors
        Design of the candidates, on the same rows.
    forced
        Positions of candidates that are never left out.
    settings
        Correlation threshold, share of deviance and the most predictors.
    check
        Called before each penalty of the LASSO path; may raise to stop.

    Returns
    -------
    Positions of the chosen candidates in their original order; at least one.
    """
    correlation = np.abs(predictors.columns.T @ outcome.columns).max(axis=1, initial=0.0)
    strength = _per_variable(correlation, predictors.owner)
    chosen = {place for place, value in strength.items() if value >= settings.rank_correlation}
    if not chosen and strength:
        chosen = {max(strength, key=lambda place: strength[place])}
    if settings.deviance_share < 1 and len(chosen) > 1:
        inside = np.isin(predictors.owner, sorted(chosen))
        candidates = Design(predictors.columns[:, inside], predictors.owner[inside])
        strength = _lasso_strength(outcome, candidates, settings.deviance_share, check) or strength
        chosen &= set(strength)
    ranked = sorted(chosen - set(forced), key=lambda place: -strength[place])
    room = max(settings.maximum_predictors - len(forced), 0)
    return sorted({*forced, *ranked[: max(room, 0 if forced else 1)]})


def _columns_of(values: NDArray[np.float64], variable: VariableType) -> list[NDArray[np.float64]]:
    if variable.is_unordered_in_trees:
        return [(values == code).astype(np.float64) for code in range(len(variable.levels))]
    present = np.isfinite(values)
    ranks = np.full(len(values), 0.0)
    if present.any():
        ranks[present] = rankdata(values[present])
        ranks[~present] = ranks[present].mean()
    return [ranks]


def _per_variable(column_values: NDArray[np.float64], owner: NDArray[np.int64]) -> dict[int, float]:
    """Return the largest value among each variable's columns."""
    return {int(place): float(column_values[owner == place].max()) for place in np.unique(owner)}


def _lasso_strength(
    outcome: Design, candidates: Design, deviance_share: float, check: Callable[[], None]
) -> dict[int, float]:
    """Return the largest coefficient of each candidate active at the chosen penalties."""
    columns, owner = candidates.columns, candidates.owner
    gram = columns.T @ columns
    strength: dict[int, float] = {}
    for target in outcome.columns.T:
        product = columns.T @ target
        largest = float(np.abs(product).max()) / len(columns)
        if largest == 0:
            continue
        penalties = np.geomspace(largest, largest * PATH_END, PATH_LENGTH)
        path = _path(columns, target, (gram, product), penalties, check)
        # Deviance explained along the path, from the cross products alone.
        explained = 2 * product @ path - np.einsum("ia,ij,ja->a", path, gram, path)
        enough = int(np.argmax(explained >= deviance_share * explained[-1]))
        for place, value in _per_variable(np.abs(path[:, enough]), owner).items():
            if value > 0:
                strength[place] = max(strength.get(place, 0.0), value)
    return strength


def _path(
    columns: NDArray[np.float64],
    target: NDArray[np.float64],
    products: tuple[NDArray[np.float64], NDArray[np.float64]],
    penalties: NDArray[np.float64],
    check: Callable[[], None],
) -> NDArray[np.float64]:
    """Return the coefficients of falling penalties, of shape (columns, penalties).

    One penalty at a time, each beginning where the one before ended, so that the wish to stop is
    heard within a path of correlated columns, which may take many iterations.
    """
    gram, product = products
    path = np.zeros((columns.shape[1], len(penalties)))
    start = None
    for place, penalty in enumerate(penalties):
        check()
        _, found, _ = lasso_path(
            columns,
            target,
            alphas=[penalty],
            precompute=gram,
            Xy=product,  # some releases of scikit-learn read it where inputs are not checked, given or not
            check_input=False,
            coef_init=start,
            max_iter=PATH_ITERATIONS,
        )
        start = path[:, place] = found[:, 0]
    return path
