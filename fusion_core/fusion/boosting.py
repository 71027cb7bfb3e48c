"""Gradient-boosted trees for one outcome: cross-validate the choices, then fit on every row.

Binned data are made once per set of rows and fold and shared by all candidates and by the mean and
quantile models. Each fit uses one thread; parallel work happens over variables (see `training`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import lightgbm as lgb
import numpy as np

from fusion_core.fusion.settings import TrainSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

OutcomeKind = Literal["mean", "quantile", "binary", "classes"]
STRATA = 10


@dataclass(frozen=True, slots=True)
class Objective:
    """What is predicted.

    Attributes
    ----------
    kind
        Conditional mean (squared error), quantile (pinball loss), probability of one, or
        probabilities of several classes (log loss).
    probability
        Probability of the quantile.
    classes
        Number of classes.
    """

    kind: OutcomeKind
    probability: float = 0.5
    classes: int = 2

    def parameters(self) -> dict[str, Any]:
        """Return the objective in LightGBM's words."""
        if self.kind == "mean":
            return {"objective": "regression", "metric": "l2"}
        if self.kind == "quantile":
            return {"objective": "quantile", "alpha": self.probability, "metric": "quantile"}
        if self.kind == "binary":
            return {"objective": "binary", "metric": "binary_logloss"}
        return {"objective": "multiclass", "num_class": self.classes, "metric": "multi_logloss"}


@dataclass(frozen=True, slots=True)
class Tuning:
    """What cross-validation chose.

    Attributes
    ----------
    leaves, trees
        Leaves per tree and number of trees.
    loss
        Out-of-sample loss with these choices.
    baseline_loss
        Out-of-sample loss of the same rows without any predictor.
    """

    leaves: int
    trees: int
    loss: float
    baseline_loss: float


@dataclass(frozen=True)
class Fit:
    """A model fitted on every row.

    Attributes
    ----------
    model
        LightGBM's text form, which is also what is stored.
    tuning
        The choices behind it.
    out_of_fold
        Predictions of each row by the cross-validation model that never saw it, of shape
        (rows, outputs); ``None`` with a single held-out fraction.
    """

    model: str
    tuning: Tuning
    out_of_fold: NDArray[np.float64] | None


class FoldedData:
    """One matrix of predictors with its folds, binned once.

    Parameters
    ----------
    matrix
        Predictors of shape (rows, predictors), missing values as NaN.
    unordered
        Positions of the predictors whose levels have no order.
    weights
        Survey weights with mean 1.
    fold
        Number of the fold in which each row is held out; −1 for rows that never are.
    settings, seed
        Training settings and the seed of everything random in the fits.
    """

    def __init__(
        self,
        matrix: NDArray[np.float64],
        *,
        unordered: list[int],
        weights: NDArray[np.float64],
        fold: NDArray[np.int64],
        settings: TrainSettings,
        seed: int,
    ) -> None:
        self.matrix = matrix
        self.fold = fold
        self.weights = weights
        self.settings = settings
        self.common = {
            "verbosity": -1,
            "num_threads": 1,
            "deterministic": True,
            "force_row_wise": True,
            "feature_pre_filter": False,
            "seed": seed,
        }
        self._full = lgb.Dataset(
            matrix,
            label=np.zeros(len(matrix)),
            weight=weights,
            categorical_feature=unordered,
            params=self.common,
            free_raw_data=False,
        ).construct()
        self._folds = [
            (rows, held, self._full.subset(rows).construct(), self._full.subset(held).construct())
            for rows, held in self._fold_rows()
        ]

    def fit(
        self, outcome: NDArray[np.float64], objective: Objective, leaves: tuple[int, ...]
    ) -> Fit:
        """Choose leaves and trees by out-of-sample loss, then fit on all rows.

        Parameters
        ----------
        outcome
            Outcome of each row: a number, 0/1, or a class number.
        objective
            What to predict.
        leaves
            Candidate numbers of leaves.
        """
        for rows, held, train, valid in self._folds:
            train.set_label(outcome[rows])
            valid.set_label(outcome[held])
        best = self._best_candidate(sorted(leaves), objective)
        tuning = Tuning(best.leaves, best.trees, best.loss, self._baseline_loss(outcome, objective))
        self._full.set_label(outcome)
        booster = lgb.Booster(self._parameters(best.leaves, objective), self._full)
        for _ in range(best.trees):
            if booster.update():
                break
        return Fit(booster.model_to_string(), tuning, self._out_of_fold(best, objective))

    def _best_candidate(self, leaves: Sequence[int], objective: Objective) -> _Candidate:
        """Try tree sizes from small to large until a larger one no longer helps.

        The loss falls and then rises with the size, so the sizes after the first rise – the most
        expensive ones – need not be grown.
        """
        best = self._cross_validate(leaves[0], objective)
        for count in leaves[1:]:
            candidate = self._cross_validate(count, objective)
            if candidate.loss >= best.loss:
                break
            best = candidate
        return best

    def _fold_rows(self) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        numbers = np.unique(self.fold[self.fold >= 0])
        return [
            (np.flatnonzero(self.fold != number), np.flatnonzero(self.fold == number))
            for number in numbers
        ]

    def _parameters(self, leaves: int, objective: Objective) -> dict[str, Any]:
        settings = self.settings
        share = int(np.ceil(settings.minimum_leaf_share * len(self.matrix)))
        return (
            self.common
            | objective.parameters()
            | {
                "num_leaves": leaves,
                "learning_rate": settings.learning_rate,
                "feature_fraction": settings.feature_fraction,
                "min_data_in_leaf": max(settings.minimum_leaf_rows, share),
            }
        )

    def _cross_validate(self, leaves: int, objective: Objective) -> _Candidate:
        """Grow the folds' models side by side until their mean loss stops falling."""
        boosters = []
        for _, _, train, valid in self._folds:
            booster = lgb.Booster(self._parameters(leaves, objective), train)
            booster.add_valid(valid, "held out")
            boosters.append(booster)
        share = np.array([self.weights[held].sum() for _, held, _, _ in self._folds])
        best_loss, best_trees = np.inf, 1
        for trees in range(1, self.settings.maximum_trees + 1):
            finished = [booster.update() for booster in boosters]
            losses = [booster.eval_valid()[0][2] for booster in boosters]
            loss = float(np.average(losses, weights=share))
            if loss < best_loss:
                best_loss, best_trees = loss, trees
            if all(finished) or trees - best_trees >= self.settings.early_stopping_rounds:
                break
        return _Candidate(leaves, best_trees, best_loss, boosters)

    def _out_of_fold(
        self, candidate: _Candidate, objective: Objective
    ) -> NDArray[np.float64] | None:
        if (self.fold < 0).any():
            return None
        columns = objective.classes if objective.kind == "classes" else 1
        result = np.empty((len(self.matrix), columns))
        for booster, (_, held, _, _) in zip(candidate.boosters, self._folds, strict=True):
            predicted = predict(booster, self.matrix[held], trees=candidate.trees)
            result[held] = predicted.reshape(len(held), columns)
        return result

    def _baseline_loss(self, outcome: NDArray[np.float64], objective: Objective) -> float:
        """Return the held-out loss of the best constant prediction from the other rows."""
        losses, shares = [], []
        for rows, held, _, _ in self._folds:
            losses.append(
                constant_loss(
                    outcome[rows], self.weights[rows], outcome[held], self.weights[held], objective
                )
            )
            shares.append(self.weights[held].sum())
        return float(np.average(losses, weights=shares))


