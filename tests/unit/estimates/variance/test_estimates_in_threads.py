"""Medians of many households are estimated side by side."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from fusion_core.estimates.statistics.groups import Groups
from fusion_core.estimates.variance import variance
from fusion_core.estimates.variance.variance import estimate_with_replicates


class Watcher:
    """A target that notes how many threads a matrix product may take."""

    def __init__(self) -> None:
        self.threads: set[int] = set()

    def replicated(self, weights, rows):
        pools = threadpool_info()
        self.threads |= {pool["num_threads"] for pool in pools if pool["user_api"] == "blas"}
        return weights.sum(axis=0)[:, None] * (len(weights) == len(rows))


@pytest.mark.parametrize("processors", [1, 2])
def test_threads_do_not_compete_with_those_of_their_matrix_products(monkeypatch, processors):
    monkeypatch.setattr(variance.os, "cpu_count", lambda: processors)
    households = variance._MANY_ROWS + 2
    groups = Groups.from_codes(np.arange(households) % 2, 2)
    watcher = Watcher()
    with threadpool_limits(limits=2, user_api="blas"):
        found = estimate_with_replicates(groups, np.ones((households, 3)), 0.5, [watcher])
    assert found[0].estimates[:, 0].tolist() == [households / 2] * 2
    assert watcher.threads == {2 if processors == 1 else 1}
