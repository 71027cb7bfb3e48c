"""Ways to draw that were measured against the product's; those that lost live only here."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Final
from unittest.mock import patch

import numpy as np
from scipy.spatial import cKDTree
from sklearn.isotonic import isotonic_regression

from fusion_core.fusion import FusionModel, TrainSettings
from fusion_core.fusion.fusing._prediction import ExpandingPredictor, FastPredictor, Predictor
from fusion_core.fusion.model.neighbours import ExpectationScale
from fusion_core.fusion.training._donors import Donors
from fusion_core.fusion.training._variable_fits import FittedVariable

CELLS_AT_ONCE: Final = 20_000


@dataclass(frozen=True)
class Trained:
    """A trained model with what it was made from."""

    donors: Donors
    fitted: list[FittedVariable]
    model: FusionModel


@dataclass(frozen=True)
class Candidate:
    """One way to draw.

    Attributes
    ----------
    name
        Its name in the tables.
    settings
        Training settings.
    change
        Turns the trained model and predictor into the candidate's; ``None`` for the product's own.
    around
        Context in which it is trained and fused.
    seed
        Seed of the draws.
    """

    name: str
    settings: TrainSettings
    change: Callable[[Trained], tuple[FusionModel, Predictor]] | None = None
    around: Callable[[], AbstractContextManager[object]] = ExitStack
    seed: int = 5


class NearestDonors:
    """Draws among the K donors nearest to the recipient itself, with weights falling with distance.

    Parameters
    ----------
    expectations, values, weights, rows
        Out-of-fold expectations of the donors, their values, weights and positions.
    count
        K.
    kernel
        Whether weights fall to zero at the K-th donor (Epanechnikov); else all weigh alike.
    residuals
        Whether the donor's residual from its own expected mean, stretched to the recipient's
        predicted spread, is added to the recipient's mean; the observed value nearest to that is
        drawn, so that values stay observed ones.
    """

    def __init__(self, expectations, values, weights, rows, *, count, kernel, residuals=False):
        columns = expectations.shape[1]
        self.scale = ExpectationScale.fit(
            expectations, is_probability=np.zeros(columns, dtype=bool), weight=np.ones(columns)
        )
        self.tree = cKDTree(self.scale.apply(expectations))
        self.expectations, self.values, self.weights, self.rows = (
            expectations,
            values,
            weights,
            rows,
        )
        self.count, self.kernel, self.residuals = min(count, len(rows)), kernel, residuals
        self.order = np.argsort(values, kind="stable")

    def pick(self, expectations, uniforms):
        flat = expectations.reshape(-1, expectations.shape[2])
        distance, near = self.tree.query(self.scale.apply(flat), k=np.arange(1, self.count + 1))
        mass = self.weights[near]
        if self.kernel:
            reach = np.maximum(distance[:, -1:], 1e-12)
            mass = mass * np.maximum(1 - np.square(distance / reach), 1e-9)
        running = np.cumsum(mass, axis=1)
        cells = np.arange(len(flat)).reshape(expectations.shape[:2])
        cells = np.broadcast_to(cells, uniforms.shape).ravel()
        target, place = uniforms.ravel(), np.empty(uniforms.size, dtype=np.int64)
        for first in range(0, len(target), CELLS_AT_ONCE):
            part = slice(first, first + CELLS_AT_ONCE)
            sums = running[cells[part]]
            place[part] = (sums <= target[part, None] * sums[:, -1:]).sum(axis=1)
        chosen = near[cells, np.minimum(place, self.count - 1)]
        if self.residuals:
            chosen = self._moved(flat[cells], chosen)
        return self.rows[chosen].reshape(uniforms.shape)

    def _moved(self, wanted, chosen):
        own = self.expectations[chosen]
        stretch = (wanted[:, -1] - wanted[:, 1]) / np.maximum(own[:, -1] - own[:, 1], 1e-9)
        target = wanted[:, 0] + (self.values[chosen] - own[:, 0]) * np.clip(stretch, 0.5, 2)
        observed = self.values[self.order]
        above = np.clip(np.searchsorted(observed, target), 1, len(observed) - 1)
        below = target - observed[above - 1] <= observed[above] - target
        return self.order[above - below]


class SharedLeaves:
    """Draws among the donors in the recipient's leaf of one tree of the mean model.

    The tree is drawn with probability proportional to what it gains, so a donor's probability is
    the share of trees, by gain, in which it falls into the recipient's leaf – the weights of a
    quantile regression forest (Meinshausen 2006), from boosted trees.
    """

    def __init__(self, leaves, gains, weights, rows):
        self.running = np.cumsum(gains) / gains.sum()
        self.tables = []
        for column in leaves.T:
            order = np.argsort(column, kind="stable")
            self.tables.append((column[order], order, np.cumsum(weights[order])))
        self.rows = rows

    def pick(self, expectations, uniforms):
        tree = np.searchsorted(self.running, uniforms, side="right")
        tree = np.minimum(tree, len(self.running) - 1)
        before = np.where(tree > 0, self.running[tree - 1], 0.0)
        rest = (uniforms - before) / (self.running[tree] - before)
        leaves = np.broadcast_to(expectations, (*uniforms.shape, expectations.shape[2]))
        chosen = np.empty(uniforms.shape, dtype=np.int64)
        for number, (sorted_leaves, order, running) in enumerate(self.tables):
            here = tree == number
            if here.any():
                leaf = leaves[here][:, number]
                first = np.searchsorted(sorted_leaves, leaf, side="left")
                last = np.searchsorted(sorted_leaves, leaf, side="right") - 1
                low = np.where(first > 0, running[first - 1], 0.0)
                target = low + rest[here] * (running[last] - low)
                place = np.clip(np.searchsorted(running, target, side="right"), first, last)
                chosen[here] = order[place]
        return self.rows[chosen]


@dataclass(frozen=True)
class LeafPredictor:
    """Predicts the leaves of the mean model in place of the numbers' expectations."""

    blocks: frozenset[str]
    own: FastPredictor = field(default_factory=FastPredictor)

    def expectations(self, variable, recipient, fused):
        parts = variable.parts
        name = variable.type.name
        if variable.type.is_categorical or variable.constant is not None or name in self.blocks:
            return self.own.expectations(variable, recipient, fused)
        if variable.has_zero_part:
            zero = dataclasses.replace(variable, parts=parts[:1])
            first = ExpandingPredictor().expectations(zero, recipient, fused)
        mean = next(part for part in parts if part.role == "mean")
        rows, count = len(recipient), fused.shape[2]
        everything = np.concatenate(
            [np.broadcast_to(recipient[:, :, None], (*recipient.shape, count)), fused], axis=1
        )
        flat = everything.transpose(0, 2, 1).reshape(rows * count, -1)
        leaves = _leaves(mean, flat[:, list(variable.features)]).reshape(rows, count, -1)
        if not variable.has_zero_part:
            return leaves
        return np.concatenate([np.broadcast_to(first, (rows, count, 1)), leaves], axis=2)


