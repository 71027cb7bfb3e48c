"""Predict the expectations of recipient households and their implicates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from fusion_core.fusion.model import predict_rows, rising_quantiles
from fusion_core.fusion.trees import MOST_LEAVES, TreeTables, read_trees, walk_trees

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.fusion.model import ModelPart, VariableModel

EXPANDED_ROWS = 65_536


class Predictor(Protocol):
    """Predicts a variable's expectations for a block of recipient rows and several implicates.

    `fuse` computes expectations only through this interface.
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
            Variables fused so far, of shape (rows, variables, implicates), none missing.

        Returns
        -------
        Expectations of shape (rows, implicates, expectations), or (rows, 1, expectations) when no
        model uses a fused variable, so that all implicates share them.
        """


@dataclass(frozen=True)
class FastPredictor:
    """Decides the splits on recipient predictors once per household, for all its implicates.

    The expectations equal LightGBM's own to rounding. Trees with more than 64 leaves are left to
    LightGBM.
    """

    _tables: dict[int, tuple[ModelPart, TreeTables]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def expectations(
        self,
        variable: VariableModel,
        recipient: NDArray[np.float64],
        fused: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Predict; see `Predictor.expectations`."""
        if not variable.parts:
            return np.empty((len(recipient), 1, 0))
        if any(part.tuning.leaves > MOST_LEAVES for part in variable.parts):
            return ExpandingPredictor().expectations(variable, recipient, fused)
        place = _fused_places(variable, recipient.shape[1])
        own = np.where(place < 0, np.array(variable.features), 0)
        values = np.ascontiguousarray(recipient.T[own])
        fused = np.ascontiguousarray(fused)
        predicted = [self._part(variable, part, values, fused, place) for part in variable.parts]
        shared = max(item.shape[1] for item in predicted)
        shape = (len(recipient), shared)
        widened = [np.broadcast_to(item, (*shape, item.shape[2])) for item in predicted]
        return rising_quantiles(variable, np.concatenate(widened, axis=2))

    def _part(
        self,
        variable: VariableModel,
        part: ModelPart,
        values: NDArray[np.float64],
        fused: NDArray[np.float64],
        place: NDArray[np.int64],
    ) -> NDArray[np.float64]:
        """Predict one part, of shape (rows, implicates or 1, expectations)."""
        if not part.split_counts[place >= 0].any():
            fused, place = np.empty((values.shape[1], 0, 1)), np.full(len(place), -1)
        scores = walk_trees(self._read(part, place), values, fused, place)
        return _linked(part, len(variable.classes), scores)

    def _read(self, part: ModelPart, place: NDArray[np.int64]) -> TreeTables:
        # The part is kept too: were it gone, another part could come by the same identity.
        known = self._tables.get(id(part))
        if known is None:
            known = part, read_trees(part.booster, np.flatnonzero(place >= 0))
            self._tables[id(part)] = known
        return known[1]


@dataclass(frozen=True)
class ExpandingPredictor:
    """Predicts with LightGBM itself, on one expanded row per household and implicate."""

    def expectations(
        self,
        variable: VariableModel,
        recipient: NDArray[np.float64],
        fused: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Predict; see `Predictor.expectations`."""
        place = _fused_places(variable, recipient.shape[1])
        used = any(part.split_counts[place >= 0].any() for part in variable.parts)
        implicates = fused.shape[2] if used else 1
        at_once = max(1, EXPANDED_ROWS // implicates)
        pieces = []
        for first in range(0, len(recipient), at_once):
            rows = slice(first, first + at_once)
            expanded = np.empty((len(recipient[rows]), implicates, len(place)))
            for column, (feature, position) in enumerate(
                zip(variable.features, place, strict=True)
            ):
                if position < 0:
                    expanded[:, :, column] = recipient[rows, feature, None]
                else:
                    expanded[:, :, column] = fused[rows, position, :implicates]
            flat = expanded.reshape(-1, len(place))
            predicted = predict_rows(variable, flat)
            pieces.append(predicted.reshape(-1, implicates, predicted.shape[1]))
        return np.concatenate(pieces)


def _fused_places(variable: VariableModel, predictors: int) -> NDArray[np.int64]:
    """Return each feature's position among the fused variables, −1 for recipient predictors."""
    features = np.array(variable.features, dtype=np.int64)
    return np.where(features >= predictors, features - predictors, -1)


def _linked(part: ModelPart, classes: int, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn raw scores (rows, outputs, implicates) into expectations (rows, implicates, …)."""
    scores = scores.transpose(0, 2, 1)
    if part.role == "classes" and classes > 2:  # noqa: PLR2004 - two classes have one score
        powers = np.exp(scores - scores.max(axis=2, keepdims=True))
        return np.asarray(powers / powers.sum(axis=2, keepdims=True))
    if part.role in ("classes", "zero"):
        likely = 1 / (1 + np.exp(-scores))
        return likely if part.role == "zero" else np.concatenate([1 - likely, likely], axis=2)
    return scores
