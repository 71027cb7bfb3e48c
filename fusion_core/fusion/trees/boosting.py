"""Gradient-boosted trees for one outcome, grown fold by fold or on every row.

Predictors are binned once per set of rows; folds, all candidates of the search (see `tuning`) and
the mean and quantile models share them. Each fit uses one thread; parallel work happens over
variables, models and folds (see `workers`).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import lightgbm as lgb
import numpy as np

from fusion_core.records import Checked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from fusion_core.fusion.base import Stop, TrainSettings

OutcomeKind = Literal["mean", "quantile", "binary", "classes"]


@dataclass(frozen=True, slots=True)
class Objective(Checked):
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
class Tuning(Checked):
    """What cross-validation chose.

    Attributes
    ----------
    leaves, trees
        Leaves per tree and number of trees.
    loss
        Out-of-sample loss with these choices.
    baseline_loss
        Out-of-sample loss of the same rows without any predictor.
    learning_rate, feature_fraction, minimum_leaf_rows
        As in `TrainSettings`; ``None`` in models of versions that did not choose among several.
    """

    leaves: int
    trees: int
    loss: float
    baseline_loss: float
    learning_rate: float | None = None
    feature_fraction: float | None = None
    minimum_leaf_rows: int | None = None


def skill_of(loss: float, baseline: float) -> float:
    """Return the share of a baseline's loss that a model saves: 0 knows nothing, 1 everything."""
    return 1 - loss / baseline if baseline > 0 else 0.0