def _leaves(part, matrix):
    found = part.booster.predict(matrix, pred_leaf=True, num_threads=1)
    return np.asarray(found, dtype=np.float64).reshape(len(matrix), -1)


def shared_leaves(trained: Trained) -> tuple[FusionModel, Predictor]:
    """Draw numbers among donors that share leaves of the mean model with the recipient."""
    blocks = [step.names for step in trained.model.steps if step.is_block]

    def pool(place, model, _expectations, _values, weights, rows):
        mean = next(part for part in model.parts if part.role == "mean")
        task = trained.donors.task(place)
        columns = [task.features.index(feature) for feature in model.features]
        kept = np.searchsorted(np.flatnonzero(_step_rows(trained, place)), rows)
        trees = mean.booster.trees_to_dataframe()
        gains = trees.groupby("tree_index")["split_gain"].sum().to_numpy()
        return SharedLeaves(_leaves(mean, task.matrix[kept][:, columns]), gains, weights, rows)

    changed = with_pools(trained, pool)
    return changed, LeafPredictor(frozenset(name for names in blocks for name in names))


def nearest_donors(count: int, *, kernel: bool, residuals: bool = False):
    """Return a change to drawing among the donors nearest to the recipient itself."""

    def change(trained: Trained) -> tuple[FusionModel, Predictor]:
        def pool(_place, _model, expectations, values, weights, rows):
            return NearestDonors(
                expectations,
                values,
                weights,
                rows,
                count=count,
                kernel=kernel,
                residuals=residuals,
            )

        return with_pools(trained, pool), FastPredictor()

    return change


