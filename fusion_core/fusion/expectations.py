"""Fit the models of one variable's conditional distribution, and predict with them.

Categorical: class probabilities. Continuous: mean and quantiles. Zero-inflated: probability of not
being zero, then mean and quantiles of the other values (Ummel et al. 2024).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from fusion_core.fusion.boosting import Fit, FoldedData, Objective, assign_folds, strata_of
from fusion_core.fusion.model import ModelPart, VariableModel
from fusion_core.fusion.screening import Design, screen
from fusion_core.fusion.settings import TrainSettings
from fusion_core.fusion.streams import Purpose, integer_seed, stream
from fusion_core.fusion.variables import VariableType

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXPANDED_ROWS = 65_536


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
    return _rising_quantiles(model, expectations)


class Predictor(Protocol):
    """Predicts a variable's expectations for a block of recipient rows and several implicates.

    `fuse` computes expectations only through this interface, so a faster predictor can take the
    place of `ExpandingPredictor` as long as its numbers are the same.
    """

    def expectations(
        self,
        variable: VariableModel,
        recipient: NDArray[np.float64],
        fused: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Predict.

        Parameters
        ----------
        variable
            Models of the variable.
        recipient
            Encoded predictors, of shape (rows, predictors).
        fused
            Variables fused so far, of shape (rows, implicates, variables).

        Returns
        -------
        Expectations of shape (rows, implicates, expectations), or (rows, 1, expectations) when no
        model uses a fused variable, so that all implicates share them.
        """


@dataclass(frozen=True)
class ExpandingPredictor:
    """Predicts with LightGBM on one expanded row per household and implicate, in bounded pieces.

    A model part that splits on no fused variable is predicted once per household.

    Attributes
    ----------
    threads
        Threads of the prediction.
    """

    threads: int = 1

    def expectations(
        self,
        variable: VariableModel,
        recipient: NDArray[np.float64],
        fused: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Predict; see `Predictor.expectations`."""
        features = np.array(variable.features, dtype=np.int64)
        predictors = recipient.shape[1]
        earlier = features >= predictors
        columns = []
        for part in variable.parts:
            if part.split_counts[earlier].any():
                columns.append(self._expanded(variable, part, recipient, fused))
            else:
                rows = np.zeros((len(recipient), len(features)))
                rows[:, ~earlier] = recipient[:, features[~earlier]]
                columns.append(_predict_part(variable, part, rows, self.threads)[:, None, :])
        implicates = max((column.shape[1] for column in columns), default=1)
        widened = [
            np.broadcast_to(column, (len(recipient), implicates, column.shape[2]))
            for column in columns
        ]
        if not widened:
            return np.empty((len(recipient), 1, 0))
        return _rising_quantiles(variable, np.concatenate(widened, axis=2))

    def _expanded(
        self,
        variable: VariableModel,
        part: ModelPart,
        recipient: NDArray[np.float64],
        fused: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        features = np.array(variable.features, dtype=np.int64)
        implicates, predictors = fused.shape[1], recipient.shape[1]
        earlier = features >= predictors
        at_once = max(1, EXPANDED_ROWS // implicates)
        pieces = []
        for start in range(0, len(recipient), at_once):
            block = recipient[start : start + at_once]
            rows = np.empty((len(block), implicates, len(features)))
            rows[:, :, ~earlier] = block[:, None, features[~earlier]]
            rows[:, :, earlier] = fused[start : start + at_once, :, features[earlier] - predictors]
            flat = rows.reshape(-1, len(features))
            predicted = _predict_part(variable, part, flat, self.threads)
            pieces.append(predicted.reshape(len(block), implicates, -1))
        return np.concatenate(pieces)


def predict_rows(
    variable: VariableModel, matrix: NDArray[np.float64], *, threads: int = 1
) -> NDArray[np.float64]:
    """Return the expectations of rows of the variable's own predictors (columns in that order)."""
    columns = [_predict_part(variable, part, matrix, threads) for part in variable.parts]
    if not columns:
        return np.empty((len(matrix), 0))
    return _rising_quantiles(variable, np.column_stack(columns))


def _predict_part(
    variable: VariableModel, part: ModelPart, rows: NDArray[np.float64], threads: int
) -> NDArray[np.float64]:
    predicted = np.asarray(part.booster.predict(rows, num_threads=threads), dtype=np.float64)
    if part.role == "classes" and len(variable.classes) == 2:  # noqa: PLR2004 - two classes
        return np.column_stack([1 - predicted, predicted])
    return predicted.reshape(len(rows), -1)


def _rising_quantiles(
    variable: VariableModel, expectations: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sort the predicted quantiles of each row, as separate models may cross."""
    first = next((i for i, part in enumerate(variable.parts) if part.role == "quantile"), None)
    if first is None:
        return expectations
    result = expectations.copy()
    result[..., first:] = np.sort(expectations[..., first:], axis=-1)
    return result