class FoldedData:
    """Predictors and outcome of one set of rows with its folds, binned once.

    Parameters
    ----------
    matrix
        Predictors of shape (rows, predictors), missing values as NaN.
    outcome
        Outcome of each row: a number, 0/1, or a class number.
    unordered
        Positions of the predictors whose levels have no order.
    weights
        Survey weights with mean 1.
    fold
        Number of the fold in which each row is held out; −1 for rows that never are.
    seed
        Seed of everything random in the fits.
    options
        Further parameters of LightGBM, see `tree_options`.
    """

    def __init__(
        self,
        matrix: NDArray[np.float64],
        outcome: NDArray[np.float64],
        *,
        unordered: list[int],
        weights: NDArray[np.float64],
        fold: NDArray[np.int64],
        seed: int,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.matrix = matrix
        self.outcome = outcome
        self.fold = fold
        self.weights = weights
        self.numbers = tuple(int(number) for number in np.unique(fold[fold >= 0]))
        self.common = {
            "verbosity": -1,
            "num_threads": 1,
            "deterministic": True,
            "force_row_wise": True,
            "feature_pre_filter": False,
            "seed": seed,
            **(options or {}),
        }
        self._unordered = unordered
        self._full: lgb.Dataset | None = None
        self._parts: dict[int, tuple[lgb.Dataset, lgb.Dataset]] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Travel to another process without what LightGBM made of the data."""
        return self.__dict__ | {"_full": None, "_parts": {}}

    @property
    def is_folded(self) -> bool:
        """Whether every row is held out once."""
        return bool((self.fold >= 0).all())

    def bin(self) -> None:
        """Bin the predictors now, so that jobs in several threads find the work done."""
        for number in self.numbers:
            self.parts(number)

    def full(self) -> lgb.Dataset:
        """Return all rows, binned."""
        if self._full is None:
            self._full = lgb.Dataset(
                self.matrix,
                label=self.outcome,
                weight=self.weights,
                categorical_feature=self._unordered,
                params=self.common,
                free_raw_data=False,
            ).construct()
        return self._full

    def parts(self, number: int) -> tuple[lgb.Dataset, lgb.Dataset]:
        """Return the rows a fold learns from and those it holds out, binned."""
        if number not in self._parts:
            full = self.full()
            self._parts[number] = (
                full.subset(np.flatnonzero(self.fold != number)).construct(),
                full.subset(self.held(number)).construct(),
            )
        return self._parts[number]

    def held(self, number: int) -> NDArray[np.int64]:
        """Return the rows a fold holds out."""
        return np.flatnonzero(self.fold == number)

    def held_weight(self, number: int) -> float:
        """Return the total weight of the rows a fold holds out."""
        return float(self.weights[self.held(number)].sum())

    def parameters(
        self, objective: Objective, settings: TrainSettings, leaves: int
    ) -> dict[str, Any]:
        """Return LightGBM's parameters of a fit."""
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

    def fit(self, parameters: dict[str, Any], trees: int, stop: Stop) -> str:
        """Fit on all rows and return the model as text.

        Raises
        ------
        Cancelled
            If `stop` says so.
        """
        booster = lgb.Booster(parameters, self.full())
        for _ in range(trees):
            stop.check()
            if booster.update():
                break
        return str(booster.model_to_string())

    def baseline_loss(self, objective: Objective) -> float:
        """Return the held-out loss of the best constant prediction from the other rows."""
        losses, shares = [], []
        for number in self.numbers:
            rows, held = np.flatnonzero(self.fold != number), self.held(number)
            losses.append(
                constant_loss(
                    self.outcome[rows],
                    self.weights[rows],
                    self.outcome[held],
                    self.weights[held],
                    objective,
                )
            )
            shares.append(self.held_weight(number))
        return float(np.average(losses, weights=shares))


@dataclass(frozen=True)
class Growth:
    """How a fold's model has grown.

    Attributes
    ----------
    losses
        Held-out loss after each round.
    ended
        After each round, whether no tree could be grown in it.
    text
        The model, where it was grown in another process; empty otherwise.
    held
        Predictions of the rows held out, once the model is settled.
    """

    losses: list[float] = field(default_factory=list)
    ended: list[bool] = field(default_factory=list)
    text: str = ""
    held: NDArray[np.float64] | None = None


class FoldModel:
    """The model of one fold with one choice of parameters, grown a number of rounds at a time.

    Growing goes on where it stopped. In another process, which knows nothing of the trees grown so
    far, it begins anew and meets the same trees.
    """

    def __init__(self, data: FoldedData, number: int, parameters: dict[str, Any]) -> None:
        self.growth = Growth()
        self._data = data
        self._number = number
        self._parameters = parameters
        self._booster: lgb.Booster | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Travel to another process without the live model."""
        return self.__dict__ | {"_booster": None}

    def grow(self, rounds: int, stop: Stop, *, travels: bool) -> Growth:
        """Grow to a number of rounds.

        Parameters
        ----------
        rounds
            How many rounds there shall be.
        stop
            Looked at before each round.
        travels
            Whether the caller is another process and needs the model as text.
        """
        losses, ended = list(self.growth.losses), list(self.growth.ended)
        if self._booster is None:
            train, valid = self._data.parts(self._number)
            self._booster = lgb.Booster(self._parameters, train)
            self._booster.add_valid(valid, "held out")
            losses, ended = [], []
        while len(losses) < rounds:
            stop.check()
            ended.append(bool(self._booster.update()))
            losses.append(float(self._booster.eval_valid()[0][2]))
        return Growth(losses, ended, str(self._booster.model_to_string()) if travels else "")

    def settle(self, trees: int) -> None:
        """Keep what the first trees predict alone, as no more trees will be grown.

        A live model holds the gradients and histograms of its growth, most of a training's memory.
        """
        if self._booster is not None:
            self.growth = dataclasses.replace(self.growth, held=self.predict_held(trees))
            self._booster = None

    def predict_held(self, trees: int) -> NDArray[np.float64]:
        """Predict the rows this fold holds out with the first trees, those it is settled on if it is."""
        if self.growth.held is not None:
            return self.growth.held
        booster = self._booster or lgb.Booster(model_str=self.growth.text)
        return predict(booster, self._data.matrix[self._data.held(self._number)], trees=trees)


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
