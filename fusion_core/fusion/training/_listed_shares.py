"""What drawing from lists of near donors says of donors that its models have not seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from fusion_core.fusion.model import Step, tempered, tempered_chance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.fusion.forests import ForestTask

    Floats = NDArray[np.float64]


def listed_shares(
    step: Step, task: ForestTask, expectations: Sequence[Floats], scored: NDArray[np.int64]
) -> csr_array:
    """Return the chance with which a step draws each donor for some donors, of shape (scored, donors).

    Nobody is drawn for itself. Of classes, and of zeros, one donor stands for all that have the same.

    Parameters
    ----------
    step
        The step, its donors listed.
    task
        The same donors as a forest takes them.
    expectations
        What models that never saw them expect of the donors, by variable of the step.
    scored
        Rows of the task.
    """
    rows = len(task.donors)
    wanted = [item[scored] for item in expectations]
    model = step.variables[0]
    if step.is_block:
        return _chances(step, task, np.concatenate(wanted, axis=1), scored)
    if model.type.is_categorical:
        classes, first = np.unique(task.outcomes[:, 0], return_index=True)
        chances = tempered(wanted[0][:, None, :], model.temperature)[:, 0]
        columns = np.tile(first, len(scored))
        place = np.repeat(np.arange(len(scored)), len(classes))
        return csr_array((chances.ravel(), (place, columns)), (len(scored), rows))
    if not model.has_zero_part:
        return _chances(step, task, wanted[0], scored)
    chance = tempered_chance(wanted[0][:, 0], model.temperature)
    numbers = wanted[0][:, 1:] if model.constant is None else np.zeros((len(scored), 1))
    found = _chances(step, task, numbers, scored).multiply(chance[:, None])
    zero = np.full(len(scored), np.flatnonzero(task.outcomes[:, 0] == 0)[0])
    zeros = csr_array((1 - chance, (np.arange(len(scored)), zero)), (len(scored), rows))
    return csr_array(found + zeros)


def _chances(
    step: Step, task: ForestTask, expectations: Floats, scored: NDArray[np.int64]
) -> csr_array:
    """Return the chance of each donor to be drawn from the list of the nearest centre."""
    if step.pool is None:
        raise ValueError(f"the step {step.names} has no donors to draw from")
    row, donor = step.pool.listed(expectations)
    member = np.searchsorted(task.donors, donor)
    weight = np.where(member == scored[row], 0.0, task.weights[member])
    # Alone on its list, a donor can only be drawn for itself.
    weight = np.where(np.bincount(row, weight, len(scored))[row] > 0, weight, 1.0)
    total = np.bincount(row, weight, len(scored))
    shape = (len(scored), len(task.donors))
    return csr_array((weight / total[row], (row, member)), shape)
