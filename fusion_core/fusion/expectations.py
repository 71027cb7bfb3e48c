"""Fit the models of one variable's conditional distribution, and predict with them.

Categorical: class probabilities. Continuous: mean and quantiles. Zero-inflated: probability of not
being zero, then mean and quantiles of the other values (Ummel et al. 2024).
"""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
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
        rows, implicates = fused.shape[:2]
        if not variable.parts:
            return np.empty((rows, 1, 0))
        earlier = np.array(variable.features, dtype=np.int64) >= recipient.shape[1]
        chained = [bool(part.split_counts[earlier].any()) for part in variable.parts]
        once = _expand(variable, recipient, np.zeros((rows, 1, fused.shape[2])))
        columns = {
            place: _predict_part(variable, part, once, self.threads)[:, None, :]
            for place, part in enumerate(variable.parts)
            if not chained[place]
        }
        if any(chained):
            at_once = max(1, EXPANDED_ROWS // implicates)
            pieces = [
                self._chained(variable, chained, recipient[part], fused[part])
                for part in (slice(i, i + at_once) for i in range(0, rows, at_once))
            ]
            together = (np.concatenate(piece) for piece in zip(*pieces, strict=True))
            columns |= dict(zip(np.flatnonzero(chained), together, strict=True))
        shared = max(column.shape[1] for column in columns.values())
        widened = [
            np.broadcast_to(columns[place], (rows, shared, columns[place].shape[2]))
            for place in range(len(columns))
        ]
        return _rising_quantiles(variable, np.concatenate(widened, axis=2))

    def _chained(
        self,
        variable: VariableModel,
        chained: list[bool],
        recipient: NDArray[np.float64],
        fused: NDArray[np.float64],
    ) -> list[NDArray[np.float64]]:
        """Predict the parts that split on fused variables, each of shape (rows, implicates, …)."""
        rows = _expand(variable, recipient, fused)
        shape = (len(recipient), fused.shape[1], -1)
        parts = list(itertools.compress(variable.parts, chained))
        if len(parts) == 1 or self.threads == 1:
            return [
                _predict_part(variable, part, rows, self.threads).reshape(shape) for part in parts
            ]
        # A thread per part rather than LightGBM's own threads, which wait for each other after
        # every piece and stall on a busy machine.
        with ThreadPoolExecutor(self.threads) as executor:
            predicted = executor.map(lambda part: _predict_part(variable, part, rows, 1), parts)
            return [values.reshape(shape) for values in predicted]


def _expand(
    variable: VariableModel, recipient: NDArray[np.float64], fused: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the variable's predictors with one row per household and implicate."""
    features = np.array(variable.features, dtype=np.int64)
    earlier = features >= recipient.shape[1]
    rows = np.empty((len(recipient), fused.shape[1], len(features)))
    rows[:, :, ~earlier] = recipient[:, None, features[~earlier]]
    rows[:, :, earlier] = fused[:, :, features[earlier] - recipient.shape[1]]
    return rows.reshape(-1, len(features))


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