def predict(
    booster: lgb.Booster, matrix: NDArray[np.float64], *, trees: int | None = None
) -> NDArray[np.float64]:
    """Predict rows with LightGBM, always on one thread.

    LightGBM keeps one number of threads for the whole process. A prediction that asks for another
    number, or for none, changes it under a training in another thread, whose buffers are then too
    few: the process dies. Rows are predicted side by side by calling this from several threads.

    Parameters
    ----------
    booster
        The model.
    matrix
        Rows of its predictors, of shape (rows, predictors).
    trees
        Number of trees to use; all by default.

    Returns
    -------
    Array of shape (rows,) or, with several classes, (rows, classes).
    """
    return np.asarray(booster.predict(matrix, num_iteration=trees, num_threads=1), dtype=np.float64)


@dataclass(frozen=True)
class _Candidate:
    leaves: int
    trees: int
    loss: float
    boosters: list[Any]


def constant_loss(
    seen: NDArray[np.float64],
    seen_weights: NDArray[np.float64],
    held: NDArray[np.float64],
    held_weights: NDArray[np.float64],
    objective: Objective,
) -> float:
    """Return the weighted loss on held-out rows of the best constant from the seen rows."""
    if objective.kind == "mean":
        errors = np.square(held - np.average(seen, weights=seen_weights))
    elif objective.kind == "quantile":
        order = np.argsort(seen, kind="stable")
        running = np.cumsum(seen_weights[order])
        place = np.searchsorted(running, objective.probability * running[-1])
        gap = held - seen[order[min(int(place), len(seen) - 1)]]
        errors = np.maximum(objective.probability * gap, (objective.probability - 1) * gap)
    else:
        shares = np.bincount(
            seen.astype(np.int64), weights=seen_weights, minlength=objective.classes
        )
        shares = np.maximum(shares / shares.sum(), 1e-15)
        errors = -np.log(shares[held.astype(np.int64)])
    return float(np.average(errors, weights=held_weights))


def strata_of(outcome: NDArray[np.float64], *, continuous: bool) -> NDArray[np.int64]:
    """Return the stratum of each row: deciles of a continuous outcome, or its classes."""
    if not continuous:
        return np.unique(outcome, return_inverse=True)[1].astype(np.int64)
    edges = np.quantile(outcome, np.linspace(0, 1, STRATA + 1)[1:-1])
    return np.searchsorted(edges, outcome, side="right").astype(np.int64)


def assign_folds(
    strata: NDArray[np.int64], settings: TrainSettings, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Deal rows into folds so that every stratum is spread evenly.

    Parameters
    ----------
    strata
        Stratum of each row.
    settings
        Number of folds, or the fraction held out when there are none.
    generator
        Source of randomness.

    Returns
    -------
    Fold of each row; with a held-out fraction 0 for held-out rows and −1 for the others.
    """
    shuffled = generator.permutation(len(strata))
    order = shuffled[np.argsort(strata[shuffled], kind="stable")]
    place = np.empty(len(strata), dtype=np.int64)
    place[order] = np.arange(len(strata))
    if settings.folds:
        return place % min(settings.folds, len(strata))
    fraction = settings.held_out_fraction
    held = np.floor((place + 1.5) * fraction) > np.floor((place + 0.5) * fraction)
    return np.where(held, 0, -1)