def with_pools(trained: Trained, make: Callable) -> FusionModel:
    """Return the model with other pools for the numbers that are drawn on their own."""
    steps, place = [], 0
    for step in trained.model.steps:
        model = step.variables[0]
        if not step.is_block and not model.type.is_categorical and model.constant is None:
            rows = np.flatnonzero(_step_rows(trained, place))
            expectations = trained.fitted[place].out_of_fold
            values = trained.donors.fused[rows, place]
            if model.has_zero_part:
                keep = values != 0
                rows, values, expectations = rows[keep], values[keep], expectations[keep, 1:]
            weights = trained.donors.weights[rows]
            pool = make(place, model, expectations, values, weights, rows)
            step = dataclasses.replace(step, pool=pool)  # noqa: PLW2901 - the changed step
        steps.append(step)
        place += len(step.variables)
    return dataclasses.replace(trained.model, steps=tuple(steps))


def _step_rows(trained: Trained, place: int) -> np.ndarray:
    steps = range(len(trained.donors.steps))
    step = next(item for item in steps if place in trained.donors.step_columns(item))
    return trained.donors.step_rows(step)


@contextmanager
def isotonic_quantiles():
    """Correct crossing quantiles by isotonic regression instead of sorting them."""

    def pooled(variable, expectations):
        first = next((i for i, part in enumerate(variable.parts) if part.role == "quantile"), None)
        if first is None:
            return expectations
        result = expectations.copy()
        crossing = (np.diff(expectations[..., first:], axis=-1) < 0).any(axis=-1)
        result[crossing, first:] = [
            isotonic_regression(row) for row in expectations[crossing][:, first:]
        ] or np.empty((0, expectations.shape[-1] - first))
        return result

    with (
        patch("fusion_core.fusion.training._variable_fits.rising_quantiles", pooled),
        patch("fusion_core.fusion.model.expectations.rising_quantiles", pooled),
        patch("fusion_core.fusion.fusing._prediction.rising_quantiles", pooled),
    ):
        yield


def methods() -> list[Candidate]:
    """Return the product's ways to draw: first the one others are measured by, last the default."""
    base = TrainSettings.preset("production").replace(method="out-of-fold")
    return [
        Candidate("out-of-fold", base),
        # What the chance of drawing alone makes of it.
        Candidate("out-of-fold, drawn again", base, seed=6),
        Candidate("variable-k (paper)", base.replace(method="variable-k")),
        Candidate("variable-k-smoothed (R)", base.replace(method="variable-k-smoothed")),
        Candidate("forest", base.replace(method="forest")),
        Candidate("boosted-forest", base.replace(method="boosted-forest")),
        Candidate("stacked", base.replace(method="stacked")),
    ]


def trials() -> list[Candidate]:
    """Return ways that lost; they cost more than the product's own all together."""
    base = TrainSettings.preset("production").replace(method="out-of-fold")
    middle = [(place - 0.5) / 9 for place in range(1, 10)]
    return [
        Candidate("5 quantiles", base.replace(quantiles=(0.1, 0.3, 0.5, 0.7, 0.9))),
        Candidate("9 quantiles", base.replace(quantiles=tuple(middle))),
        Candidate("isotonic quantiles", base, around=isotonic_quantiles),
        Candidate("every donor a centre", base.replace(centres=10**6)),
        Candidate("80 nearest of the recipient", base, nearest_donors(80, kernel=False)),
        Candidate("160 nearest, kernel weights", base, nearest_donors(160, kernel=True)),
        Candidate(
            "160 nearest, moved residuals", base, nearest_donors(160, kernel=True, residuals=True)
        ),
        Candidate("leaves in common", base, shared_leaves),
        Candidate("calibrated classes", base.replace(class_probabilities="calibrated")),
        Candidate("smaller trees", base.replace(leaves=(4, 8, 16, 32, 64))),
    ]
