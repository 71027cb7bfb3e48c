"""What loaded households keep in memory is what they need, and no more."""

import numpy as np
import pandas as pd

from fusion_core.estimates.runs._stored_implicates import StoredVariables
from fusion_core.estimates.statistics import Coded, DrawnTable, weight_matrix
from fusion_core.fusion import FusedVariable, Implicates, open_implicates, write_implicates
from fusion_core.fusion.base import Stream
from fusion_core.harmony.expressions import check_expression
from fusion_core.lru_cache import LruCache
from fusion_core.surveys.model import Variable


def stored(tmp_path, values):
    fused = FusedVariable("cars", np.array(values), streams=(Stream(1, "x", ("cars",)),))
    write_implicates(Implicates({"cars": fused}), tmp_path / "implicates")
    return StoredVariables(open_implicates(tmp_path / "implicates"), LruCache(10**6))["cars"]


def test_weights_do_not_keep_the_table_they_were_taken_from():
    table = pd.DataFrame({"weight": np.ones(5), "income": np.arange(5.0)})
    values = weight_matrix(table, 5).values
    held = values if values.base is None else values.base
    assert held.nbytes == values.nbytes


def test_counts_are_kept_in_single_bytes_and_read_as_wide_numbers(tmp_path):
    cars = stored(tmp_path, [[0, 120], [3, 1]])
    assert cars.values.dtype == np.int8
    assert cars.column(1).tolist() == [120, 1]
    assert cars.column(1).dtype == np.int64


def test_whole_numbers_beyond_a_byte_keep_their_values(tmp_path):
    assert stored(tmp_path, [[-129, 40_000]]).values.tolist() == [[-129, 40_000]]


def test_conditions_on_counts_are_decided_once_per_value(tmp_path):
    implicates = Implicates({"cars": stored(tmp_path, [[0, 120], [3, 1]])})
    known = {"cars": Variable("cars", type="integer")}
    checked = check_expression("cars * 2 >= 6", known, where="test")
    found = DrawnTable(pd.DataFrame(index=range(2)), implicates).evaluate(checked)
    assert isinstance(found, Coded)
    assert found.with_truth().tolist() == [[False, True], [True, False]]
