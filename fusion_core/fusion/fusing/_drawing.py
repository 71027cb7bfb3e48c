"""Run the chain: draw the implicates of encoded recipient rows.

Rows are handled in blocks, several at the same time; every draw has its own random number, so blocks
and threads change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fusion_core.arguments import by_either_name, whole_number
from fusion_core.errors import InputError
from fusion_core.fusion.base import CHUNK_ROWS, Progress, cell_uniforms, check_seed
from fusion_core.fusion.implicates import FusedVariable
from fusion_core.fusion.model import tempered, tempered_chance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.fusion.base import VariableType
    from fusion_core.fusion.fusing._prediction import Predictor
    from fusion_core.fusion.model import FusionModel, Step, VariableModel

IMPLICATES = 40
"""How many implicates are drawn where nobody says."""
CELLS_AT_ONCE = 400_000
_TINY = 1e-12


@dataclass(frozen=True)
class Draws:
    """Which implicates are drawn, and by how many threads.

    Attributes
    ----------
    implicates
        Their number.
    seed
        Seed of the draws.
    threads
        Row blocks computed at the same time; the result does not depend on it.
    """

    implicates: int
    seed: int
    threads: int = 1


def check_draws(
    implicates: int | None, seed: int | None, threads: int, *, m: int | None = None
) -> Draws:
    """Check which implicates are asked for.

    Parameters
    ----------
    implicates, seed, threads, m
        As for `fusion_core.fusion.fuse`.

    Raises
    ------
    InputError
        If one of them is no such number, or the number of implicates is given by both names.
    """
    return Draws(
        check_implicates(implicates, m), check_seed(seed), whole_number(threads, "threads", least=0)
    )


def check_implicates(implicates: int | None, m: int | None) -> int:
    """Return the number of implicates asked for, by either name; `IMPLICATES` where none is.

    Raises
    ------
    InputError
        If there would be none, it is no whole number, or both names are used.
    """
    asked = by_either_name(implicates, m, "implicates", "m")
    count = IMPLICATES if asked is None else asked
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
        raise InputError(
            f"{count!r} is not a number of implicates", fix="Ask for a whole number of at least 1"
        )
    return int(count)


@dataclass(frozen=True)
class RowRange:
    """Which of all recipient rows a matrix holds.

    Attributes
    ----------
    first
        Position of its first row, a multiple of `CHUNK_ROWS`.
    total
        Number of all recipient rows.
    """

    first: int
    total: int


def draw_rows(
    matrix: NDArray[np.float64],
    model: FusionModel,
    rows: RowRange,
    draws: Draws,
    *,
    predictor: Predictor,
    progress: Progress,
) -> list[FusedVariable]:
    """Draw the implicates of consecutive recipient rows, in blocks that are computed in parallel.

    Parameters
    ----------
    matrix
        Encoded predictors and given probabilities (see `EncodedRows`).
    model, predictor, progress
        As for `fuse`; every argument is given.
    rows
        Where these rows are among all, which decides their random numbers.
    draws
        Which implicates are drawn.
    """
    types, streams = model.fused_types, model.streams(draws.seed)
    implicates = draws.implicates
    result = [
        np.empty((len(matrix), implicates), dtype=storage_type(variable)) for variable in types
    ]
    block = block_rows(implicates)
    starts = range(0, len(matrix), block)

    def work(start: int) -> int:
        stop = min(start + block, len(matrix))
        uniforms = (
            cell_uniforms(numbers, step, rows.first + start, rows.first + stop, range(implicates))
            for step, numbers in enumerate(streams)
        )
        drawn = _fuse_block(matrix[start:stop], model, uniforms, implicates, predictor)
        for values, own in zip(result, drawn, strict=True):
            values[start:stop] = own
        return stop

    executor = ThreadPoolExecutor(max(1, draws.threads))
    try:
        for stop in executor.map(work, starts):
            done = rows.first + stop
            progress(done / rows.total, f"Fused {done:,} of {rows.total:,} households")
    finally:
        executor.shutdown(cancel_futures=True)
    outlines = fused_outlines(model, draws.seed)
    return [
        replace(outline, values=values) for outline, values in zip(outlines, result, strict=True)
    ]


def fused_outlines(model: FusionModel, seed: int) -> list[FusedVariable]:
    """Return the variables that a fusion with some seed draws, without values."""
    result: list[FusedVariable] = []
    for step, own in zip(model.steps, model.streams(seed), strict=True):
        features = {place for variable in step.variables for place in variable.features}
        features |= set(step.forest.features if step.forest is not None else ())
        places = {place - len(model.predictors) for place in features}
        # What a variable is predicted from brings its random numbers with it.
        known = [stream for p in sorted(places) if p >= 0 for stream in result[p].streams]
        streams = tuple(dict.fromkeys([own, *known]))
        result += [
            FusedVariable(
                item.type.name,
                np.empty((0, 0)),
                item.type.levels,
                item.type.kind == "ordered",
                streams,
            )
            for item in step.variables
        ]
    return result


def block_rows(implicates: int) -> int:
    """Return how many rows are computed at once: whole chunks, and a bounded number of cells."""
    return CHUNK_ROWS * max(1, CELLS_AT_ONCE // (CHUNK_ROWS * implicates))


def _fuse_block(
    recipient: NDArray[np.float64],
    model: FusionModel,
    uniforms: Iterable[NDArray[np.float64]],
    implicates: int,
    predictor: Predictor,
) -> list[NDArray[Any]]:
    """Run the chain for a block of rows, with the random numbers of each step.

    Returns the fused values of every variable, each of shape (rows, implicates).
    """
    result: list[NDArray[Any]] = []
    recipient, shares = np.hsplit(recipient, [len(model.predictors)])
    fused = np.empty((len(recipient), len(model.fused_types), implicates))
    for step, numbers in zip(model.steps, uniforms, strict=True):
        known = fused[:, : len(result)]
        if step.is_given:
            own, shares = np.hsplit(shares, [len(step.variables[0].shares)])
            drawn = [draw_classes(step.variables[0], own[:, None, :], numbers[:, :, 0])]
        else:
            drawn = draw_step(step, model, recipient, known, numbers, predictor=predictor)
        for values in drawn:
            # What follows in the chain sees numbers as the models do.
            fused[:, len(result)] = values
            result.append(values)
    return result


def draw_step(
    step: Step,
    model: FusionModel,
    recipient: NDArray[np.float64],
    fused: NDArray[np.float64],
    uniforms: NDArray[np.float64],
    *,
    predictor: Predictor,
) -> list[NDArray[Any]]:
    """Draw one step of the chain for a block of rows.

    Parameters
    ----------
    step, model
        The step and the model it belongs to.
    recipient
        Encoded predictors, of shape (rows, predictors).
    fused
        Variables fused so far, of shape (rows, variables, implicates).
    uniforms
        Uniform numbers of shape (rows, implicates, 2) that decide the draws.
    predictor
        How expectations are computed.

    Returns
    -------
    One array of shape (rows, implicates) per variable of the step: numbers or codes.
    """
    expectations = [predictor.expectations(item, recipient, fused) for item in step.variables]
    forest = step.forest
    if forest is None:
        return _draw_without_forest(step, model, expectations, uniforms)
    together = _side_by_side(expectations)
    if forest.mixture == 1:
        donors = forest.pick(recipient, fused, together, uniforms)
        return [model.drawn_values(name)[donors] for name in step.names]
    # One number decides between both, and what is left of it, which is uniform again, the rest.
    first, share = uniforms[:, :, 0], forest.mixture
    from_leaves = first < share
    left = np.where(from_leaves, first / max(share, _TINY), (first - share) / (1 - share))
    numbers = np.stack([left, uniforms[:, :, 1]], axis=2)
    drawn = _draw_some_without_forest(step, model, expectations, numbers, ~from_leaves)
    if share > 0:
        donors = forest.pick(recipient, fused, together, numbers)
        drawn = [
            np.where(from_leaves, model.drawn_values(name)[donors], values)
            for name, values in zip(step.names, drawn, strict=True)
        ]
    return drawn


def _draw_some_without_forest(
    step: Step,
    model: FusionModel,
    expectations: list[NDArray[np.float64]],
    uniforms: NDArray[np.float64],
    wanted: NDArray[np.bool_],
) -> list[NDArray[Any]]:
    """Draw the wanted cells of a step without its forest; the others hold anything."""
    if all(item.shape[1] == 1 for item in expectations):
        # Near donors are searched once a row: that is no more work for all of its cells.
        return _draw_without_forest(step, model, expectations, uniforms)
    cells = np.nonzero(wanted)
    own = [
        np.broadcast_to(item, (*wanted.shape, item.shape[2]))[cells][:, None]
        for item in expectations
    ]
    result = []
    for values in _draw_without_forest(step, model, own, uniforms[cells][:, None]):
        whole = np.zeros(wanted.shape, dtype=values.dtype)
        whole[cells] = values[:, 0]
        result.append(whole)
    return result


def _draw_without_forest(
    step: Step,
    model: FusionModel,
    expectations: list[NDArray[np.float64]],
    uniforms: NDArray[np.float64],
) -> list[NDArray[Any]]:
    """Draw a step from its donors, or a category from its probabilities."""
    if step.is_block:
        donors = _draw_donors(step, _side_by_side(expectations), uniforms[:, :, 1])
        return [model.drawn_values(name)[donors] for name in step.names]
    (variable,), (own,) = step.variables, expectations
    if variable.type.is_categorical:
        if variable.temperature != 1:
            own = tempered(own, variable.temperature)
        return [draw_classes(variable, own, uniforms[:, :, 0])]
    values = model.drawn_values(variable.type.name)
    if not variable.has_zero_part:
        return [values[_draw_donors(step, own, uniforms[:, :, 1])]]
    drawn = np.zeros(uniforms.shape[:2], dtype=values.dtype)
    chance = own[:, :, 0]
    if variable.temperature != 1:
        chance = tempered_chance(chance, variable.temperature)
    positive = uniforms[:, :, 0] < chance
    wanted = np.broadcast_to(own[:, :, 1:], (*positive.shape, own.shape[2] - 1))
    rest = wanted[positive][:, None, :]
    if variable.constant is not None:
        rest = np.zeros((len(rest), 1, 1))
    donors = _draw_donors(step, rest, uniforms[:, :, 1][positive][:, None])
    drawn[positive] = values[donors[:, 0]]
    return [drawn]


def draw_classes(
    variable: VariableModel,
    probabilities: NDArray[np.float64],
    uniforms: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Draw level codes from class probabilities of shape (rows, implicates or 1, classes)."""
    running = np.cumsum(probabilities, axis=2)
    # The last class takes what rounding leaves of the unit interval.
    place = np.zeros(uniforms.shape, dtype=np.int64)
    for boundary in range(running.shape[2] - 1):
        place += uniforms >= running[:, :, boundary]
    return np.array(variable.classes, dtype=np.float64)[place]


def _draw_donors(
    step: Step,
    expectations: NDArray[np.float64],
    uniforms: NDArray[np.float64],
) -> NDArray[np.int32]:
    """Draw a donor per cell."""
    if step.pool is None:
        raise ValueError(f"the step {step.names} has no donors to draw from")
    return step.pool.pick(expectations, uniforms)


def _side_by_side(expectations: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Put the expectations of a block's variables side by side."""
    implicates = max(item.shape[1] for item in expectations)
    widened = [
        np.broadcast_to(item, (item.shape[0], implicates, item.shape[2])) for item in expectations
    ]
    return np.concatenate(widened, axis=2)


def storage_type(variable: VariableType) -> np.dtype[np.generic]:
    """Return the dtype of a fused variable's draws."""
    if variable.is_categorical:
        return np.dtype(np.int8 if len(variable.levels) < 128 else np.int16)  # noqa: PLR2004 - int8
    return np.dtype(variable.dtype)
