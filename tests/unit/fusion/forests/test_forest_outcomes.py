"""Outcomes of any kind count alike, and unordered categories are split in a telling order."""

from __future__ import annotations

import numpy as np
import pytest

from fusion_core.fusion.base import VariableType
from fusion_core.fusion.forests._outcomes import category_ranks, outcome_columns

WEIGHTS = np.array([1.0, 2.0, 1.0, 0.5, 1.5, 1.0])


def test_each_variable_of_a_block_counts_alike():
    types = (VariableType("kwh", "zero_inflated"), VariableType("fuel", "nominal", ("a", "b", "c")))
    values = np.array([[0, 1], [900, 0], [0, 2], [150, 1], [3e6, 1], [40, 2]], dtype=float)
    columns = outcome_columns(types, values, WEIGHTS)
    centred = columns - np.average(columns, axis=0, weights=WEIGHTS)
    variance = np.average(np.square(centred), axis=0, weights=WEIGHTS)
    assert variance[0] == pytest.approx(1)
    assert variance[1:].sum() == pytest.approx(1)


def test_levels_are_ranked_by_their_mean_outcome():
    codes = np.array([0, 0, 2, 2, 3, np.nan])
    outcomes = np.array([[5.0], [7.0], [-1.0], [0.0], [2.0], [100.0]])
    ranks = category_ranks(codes, 5, outcomes, WEIGHTS)
    assert np.isnan(ranks[[1, 4]]).all(), "levels no donor has are not known"
    in_order = ranks[[2, 3, 0]]
    assert (in_order == [0, 1, 2]).all() or (in_order == [2, 1, 0]).all()
