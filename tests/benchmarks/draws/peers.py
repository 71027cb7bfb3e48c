"""What other libraries draw for the same households, as far as they are installed.

Neither chains variables: each number is drawn given the predictors alone, so that only its own scores
compare, not how variables belong together. ``pip install quantile-forest ngboost`` installs both, and may put
older versions of scikit-learn and pandas in place: use an environment of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fusion_core.fusion import Implicates
from fusion_core.fusion.implicates import FusedVariable

if TYPE_CHECKING:
    from draws.worlds import World

TREES = 500
GRID = 199
SEED = 5
Numbers = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def peers() -> dict[str, Callable[[World, int], Implicates]]:
    """Return the installed libraries by name, as functions of world and number of implicates."""
    known = {"quantile_forest": quantile_forest, "ngboost": ngboost}
    return {
        name.replace("_", "-"): _drawer(draw) for name, draw in known.items() if find_spec(name)
    }


def quantile_forest(
    x: np.ndarray, y: np.ndarray, weights: np.ndarray, others: np.ndarray, numbers: np.ndarray
) -> np.ndarray:
    """Draw from the quantiles of a regression forest (Meinshausen 2006)."""
    from quantile_forest import RandomForestQuantileRegressor

    model = RandomForestQuantileRegressor(
        TREES, min_samples_leaf=5, max_features=0.4, random_state=SEED
    )
    model.fit(x, y, sample_weight=weights)
    levels = (np.arange(GRID) + 0.5) / GRID
    found = np.asarray(model.predict(others, quantiles=levels.tolist()))
    place = np.minimum((numbers * GRID).astype(int), GRID - 1)
    return np.take_along_axis(found, place, axis=1)


def ngboost(
    x: np.ndarray, y: np.ndarray, weights: np.ndarray, others: np.ndarray, numbers: np.ndarray
) -> np.ndarray:
    """Draw from the log-normal distributions of natural gradient boosting; zeros from a class model."""
    from ngboost import NGBClassifier, NGBRegressor
    from ngboost.distns import LogNormal

    positive = y > 0
    chance = np.ones(len(others))
    if not positive.all():
        zero = NGBClassifier(verbose=False, random_state=SEED)
        zero.fit(x, positive.astype(int), sample_weight=weights)
        chance = zero.predict_proba(others)[:, 1]
    model = NGBRegressor(Dist=LogNormal, verbose=False, random_state=SEED)
    model.fit(x[positive], y[positive], sample_weight=weights[positive])
    left = np.clip((numbers - (1 - chance[:, None])) / chance[:, None], 1e-9, 1 - 1e-9)
    shape = model.pred_dist(others).params
    from scipy.stats import lognorm

    drawn = lognorm.ppf(left, s=shape["s"][:, None], scale=shape["scale"][:, None])
    return np.where(numbers < 1 - chance[:, None], 0.0, drawn)


def _drawer(draw: Numbers) -> Callable[[World, int], Implicates]:
    def drawn(world: World, implicates: int) -> Implicates:
        donor, other = _matrices(world)
        weights = (
            np.ones(len(donor)) if world.weight is None else world.donor[world.weight].to_numpy()
        )
        result: dict[str, Any] = {}
        random = np.random.default_rng(SEED)
        for name in (
            item for step in world.y for item in ([step] if isinstance(step, str) else step)
        ):
            if isinstance(world.donor[name].dtype, pd.CategoricalDtype):
                continue
            values = world.donor[name].to_numpy(float)
            numbers = random.random((len(other), implicates))
            found = draw(donor, values, weights / weights.mean(), other, numbers)
            result[name] = FusedVariable(name, found, (), False, ())
        return Implicates(result, (), None, "", None)

    return drawn


def _matrices(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Return the predictors of donors and others: numbers, codes of orders, indicators of the rest."""
    both = pd.concat([world.donor[world.x], world.recipient[world.x]], ignore_index=True)
    columns = []
    for name in world.x:
        column = both[name]
        if isinstance(column.dtype, pd.CategoricalDtype) and column.cat.ordered:
            columns.append(column.cat.codes.to_frame())
        elif pd.api.types.is_numeric_dtype(column):
            columns.append(column.to_frame())
        else:
            columns.append(pd.get_dummies(column, prefix=name))
    matrix = pd.concat(columns, axis=1).to_numpy(float)
    return matrix[: len(world.donor)], matrix[len(world.donor) :]
