"""From a checked donor to the numbers a training works on."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from fusion_core.errors import InputError
from fusion_core.fusion.base import (
    VariableType,
    detect_types,
    encode_frame,
    exact_values,
    some_rows,
)
from fusion_core.fusion.training._chaining import suggest_blocks, suggest_order
from fusion_core.fusion.training._donors import Donors
from fusion_core.fusion.training._gaps import fill_gaps
from fusion_core.fusion.training._screening import Design
from fusion_core.fusion.training.checking import FEWEST_IN_CLASS, CheckedDonor, check_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def encode_donor(checked: CheckedDonor, *, seed: int, name: str = "") -> Donors:
    """Write a donor as numbers, in the blocks and the order of the fusion.

    Parameters
    ----------
    checked
        The donor's rows, and what is to be trained on them.
    seed
        The user's seed.
    name
        Name of the donor survey, where it has one.

    Raises
    ------
    InputError
        If anything asked for cannot be learned.
    """
    given = _as_numbers(checked, seed=seed, name=name)
    _check_blocks(given)
    donors = _arranged(given)
    if donors is not given:
        _check_blocks(donors)
    _refuse_copies(donors, where=checked.where)
    notes = (*donors.notes, _dominance(donors)) if donors.dominant.any() else donors.notes
    return dataclasses.replace(donors, notes=notes)


def _as_numbers(checked: CheckedDonor, *, seed: int, name: str) -> Donors:
    """Encode every column that is used, in the given order."""
    donor, asked, weights = checked.donor, checked.asked, checked.weights
    overrides = dict(asked.settings.types)
    candidates = detect_types(donor, asked.predictors, overrides)
    matrix = encode_frame(donor, candidates, checked.rows)
    useful, predictor_notes = _useful_predictors(candidates, matrix, asked.settings.force)
    predictors, matrix = tuple(candidates[place] for place in useful), matrix[:, useful]
    fused_types = detect_types(donor, asked.variables, overrides, fused=True)
    fused = encode_frame(donor, fused_types, checked.rows)
    for variable, values in zip(fused_types, fused.T, strict=True):
        if variable.name in asked.given:
            _check_given(variable, values, len(asked.given[variable.name]), where=checked.where)
        else:
            _check_outcome(variable, values, asked.settings.folds, where=checked.where)
    filled = fused
    if len(asked.steps) > 1:
        filled = fill_gaps(fused, fused_types, matrix, predictors, weights, seed=seed)
    return Donors(
        predictors=predictors,
        matrix=matrix,
        steps=asked.steps,
        fused_types=fused_types,
        fused=fused,
        filled=filled,
        weights=weights,
        settings=asked.settings,
        seed=seed,
        notes=(*checked.notes, *predictor_notes, *_gap_notes(fused_types, fused)),
        name=name,
        exact=exact_values(donor, fused_types),
        given=asked.given,
    )


def _gap_notes(
    fused_types: tuple[VariableType, ...], fused: NDArray[np.float64]
) -> tuple[str, ...]:
    """Say which fusion variables some donors lack."""
    missing = np.isnan(fused).sum(axis=0)
    return tuple(
        f"{count:,} donors have no value of '{variable.name}': it is modelled and drawn "
        "from the others, and filled in where it predicts a later variable."
        for variable, count in zip(fused_types, missing.tolist(), strict=True)
        if count
    )


def _check_blocks(donors: Donors) -> None:
    """Check that blocks can be learned from the donors that have a value of all their variables."""
    for step, names in enumerate(donors.steps):
        if len(names) == 1:
            continue
        rows = donors.step_rows(step)
        for column in donors.step_columns(step):
            _check_outcome(
                donors.fused_types[column],
                donors.fused[rows, column],
                donors.settings.folds,
                where=f"donors with a value of {' and '.join(names)}",
            )


def _refuse_copies(donors: Donors, *, where: str) -> None:
    """Refuse predictors that say exactly what a fusion variable says."""
    for place, variable in enumerate(donors.fused_types):
        if variable.name in donors.given:
            continue
        for known in donors.candidates(place):
            if known < len(donors.predictors):
                _refuse_copy(
                    variable,
                    donors.fused[:, place],
                    donors.predictors[known],
                    donors.matrix[:, known],
                    where=where,
                )


def _dominance(donors: Donors) -> str:
    """Say how much rests on donors that dominate."""
    count = int(donors.dominant.sum())
    share = donors.weights[donors.dominant].sum() / donors.weights.sum()
    who = "One donor carries" if count == 1 else f"{count} donors carry"
    return f"{who} {share:.0%} of all weight: what is fused rests on few answers."


def _useful_predictors(
    predictors: tuple[VariableType, ...], matrix: NDArray[np.float64], forced: tuple[str, ...]
) -> tuple[list[int], list[str]]:
    """Return which predictors differ between donors, and notes on the others and on gaps."""
    keep, notes = [], []
    for place, predictor in enumerate(predictors):
        values = matrix[:, place]
        missing = np.isnan(values)
        if missing.any() and not missing.all():
            notes.append(f"{int(missing.sum()):,} donors have no value of '{predictor.name}'.")
        constant = missing.all() or (not missing.any() and (values == values[0]).all())
        if constant and predictor.name not in forced:
            same = "has no value for any donor" if missing.all() else "is the same for every donor"
            notes.append(f"'{predictor.name}' {same} and was left out.")
        else:
            keep.append(place)
    if not keep:
        raise InputError(
            "Every predictor has the same value for all donors", fix="Choose other predictors"
        )
    return keep, notes


def _arranged(donors: Donors) -> Donors:
    """Form the suggested blocks, and put the steps into the suggested order, as far as asked for.

    Raises
    ------
    InputError
        If too few donors have a value of every fusion variable.
    """
    settings, first = donors.settings, len(donors.given)
    modelled = range(first, len(donors.steps))
    if len(modelled) == 1 or (settings.order == "given" and settings.largest_block <= 1):
        return donors
    rows = np.flatnonzero(np.isfinite(donors.fused).all(axis=1))
    check_rows(
        len(rows), "rows with a value of every fusion variable, to find order and blocks from"
    )
    key = donors.origin(range(len(donors.fused_types)))
    rows = rows[some_rows(donors.seed, settings.screening_share, len(rows), key)]
    weights = donors.weights[rows]
    predictors = Design.build(donors.matrix[rows], donors.predictors, weights)

    def design(steps: Sequence[int]) -> Design:
        columns = [column for step in steps for column in donors.step_columns(step)]
        kinds = [donors.fused_types[column] for column in columns]
        return Design.build(donors.fused[rows][:, columns], kinds, weights)

    blocks = [[step] for step in modelled]
    if settings.largest_block > 1:
        # Blocks somebody formed stay as they are.
        alone = [step for step in modelled if len(donors.steps[step]) == 1]
        found = suggest_blocks(
            [design([step]) for step in alone],
            predictors,
            largest=settings.largest_block,
            bond=settings.block_bond,
        )
        given = [block for block in blocks if block[0] not in alone]
        blocks = sorted([*given, *([alone[place] for place in block] for block in found)])
    if settings.order == "suggested":
        order = suggest_order([design(block) for block in blocks], predictors)
        blocks = [blocks[place] for place in order]
    return _rearranged(donors, [*([step] for step in range(first)), *blocks])


def _rearranged(donors: Donors, blocks: Sequence[Sequence[int]]) -> Donors:
    """Put steps together to blocks, in the order of these."""
    columns = [column for block in blocks for step in block for column in donors.step_columns(step)]
    steps = tuple(tuple(name for step in block for name in donors.steps[step]) for block in blocks)
    shown = ", ".join(" and ".join(names) for names in steps if names[0] not in donors.given)
    what = "order" if donors.settings.order == "suggested" else "blocks"
    return dataclasses.replace(
        donors,
        steps=steps,
        fused_types=tuple(donors.fused_types[column] for column in columns),
        fused=donors.fused[:, columns],
        filled=donors.filled[:, columns],
        notes=(*donors.notes, f"Suggested {what}: {shown}."),
    )


def _check_given(
    variable: VariableType, values: NDArray[np.float64], shares: int, *, where: str = ""
) -> None:
    """Check that a variable can be drawn from given probabilities.

    Raises
    ------
    InputError
        If it has no levels or no value, or not one column of probabilities per level.
    """
    name = variable.name
    if not variable.is_categorical:
        raise InputError(
            f"The variable '{name}' has no levels, so no probabilities of them can be given",
            fix="Group its values into classes",
        )
    if shares != len(variable.levels):
        raise InputError(
            f"'{name}' has {len(variable.levels)} levels and {shares} columns of probabilities",
            where="given",
            fix="Give one column per level, in the order of the levels",
        )
    if np.isnan(values).all():
        raise InputError(
            f"The variable '{name}' has no value in any row", where=where, fix="Leave it out"
        )


def _check_outcome(
    variable: VariableType, values: NDArray[np.float64], folds: int, *, where: str = ""
) -> None:
    """Check that a fusion variable can be learned.

    Parameters
    ----------
    variable, values
        The variable and its encoded values, missing ones as NaN.
    folds
        Number of cross-validation folds.
    where
        Which donors the values are of, where not of all.

    Raises
    ------
    InputError
        If all values are missing or equal, too few for the folds, or a class has a single donor.
    """
    name = variable.name
    present = values[np.isfinite(values)]
    if not len(present):
        raise InputError(
            f"The fusion variable '{name}' has no value in any row",
            where=where,
            fix="Leave it out",
        )
    levels, counts = np.unique(present, return_counts=True)
    if len(levels) == 1:
        shown = variable.levels[int(levels[0])] if variable.is_categorical else f"{levels[0]:g}"
        raise InputError(
            f"The fusion variable '{name}' has the same value '{shown}' in every row",
            where=where,
            fix="Leave it out: there is nothing to model",
        )
    check_rows(len(present), f"rows with a value of '{name}'")
    if len(present) < folds:
        raise InputError(
            f"The fusion variable '{name}' has {len(present)} values, fewer than the {folds} folds",
            where=where,
            fix="Ask for fewer folds",
        )
    if variable.is_categorical and counts.min() < FEWEST_IN_CLASS:
        level = variable.levels[int(levels[np.argmin(counts)])]
        raise InputError(
            f"The level '{level}' of the fusion variable '{name}' has a single donor",
            where=where,
            fix="Merge it with another level",
        )
    zeros = int((present == 0).sum())
    if variable.kind == "zero_inflated" and min(zeros, len(present) - zeros) < FEWEST_IN_CLASS:
        raise InputError(
            f"The fusion variable '{name}' has {zeros} zeros among {len(present)} values",
            where=where,
            fix="Declare it continuous",
        )


def _refuse_copy(
    fused: VariableType,
    values: NDArray[np.float64],
    predictor: VariableType,
    known: NDArray[np.float64],
    *,
    where: str = "",
) -> None:
    """Check that a predictor is not the fusion variable under another name.

    Parameters
    ----------
    fused, values
        The fusion variable and its encoded values.
    predictor, known
        A predictor and its encoded values of the same donors.
    where
        Which donors the values are of, where not of all.

    Raises
    ------
    InputError
        If both have the same value in every row.
    """
    if fused.is_categorical != predictor.is_categorical:
        return
    if fused.is_categorical and fused.levels != predictor.levels:
        places = {level: float(place) for place, level in enumerate(fused.levels)}
        table = np.array([*(places.get(level, -1.0) for level in predictor.levels), np.nan])
        known = table[np.where(np.isnan(known), len(predictor.levels), known).astype(np.int64)]
    if np.array_equal(values, known, equal_nan=True):
        raise InputError(
            f"The fusion variable '{fused.name}' and the predictor '{predictor.name}' have the same "
            "value in every row",
            where=where,
            fix="Take one of them out: the recipient has the answer already",
        )
