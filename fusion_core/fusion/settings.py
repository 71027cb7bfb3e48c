"""Every choice a fusion makes, with the published defaults, in typed and validated objects."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal, Self

from fusion_core.errors import InputError

Preset = Literal["quick", "paper", "production"]
OrderRule = Literal["given", "suggested"]


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """How models of the conditional distribution are fitted.

    Attributes
    ----------
    quantiles
        Probabilities of the conditional quantiles of a number; the paper uses 1/6, 1/2, 5/6, the
        R package by default 1/4, 3/4.
    folds
        Number of cross-validation folds; 0 holds out `held_out_fraction` of the rows instead.
    held_out_fraction
        Share of rows held out when `folds` is 0.
    leaves
        Candidate numbers of leaves per tree; cross-validation chooses one.
    learning_rate, maximum_trees, early_stopping_rounds
        Boosting schedule; cross-validation chooses the number of trees.
    feature_fraction
        Share of predictors tried per tree.
    minimum_leaf_rows, minimum_leaf_share
        Smallest number of rows in a leaf: the larger of a count and a share of the donor.
    rank_correlation
        Predictors with a smaller absolute rank correlation with the variable are dropped.
    deviance_share
        LASSO prescreen keeps the predictors active where this share of the full model's deviance
        is explained; 1 switches the LASSO off.
    maximum_predictors
        Upper limit of predictors per model.
    force
        Predictors that are never screened out.
    order
        Whether fusion variables are chained in the given or in a suggested order.
    neighbours, minimum_neighbours
        Largest (K) and smallest number of nearest donors a value is drawn from.
    centres
        Number of k-means centres that stand for a larger donor when neighbours are searched.
    block_neighbours
        Number of nearest donors a block's record is drawn from.
    workers
        Processes that fit models side by side; the result does not depend on it.
    """

    quantiles: tuple[float, ...] = (1 / 6, 1 / 2, 5 / 6)
    folds: int = 5
    held_out_fraction: float = 0.2
    leaves: tuple[int, ...] = (16, 32, 64)
    learning_rate: float = 0.1
    maximum_trees: int = 1000
    early_stopping_rounds: int = 25
    feature_fraction: float = 0.8
    minimum_leaf_rows: int = 20
    minimum_leaf_share: float = 0.001
    rank_correlation: float = 0.05
    deviance_share: float = 0.95
    maximum_predictors: int = 100
    force: tuple[str, ...] = ()
    order: OrderRule = "given"
    neighbours: int = 500
    minimum_neighbours: int = 10
    centres: int = 2000
    block_neighbours: int = 10
    workers: int = 1

    @classmethod
    def preset(cls, name: Preset) -> Self:
        """Return a named set of choices.

        ``quick`` answers in about a minute on a laptop and is for looking; ``paper`` follows
        Ummel et al. (2024); ``production`` adds a finer learning rate.

        Raises
        ------
        InputError
            If there is no such preset.
        """
        if name == "quick":
            return cls(folds=0, leaves=(16,), learning_rate=0.15, maximum_trees=300)
        if name == "paper":
            return cls()
        if name == "production":
            return cls(learning_rate=0.05, maximum_trees=2000)
        raise InputError.unknown("preset", str(name), ("quick", "paper", "production"))

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some choices changed."""
        return dataclasses.replace(self, **changes)
