"""Predict the expectations of a variable with its tree models, on rows of its own predictors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusion_core.fusion.trees import predict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.fusion.model.chain import ModelPart, VariableModel


def predict_rows(variable: VariableModel, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the expectations of rows of the variable's own predictors (columns in that order)."""
    columns = [predict_part(variable, part, matrix) for part in variable.parts]
    if not columns:
        return np.empty((len(matrix), 0))
    return rising_quantiles(variable, np.column_stack(columns))


def predict_part(
    variable: VariableModel, part: ModelPart, rows: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what one tree model expects of rows of the variable's own predictors."""
    return as_expectations(variable, part, predict(part.booster, rows))


def as_expectations(
    variable: VariableModel, part: ModelPart, predicted: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return LightGBM's predictions as columns, one per class or one in all."""
    if part.role == "classes" and len(variable.classes) == 2:  # noqa: PLR2004 - two classes
        ones = predicted.reshape(-1)
        return np.column_stack([1 - ones, ones])
    return predicted.reshape(len(predicted), -1)


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
