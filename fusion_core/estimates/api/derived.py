"""Variables computed from fused ones, household by household and implicate by implicate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from fusion_core.arguments import type_name
from fusion_core.errors import InputError
from fusion_core.fusion.implicates import FusedVariable, Implicates

if TYPE_CHECKING:
    from numpy.typing import NDArray


def derive(
    implicates: Implicates,
    name: str,
    function: Callable[[Mapping[str, NDArray[Any]]], NDArray[Any]],
) -> Implicates:
    """Return implicates with one more variable.

    Parameters
    ----------
    implicates
        Fused variables.
    name
        Name of the new variable.
    function
        Computes its values, shape (households, M), from those of the fused variables by name
        (numbers, or codes into the levels). Truth values become the levels ``False`` and ``True``.

    Raises
    ------
    InputError
        If the name is taken, the function is none, or the values have another shape.

    Examples
    --------
    ``derive(implicates, "intensity", lambda v: v["electricity"] / v["square_feet"])``
    """
    if name in implicates.variables:
        raise InputError(f"There already is a fused variable '{name}'", fix="Choose another name")
    if not callable(function):
        raise InputError(
            f"'function' must be a function of the fused values; got {type_name(function)}",
            fix="Give one such as lambda v: v['electricity'] / v['square_feet']",
        )
    values = np.asarray(
        function({key: variable.values for key, variable in implicates.variables.items()})
    )
    expected = (implicates.rows, implicates.count)
    if values.shape != expected:
        raise InputError(
            f"'{name}' has the shape {values.shape} instead of {expected}",
            fix="Compute it household by household and implicate by implicate",
        )
    levels: tuple[str, ...] = ()
    if values.dtype == bool:
        values, levels = values.astype(np.int8), ("False", "True")
    # The function may have read any of them.
    streams = tuple(dict.fromkeys(item for own in implicates.streams.values() for item in own))
    added = FusedVariable(name, values, levels, streams=streams)
    return Implicates(
        {**implicates.variables, name: added},
        implicates.notes,
        implicates.index,
        implicates.donor,
        implicates.weight,
    )
