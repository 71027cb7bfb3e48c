"""An event over the variables of two donors, taken apart into what each of them decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from fusion_core.estimates.statistics import Coded, Combinations, evaluate_plainly, split_expression

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.estimates.statistics import DrawnTable
    from fusion_core.harmony.expressions import CheckedExpression

_MOST_KINDS: Final = 64
_DONORS: Final = 2


@dataclass(frozen=True)
class JointEvent:
    """An event that two donors decide together.

    Attributes
    ----------
    kinds
        Per donor, of which kind each household is in every implicate, shape (rows, M).
    pattern
        Which of some combinations of its own answers each household has, shape (rows,).
    truth
        Whether the event happens, shape (patterns, kinds of the first, kinds of the second).
    """

    kinds: tuple[NDArray[np.integer], NDArray[np.integer]]
    pattern: NDArray[np.integer]
    truth: NDArray[np.bool_]


def joint_event(
    event: CheckedExpression, households: DrawnTable, owners: Mapping[str, int]
) -> JointEvent | None:
    """Take an event apart.

    Parameters
    ----------
    event
        A condition on fused variables and the households' own answers.
    households
        The households.
    owners
        The donor of every fused variable, by number.

    Returns
    -------
    JointEvent or None
        ``None`` where other than two donors decide it, or it compares their numbers with one another,
        so that there are no kinds.
    """
    donors = sorted({owners[name] for name in event.columns if name in owners})
    parts = _parts(event, households, owners) if len(donors) == _DONORS else None
    if parts is None:
        return None
    inner, coded, of_donor = parts
    groups = [[name for name, whose in of_donor.items() if whose == donor] for donor in donors]
    own = [name for name, whose in of_donor.items() if whose is None]
    first, second, pattern = (
        Combinations.of({name: coded[name] for name in names}) for names in (*groups, own)
    )
    if max(map(len, (first.values, second.values, pattern.values))) > _MOST_KINDS:
        return None
    truth = _truth(inner, (pattern, first, second))
    rows, count = len(households.table), max(first.codes.shape[1], second.codes.shape[1])
    kinds = tuple(np.broadcast_to(side.codes, (rows, count)) for side in (first, second))
    patterns = np.broadcast_to(pattern.codes[:, 0], rows)
    return JointEvent((kinds[0], kinds[1]), patterns, truth)


def _parts(
    event: CheckedExpression, households: DrawnTable, owners: Mapping[str, int]
) -> tuple[CheckedExpression, dict[str, Coded], dict[str, int | None]] | None:
    """Return what joins the parts, their values and whose each is; ``None`` where it has no parts."""

    def owner(names: Sequence[str]) -> set[int]:
        return {owners[name] for name in names if name in owners}

    inner, parts = split_expression(
        event,
        lambda names, is_condition: (
            not owner(names) or (len(owner(names)) == 1 and (is_condition or len(names) == 1))
        ),
    )
    if set(inner.columns) - set(parts):
        return None
    found = {name: households.evaluate(part) for name, part in parts.items()}
    coded = {name: item for name, item in found.items() if isinstance(item, Coded)}
    if len(coded) < len(found):
        return None
    of_donor = {name: next(iter(owner(part.columns)), None) for name, part in parts.items()}
    return inner, coded, of_donor


def _truth(inner: CheckedExpression, sides: Sequence[Combinations]) -> NDArray[np.bool_]:
    """Evaluate what joins the parts, once for every combination of their values."""
    sizes = [len(side.values) for side in sides]
    places = np.array(list(product(*(range(size) for size in sizes))))
    frame = pd.concat(
        [
            side.values.iloc[places[:, position]].reset_index(drop=True)
            for position, side in enumerate(sides)
        ],
        axis=1,
    )
    answers = evaluate_plainly(inner, frame)
    return np.asarray(answers.fillna(value=False).to_numpy().astype(bool).reshape(sizes))
