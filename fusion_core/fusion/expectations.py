"""Fit the models of one variable's conditional distribution, and predict with them.

Categorical: class probabilities. Continuous: mean and quantiles. Zero-inflated: probability of not
being zero, then mean and quantiles of the other values (Ummel et al. 2024).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fusion_core.fusion.boosting import (
    Fit,
    FoldedData,
    Objective,
    assign_folds,
    predict,
    strata_of,
)
from fusion_core.fusion.model import ModelPart, VariableModel
from fusion_core.fusion.screening import Design, screen
from fusion_core.fusion.settings import TrainSettings
from fusion_core.fusion.streams import Purpose, integer_seed, stream
from fusion_core.fusion.variables import VariableType

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class VariableTask:
    """All a process needs to fit the models of one variable.

    Attributes
    ----------
    type
        The variable.
    outcome
        Its values on the donor rows used (numbers or codes), none missing.
    matrix
        Candidate predictors of the same rows.
    candidates, features
        Types of the candidates and their positions in the model (see `VariableModel.features`).
    weights
        Survey weights with mean 1.
    settings, seed
        Training settings and the user's seed.
    place
        Position of the variable among the fused ones, the key of its random streams.
    """

    type: VariableType
    outcome: NDArray[np.float64]
    matrix: NDArray[np.float64]
    candidates: tuple[VariableType, ...]
    features: tuple[int, ...]
    weights: NDArray[np.float64]
    settings: TrainSettings
    seed: int
    place: int


@dataclass(frozen=True)
class FittedVariable:
    """A variable's models and the expectations of the donors.

    Attributes
    ----------
    model
        The models.
    expectations
        Expectations of the task's rows, of shape (rows, expectations): the class probabilities;
        or the probability of not being zero (if any), the mean and the rising quantiles.
    """

    model: VariableModel
    expectations: NDArray[np.float64]


def fit_variable(task: VariableTask) -> FittedVariable:
    """Screen the predictors, tune and fit the models of one variable."""
    chosen = _screen(task)
    matrix = np.ascontiguousarray(task.matrix[:, chosen])
    unordered = [
        place for place, item in enumerate(chosen) if task.candidates[item].is_unordered_in_trees
    ]
    features = tuple(task.features[item] for item in chosen)
    if task.type.is_categorical:
        return _fit_classes(task, matrix, unordered, features)
    return _fit_number(task, matrix, unordered, features)


def _screen(task: VariableTask) -> list[int]:
    if len(task.candidates) <= task.settings.screen_above:
        return list(range(len(task.candidates)))
    outcome = Design.build(task.outcome[:, None], [task.type], task.weights)
    predictors = Design.build(task.matrix, task.candidates, task.weights)
    forced = [
        place for place, item in enumerate(task.candidates) if item.name in task.settings.force
    ]
    return screen(outcome, predictors, forced, task.settings) or [0]


def _fit_classes(
    task: VariableTask,
    matrix: NDArray[np.float64],
    unordered: list[int],
    features: tuple[int, ...],
) -> FittedVariable:
    classes, outcome = np.unique(task.outcome, return_inverse=True)
    data = _folded(task, matrix, unordered, outcome.astype(np.float64), key=0, continuous=False)
    binary = len(classes) == 2  # noqa: PLR2004 - two classes
    objective = Objective("binary") if binary else Objective("classes", classes=len(classes))
    fit = data.fit(outcome.astype(np.float64), objective, task.settings.leaves)
    model = VariableModel(
        task.type,
        features,
        tuple(int(code) for code in classes),
        (ModelPart("classes", 0.0, fit.model, fit.tuning),),
    )
    return FittedVariable(model, _donor_expectations(task, model, matrix, [(fit, None)]))


def _fit_number(
    task: VariableTask,
    matrix: NDArray[np.float64],
    unordered: list[int],
    features: tuple[int, ...],
) -> FittedVariable:
    settings, parts = task.settings, []
    fits: list[tuple[Fit, NDArray[np.bool_] | None]] = []
    used: NDArray[np.bool_] | None = None
    if task.type.kind == "zero_inflated":
        used = task.outcome != 0
        indicator = used.astype(np.float64)
        data = _folded(task, matrix, unordered, indicator, key=0, continuous=False)
        fit = data.fit(indicator, Objective("binary"), settings.leaves)
        parts.append(ModelPart("zero", 0.0, fit.model, fit.tuning))
        fits.append((fit, None))
    rows = np.ones(len(matrix), dtype=bool) if used is None else used
    outcome = task.outcome[rows]
    constant = float(outcome[0]) if (outcome == outcome[0]).all() else None
    if constant is None:
        data = _folded(task, matrix[rows], unordered, outcome, key=1, continuous=True, rows=rows)
        fit = data.fit(outcome, Objective("mean"), settings.leaves)
        parts.append(ModelPart("mean", 0.0, fit.model, fit.tuning))
        fits.append((fit, used))
        for probability in settings.quantiles:
            # The mean model's best tree size serves the quantiles; each tunes its own length.
            quantile = data.fit(outcome, Objective("quantile", probability), (fit.tuning.leaves,))
            parts.append(ModelPart("quantile", probability, quantile.model, quantile.tuning))
            fits.append((quantile, used))
    model = VariableModel(task.type, features, (), tuple(parts), constant)
    return FittedVariable(model, _donor_expectations(task, model, matrix, fits))


def _folded(
    task: VariableTask,
    matrix: NDArray[np.float64],
    unordered: list[int],
    outcome: NDArray[np.float64],
    *,
    key: int,
    continuous: bool,
    rows: NDArray[np.bool_] | None = None,
) -> FoldedData:
    generator = stream(task.seed, Purpose.FOLDS, task.place, key)
    fold = assign_folds(strata_of(outcome, continuous=continuous), task.settings, generator)
    weights = task.weights if rows is None else task.weights[rows]
    seed = integer_seed(task.seed, Purpose.BOOSTING, task.place, key)
    return FoldedData(
        matrix,
        unordered=unordered,
        weights=weights,
        fold=fold,
        settings=task.settings,
        seed=seed,
    )


def _donor_expectations(
    task: VariableTask,
    model: VariableModel,
    matrix: NDArray[np.float64],
    fits: list[tuple[Fit, NDArray[np.bool_] | None]],
) -> NDArray[np.float64]:
    """Predict the donors: by the fitted models, or by those that never saw them."""
    expectations = predict_rows(model, matrix)
    if task.settings.donor_expectations == "fitted":
        return expectations
    column = 0
    for fit, used in fits:
        if fit.out_of_fold is None:
            continue
        predicted = fit.out_of_fold
        if model.type.is_categorical and len(model.classes) == 2:  # noqa: PLR2004 - two classes
            predicted = np.column_stack([1 - predicted[:, 0], predicted[:, 0]])
        width = predicted.shape[1]
        rows = slice(None) if used is None else used
        expectations[rows, column : column + width] = predicted
        column += width
    return rising_quantiles(model, expectations)


def predict_rows(variable: VariableModel, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the expectations of rows of the variable's own predictors (columns in that order)."""
    columns = [_predict_part(variable, part, matrix) for part in variable.parts]
    if not columns:
        return np.empty((len(matrix), 0))
    return rising_quantiles(variable, np.column_stack(columns))


def _predict_part(
    variable: VariableModel, part: ModelPart, rows: NDArray[np.float64]
) -> NDArray[np.float64]:
    predicted = predict(part.booster, rows)
    if part.role == "classes" and len(variable.classes) == 2:  # noqa: PLR2004 - two classes
        return np.column_stack([1 - predicted, predicted])
    return predicted.reshape(len(rows), -1)


def rising_quantiles(
    variable: VariableModel, expectations: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sort the predicted quantiles of each row, as separate models may cross."""
    first = next((i for i, part in enumerate(variable.parts) if part.role == "quantile"), None)
    if first is None:
        return expectations
    result = expectations.copy()
    result[..., first:] = np.sort(expectations[..., first:], axis=-1)
    return result
