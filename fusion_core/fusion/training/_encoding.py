"""From a checked donor to the numbers a training works on."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from fusion_core.errors import InputError
from fusion_core.fusion.base import VariableType, detect_types, encode_frame, exact_values
from fusion_core.fusion.training._arranging import arrange_steps
from fusion_core.fusion.training._donors import Donors
from fusion_core.fusion.training._gaps import fill_gaps
from fusion_core.fusion.training._learnable import check_steps, check_variables
from fusion_core.fusion.training.checking import CheckedDonor

if TYPE_CHECKING:
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
    donors = _as_numbers(checked, seed=seed, name=name)
    check_variables(donors, where=checked.where)
    donors = arrange_steps(fill_gaps(donors))
    check_steps(donors, where=checked.where)
    return dataclasses.replace(donors, notes=(*donors.notes, *_dominance(donors)))


def _as_numbers(checked: CheckedDonor, *, seed: int, name: str) -> Donors:
    """Encode every column that is used, in the given order."""
    donor, asked = checked.donor, checked.asked
    overrides = dict(asked.settings.types)
    candidates = detect_types(donor, asked.predictors, overrides)
    matrix = encode_frame(donor, candidates, checked.rows)
    useful, predictor_notes = _useful_predictors(candidates, matrix, asked.settings.force)
    predictors, matrix = tuple(candidates[place] for place in useful), matrix[:, useful]
    fused_types = detect_types(donor, asked.variables, overrides, fused=True)
    fused = encode_frame(donor, fused_types, checked.rows)
    return Donors(
        predictors=predictors,
        matrix=matrix,
        steps=asked.steps,
        fused_types=fused_types,
        fused=fused,
        filled=fused,
        weights=checked.weights,
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


def _dominance(donors: Donors) -> tuple[str, ...]:
    """Say how much rests on donors that dominate, where there are any."""
    count = int(donors.dominant.sum())
    if not count:
        return ()
    share = donors.weights[donors.dominant].sum() / donors.weights.sum()
    who = "One donor carries" if count == 1 else f"{count} donors carry"
    return (f"{who} {share:.0%} of all weight: what is fused rests on few answers.",)


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
