"""Fit the models of one variable's conditional distribution, and place the donors by them.

Categorical: class probabilities. Continuous: mean and quantiles. Zero-inflated: probability of not
being zero, then mean and quantiles of the other values (Ummel et al. 2024).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from fusion_core.fusion.base import (
    OUT_OF_FOLD_METHODS,
    Method,
    Purpose,
    Report,
    Shares,
    Stop,
    TrainSettings,
    VariableType,
    Workers,
    integer_seed,
    some_rows,
    stream,
    tree_parameters,
)
from fusion_core.fusion.model import (
    ModelPart,
    PartRole,
    VariableModel,
    as_expectations,
    predict_part,
    rising_quantiles,
)
from fusion_core.fusion.training._screening import Design, screen
from fusion_core.fusion.trees import (
    Fit,
    FoldedData,
    Objective,
    assign_folds,
    strata_of,
    tune,
    with_choices,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

Fitted = tuple[Fit, "NDArray[np.bool_] | None"]
"""A fit, and the rows it was fitted to where they are not all rows."""


@dataclass(frozen=True)
class VariableTask:
    """All that the models of one variable follow from.

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
    origin
        What its random streams are named after (see `streams.origin`).
    """

    type: VariableType
    outcome: NDArray[np.float64]
    matrix: NDArray[np.float64]
    candidates: tuple[VariableType, ...]
    features: tuple[int, ...]
    weights: NDArray[np.float64]
    settings: TrainSettings
    seed: int
    origin: str


@dataclass(frozen=True)
class FittedVariable:
    """A variable's models and the expectations of the donors.

    Expectations have the shape (rows, expectations): the class probabilities; or the probability
    of not being zero (if any), the mean and the rising quantiles.

    Attributes
    ----------
    model
        The models.
    fitted
        Expectations of the task's rows by the models.
    out_of_fold
        Those by the cross-validation models that never saw the row; the same as `fitted` when
        there are no folds.
    """

    model: VariableModel
    fitted: NDArray[np.float64]
    out_of_fold: NDArray[np.float64]

    def expectations(
        self, method: Method, dominant: NDArray[np.bool_] | None = None
    ) -> NDArray[np.float64]:
        """Return the expectations by which a method places the donors.

        Parameters
        ----------
        method
            The method.
        dominant
            Which donors weigh so much that models that never saw them describe other households.
        """
        if method not in OUT_OF_FOLD_METHODS:
            return self.fitted
        if dominant is None or not dominant.any():
            return self.out_of_fold
        return np.where(dominant[:, None], self.fitted, self.out_of_fold)


def given_variable(variable: VariableType, shares: tuple[str, ...]) -> FittedVariable:
    """Return the model of a variable whose distribution the recipient brings: there is none to fit.

    Parameters
    ----------
    variable
        The variable.
    shares
        Columns of the recipient with the probability of each of its levels.
    """
    model = VariableModel(variable, (), tuple(range(len(variable.levels))), (), shares=shares)
    nothing = np.empty((0, 0))
    return FittedVariable(model, nothing, nothing)


def fit_variable(task: VariableTask, workers: Workers, report: Report) -> FittedVariable:
    """Screen the predictors, tune and fit the models of one variable.

    Parameters
    ----------
    task
        What to fit.
    workers
        Where to compute.
    report
        Called with the share that is done.
    """
    if len(task.candidates) > task.settings.screen_above:
        (chosen,) = workers.run([partial(screened, task, workers.stop)])
        task = _with_candidates(task, chosen)
    fit = _fit_classes if task.type.is_categorical else _fit_number
    model, fits = fit(task, workers, report)
    return _with_expectations(task, model, fits, workers)


def screened(task: VariableTask, stop: Stop) -> list[int]:
    """Return the positions of the candidates that pass the screening.

    Raises
    ------
    Cancelled
        If `stop` says so.
    """
    rows = some_rows(task.seed, task.settings.screening_share, len(task.matrix), task.origin)
    weights = task.weights[rows]
    outcome = Design.build(task.outcome[rows, None], [task.type], weights)
    predictors = Design.build(task.matrix[rows], task.candidates, weights, check=stop.check)
    named = task.settings.forced(task.type.name)
    forced = [place for place, item in enumerate(task.candidates) if item.name in named]
    return screen(outcome, predictors, forced, task.settings, check=stop.check) or [0]


def _with_candidates(task: VariableTask, chosen: list[int]) -> VariableTask:
    """Return the task with some of its candidates."""
    return dataclasses.replace(
        task,
        matrix=np.ascontiguousarray(task.matrix[:, chosen]),
        candidates=tuple(task.candidates[item] for item in chosen),
        features=tuple(task.features[item] for item in chosen),
    )


def _fit_classes(
    task: VariableTask, workers: Workers, report: Report
) -> tuple[VariableModel, list[Fitted]]:
    classes, outcome = np.unique(task.outcome, return_inverse=True)
    data = _folded(task, outcome.astype(np.float64), key=0, continuous=False)
    binary = len(classes) == 2  # noqa: PLR2004 - two classes
    objective = Objective("binary") if binary else Objective("classes", classes=len(classes))
    fit = tune(data, objective, task.settings, workers, report)
    model = VariableModel(
        task.type,
        task.features,
        tuple(int(code) for code in classes),
        (ModelPart("classes", 0.0, fit.model, fit.tuning),),
    )
    return model, [(fit, None)]


def _fit_number(
    task: VariableTask, workers: Workers, report: Report
) -> tuple[VariableModel, list[Fitted]]:
    """Fit the zero model beside the mean model, and then the quantiles beside each other."""
    settings = task.settings
    used = task.outcome != 0 if task.type.kind == "zero_inflated" else None
    outcome = task.outcome if used is None else task.outcome[used]
    constant = float(outcome[0]) if (outcome == outcome[0]).all() else None
    progress = Shares(report, 2 + len(settings.quantiles))
    roles: list[tuple[PartRole, float]] = []
    searches = []
    if used is not None:
        zero = _folded(task, used.astype(np.float64), key=0, continuous=False)
        roles.append(("zero", 0.0))
        searches.append(
            partial(tune, zero, Objective("binary"), settings, workers, progress.parts[0])
        )
    if constant is None:
        data = _folded(task, outcome, key=1, continuous=True, rows=used)
        roles.append(("mean", 0.0))
        searches.append(
            partial(tune, data, Objective("mean"), settings, workers, progress.parts[1])
        )
    fits = workers.coordinate(searches)
    if constant is None:
        # The mean model's best choices serve the quantiles; each tunes its own length.
        own = with_choices(settings, fits[-1].tuning)
        roles += [("quantile", probability) for probability in settings.quantiles]
        fits += workers.coordinate(
            [
                partial(tune, data, Objective("quantile", probability), own, workers, take)
                for probability, take in zip(settings.quantiles, progress.parts[2:], strict=True)
            ]
        )
    parts = tuple(
        ModelPart(role, probability, fit.model, fit.tuning)
        for (role, probability), fit in zip(roles, fits, strict=True)
    )
    rows = [None if role == "zero" else used for role, _ in roles]
    model = VariableModel(task.type, task.features, (), parts, constant)
    return model, list(zip(fits, rows, strict=True))


def _folded(
    task: VariableTask,
    outcome: NDArray[np.float64],
    *,
    key: int,
    continuous: bool,
    rows: NDArray[np.bool_] | None = None,
) -> FoldedData:
    generator = stream(task.seed, Purpose.FOLDS, task.origin, key)
    fold = assign_folds(strata_of(outcome, continuous=continuous), task.settings, generator)
    return FoldedData(
        task.matrix if rows is None else task.matrix[rows],
        outcome,
        unordered=[i for i, item in enumerate(task.candidates) if item.is_unordered_in_trees],
        weights=task.weights if rows is None else task.weights[rows],
        fold=fold,
        seed=integer_seed(task.seed, Purpose.BOOSTING, task.origin, key),
        options=tree_parameters(task.settings.lightgbm),
    )


def _with_expectations(
    task: VariableTask, model: VariableModel, fits: list[Fitted], workers: Workers
) -> FittedVariable:
    """Predict the donors, by the fitted models and by those that never saw them."""
    if not fits:
        nothing = np.empty((len(task.matrix), 0))
        return FittedVariable(model, nothing, nothing)
    fitted = workers.run([partial(predict_part, model, part, task.matrix) for part in model.parts])
    unseen = [
        _unseen(model, part, predicted, fit.out_of_fold, used)
        for part, predicted, (fit, used) in zip(model.parts, fitted, fits, strict=True)
    ]
    return FittedVariable(
        model,
        rising_quantiles(model, np.column_stack(fitted)),
        rising_quantiles(model, np.column_stack(unseen)),
    )


def _unseen(
    model: VariableModel,
    part: ModelPart,
    fitted: NDArray[np.float64],
    out_of_fold: NDArray[np.float64] | None,
    used: NDArray[np.bool_] | None,
) -> NDArray[np.float64]:
    """Replace the predictions of rows a part was fitted to by those of models that never saw them."""
    if out_of_fold is None:
        return fitted
    unseen = as_expectations(model, part, out_of_fold)
    if used is None:
        return unseen
    result = fitted.copy()
    result[used] = unseen
    return result
