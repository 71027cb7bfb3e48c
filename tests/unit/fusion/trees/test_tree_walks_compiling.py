"""The compiled walk: one signature whatever it is given, compiled once for all processes."""

from __future__ import annotations

import os
import subprocess
import sys

import lightgbm as lgb
import numba.core.caching
import numpy as np
import pytest

from fusion_core.fusion.trees.tables import read_trees
from fusion_core.fusion.trees.walks import compiled_walk, walk_trees

ROWS, IMPLICATES = 20, 3
PLACE = np.array([-1, 0])

# Prints how often the compiled code was found on disk, and how often it had to be compiled.
COMPILE = """
from fusion_core.fusion.trees.walks import compiled_walk
stats = compiled_walk().stats
print(sum(stats.cache_hits.values()), sum(stats.cache_misses.values()))
"""


@pytest.fixture(scope="module")
def tables():
    draw = np.random.default_rng(0)
    x = draw.normal(0, 1, (500, 2))
    parameters = {"num_leaves": 4, "verbose": -1, "num_threads": 1}
    model = lgb.train(parameters, lgb.Dataset(x, x.sum(axis=1)), num_boost_round=5)
    return read_trees(model, [1])


@pytest.fixture(scope="module")
def values():
    draw = np.random.default_rng(1)
    # Whole numbers and halves, so that single precision loses nothing.
    predictors = draw.integers(-4, 4, (2, ROWS)) / 2
    return predictors, draw.integers(-4, 4, (ROWS, 1, IMPLICATES)) / 2


def read_only(array):
    copy = array.copy()
    copy.flags.writeable = False
    return copy


@pytest.mark.parametrize(
    "odd",
    [
        read_only,
        np.asfortranarray,
        lambda array: array.astype(np.float32),
        lambda array: np.repeat(array, 2, axis=-1)[..., ::2],
        lambda array: array[::-1].copy()[::-1],
        lambda array: array.astype(array.dtype.newbyteorder()),
    ],
)
def test_arrays_of_any_kind_give_the_same_scores_by_the_same_code(tables, values, odd):
    predictors, fused = values
    expected = walk_trees(tables, predictors, fused, PLACE)
    unwritable = tables._replace(
        trees=read_only(tables.trees),
        splits=read_only(tables.splits),
        leaves=read_only(tables.leaves),
        cuts=read_only(tables.cuts),
    )
    found = walk_trees(unwritable, odd(predictors), odd(fused), PLACE.astype(np.int32))
    assert np.array_equal(found, expected)
    assert len(compiled_walk().signatures) == 1


def test_without_any_writable_folder_the_walk_is_compiled_for_this_process(
    tables, values, monkeypatch
):
    monkeypatch.setattr(numba.core.caching.CacheImpl, "_locator_classes", [])
    compiled = compiled_walk.__wrapped__()
    assert compiled.stats.cache_path is None
    scores = np.zeros((ROWS, 1, IMPLICATES))
    compiled(tables, *values, PLACE, scores)
    assert np.array_equal(scores, walk_trees(tables, *values, PLACE))


@pytest.mark.slow
def test_of_many_processes_one_compiles_and_the_others_wait(tmp_path):
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", COMPILE], env=environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    answers = sorted(process.communicate()[0].split() for process in started)
    assert answers == [["0", "1"], ["1", "0"], ["1", "0"]]
