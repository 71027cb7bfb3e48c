"""A combination's data: the households of one recipient with what several donors gave them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.estimates.runs._joint_implicates import JointImplicates, Strand
from fusion_core.estimates.runs._stored_implicates import LazyImplicates
from fusion_core.estimates.variance import Donors, samples_of
from fusion_core.surveys.model import HOUSEHOLD_KEY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.estimates.runs.estimate_data import EstimateData
    from fusion_core.estimates.statistics import WeightMatrix
    from fusion_core.estimates.variance import DonorSample
    from fusion_core.workspace.combinations import Combination
    from fusion_core.workspace.runs import Run


def combined_parts(
    combination: Combination, runs: Sequence[Run], loaded: Sequence[EstimateData]
) -> tuple[pd.DataFrame, JointImplicates, Donors | None, tuple[str, ...]]:
    """Put the data of several runs together.

    Parameters
    ----------
    combination, runs
        The combination and its runs.
    loaded
        The data of each run.

    Returns
    -------
    tuple
        The households with the columns of all runs, the implicates, the donors – ``None`` where one
        of them is not known –, and what is to be said of it, in sentences.

    Raises
    ------
    InputError
        If the runs are of different households, a named variable is not there, or
        `JointImplicates` refuses them.
    """
    first = loaded[0]
    strands, samples, tables = [], [], [first.table]
    for part, run, data in zip(combination.parts, runs, loaded, strict=True):
        if data.implicates is None or not isinstance(data.implicates.base, LazyImplicates):
            raise InputError("The run has no fused variables", where=run.id)
        implicates = data.implicates.base
        for name in part.variables:
            if name not in implicates.variables:
                raise InputError.unknown("fused variable", name, implicates.names, where=run.id)
        names = part.variables or implicates.names
        order = None if data is first else _order(first.table, data.table, run)
        strands.append(
            Strand(f"run '{run.id}'", run.spec().pair.donor.title, implicates, names, order)
        )
        samples += [_in_order(sample, names, order) for sample in samples_of(data.donor)]
        if data is not first:
            tables.append(_new_columns(tables, data.table, order))
    joint = JointImplicates(strands, len(first.table))
    known = len(samples) == len(loaded)
    # A fused variable takes the place of a column of the same name, as in a run.
    columns: dict[str, pd.Series] = {}
    for name, column in ((name, table[name]) for table in tables for name in table.columns):
        if name not in joint.variables:
            columns.setdefault(str(name), column)
    table = pd.DataFrame(columns, index=first.table.index, copy=False)
    counts = [strand.implicates.count for strand in strands]
    return table, joint, Donors(tuple(samples)) if known else None, _notes(counts)


def _notes(counts: Sequence[int]) -> tuple[str, ...]:
    if len(set(counts)) == 1:
        return ()
    listed = " and ".join(f"{count:,}" for count in counts)
    return (f"The runs have {listed} implicates; the first {min(counts):,} of each are used.",)


def _order(first: pd.DataFrame, other: pd.DataFrame, run: Run) -> NDArray[np.intp] | None:
    """Return the other table's row of every household of the first; ``None`` for the same order."""
    own, theirs = (pd.Index(table[HOUSEHOLD_KEY]) for table in (first, other))
    if own.equals(theirs):
        return None
    places = theirs.get_indexer(own)
    if len(own) != len(theirs) or (places < 0).any():
        missing = int((places < 0).sum()) or abs(len(theirs) - len(own))
        raise InputError(
            f"The runs were fused onto different households of the recipient; {missing:,} are in one "
            "run alone",
            where=run.id,
            fix="Run both on the recipient as it is stored now",
        )
    return np.asarray(places, dtype=np.intp)


def _in_order(
    sample: DonorSample, names: Sequence[str], order: NDArray[np.intp] | None
) -> DonorSample:
    """Return a donor with the variables that are used, its recipient in the order of the households."""
    from dataclasses import replace

    columns = {name: column for name, column in sample.columns.items() if name in names}
    recipient = sample.recipient if order is None else sample.recipient.take(order)
    return replace(sample, columns=columns, recipient=recipient)


def _new_columns(
    tables: Sequence[pd.DataFrame], other: pd.DataFrame, order: NDArray[np.intp] | None
) -> pd.DataFrame:
    """Return a table with the columns no other has, in the order of the households."""
    if order is None:
        return other
    known = {name for table in tables for name in table.columns}
    found = other[[name for name in other.columns if name not in known]]
    return found.iloc[order].reset_index(drop=True)


def share_memory(
    table: pd.DataFrame, weights: WeightMatrix, others: Sequence[EstimateData]
) -> tuple[pd.DataFrame, WeightMatrix]:
    """Keep one copy of what several runs on one recipient hold alike.

    Parameters
    ----------
    table, weights
        The households of a run that was just read.
    others
        What is in memory already.

    Returns
    -------
    tuple
        The same table and weights; columns that another has too are that other's own.
    """
    alike = [item for item in others if item.table.index.equals(table.index)]
    columns = {str(name): _same(table[name], [item.table for item in alike]) for name in table}
    found = next(
        (item.weights for item in alike if _weigh_the_same(item.weights, weights)), weights
    )
    return pd.DataFrame(columns, index=table.index, copy=False), found


def _weigh_the_same(one: WeightMatrix, other: WeightMatrix) -> bool:
    described = one.design == other.design and one.note == other.note
    return described and np.array_equal(one.values, other.values)


def _same(column: pd.Series, tables: Sequence[pd.DataFrame]) -> pd.Series:
    """Return a column of one of the tables that holds the same, else a copy by itself."""
    for table in tables:
        if column.name in table.columns:
            other = table[column.name]
            if other.dtype == column.dtype and other.equals(column):
                return other
    # Alone it does not keep the rest of its table in memory.
    return column.copy()
