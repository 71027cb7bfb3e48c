"""Which fusion variables are drawn together, and in which order all are chained.

Both are read off linear models of ranks and indicators (`_screening.Design`). All of these follow from
one matrix of cross products: what columns leave unexplained of the others is a Schur complement of
it, and one more known variable is one more elimination.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.fusion.training._screening import Design

    Floats = NDArray[np.float64]

RIDGE: Final = 1e-6
EXPLAINED: Final = 0.01
"""Where the predictors leave less than this share of a variance, nothing is left to be bound."""


@dataclass(frozen=True)
class _Products:
    """Cross products of the predictors' columns, followed by those of every step.

    Attributes
    ----------
    matrix
        The products, the diagonal a little larger, so that columns may say the same.
    known
        How many of the columns are predictors.
    places
        Where each step's columns are among those that are no predictors.
    """

    matrix: Floats
    known: int
    places: list[slice]

    @classmethod
    def of(cls, steps: Sequence[Design], predictors: Design) -> _Products:
        everything = np.column_stack([predictors.columns, *(step.columns for step in steps)])
        matrix = everything.T @ everything
        matrix[np.diag_indices_from(matrix)] += RIDGE
        ends = np.cumsum([step.columns.shape[1] for step in steps])
        places = [
            slice(int(end) - step.columns.shape[1], int(end))
            for step, end in zip(steps, ends, strict=True)
        ]
        return cls(matrix, predictors.columns.shape[1], places)

    def left_over(self) -> Floats:
        """Return the products of what the predictors leave unexplained of the steps."""
        return _eliminate(self.matrix, slice(0, self.known))[self.known :, self.known :]

    @property
    def variances(self) -> Floats:
        """Variances of the steps' columns."""
        return np.asarray(self.matrix.diagonal()[self.known :])


def suggest_blocks(
    variables: Sequence[Design], predictors: Design, *, largest: int, bond: float
) -> list[list[int]]:
    """Gather variables that the predictors leave bound to each other, to be drawn from one donor.

    The bond of two variables is the largest squared canonical correlation (Hotelling 1936) of what
    the predictors leave unexplained of them. The closest are gathered first, and only into blocks
    whose members are all bound to each other (complete linkage).

    Parameters
    ----------
    variables
        Design of each variable.
    predictors
        Design of the predictors, on the same rows.
    largest
        Most variables in a block.
    bond
        Least bond of any two variables of a block, more than 0.

    Returns
    -------
    list
        Positions of the variables in each block, blocks of one among them, in the order given.
    """
    products = _Products.of(variables, predictors)
    left_over = products.left_over()
    left_over[np.diag_indices_from(left_over)] += EXPLAINED
    linkage = np.array(
        [
            [_bond(left_over, one, other) if one != other else 0.0 for other in products.places]
            for one in products.places
        ]
    )
    blocks = {place: [place] for place in range(len(variables))}
    sizes = np.ones(len(variables), dtype=np.intp)
    while len(blocks) > 1:
        allowed = np.where(sizes[:, None] + sizes <= largest, linkage, 0.0)
        first, second = sorted(map(int, np.unravel_index(np.argmax(allowed), allowed.shape)))
        if allowed[first, second] < bond:
            break
        linkage[first] = linkage[:, first] = np.minimum(linkage[first], linkage[second])
        linkage[second] = linkage[:, second] = linkage[first, first] = 0.0
        sizes[first] += sizes[second]
        blocks[first] += blocks.pop(second)
    return [sorted(blocks[first]) for first in sorted(blocks)]


def suggest_order(steps: Sequence[Design], predictors: Design) -> list[int]:
    """Order steps so that variables that help others come first.

    Greedily, the next step is the one whose explained variance given the predictors and the steps
    already placed is nearest to what it would be given all other steps too: it gains least from
    waiting (the rule of the R package's ``prepXY``, with linear models of the ranks).

    Parameters
    ----------
    steps
        Design of each step's variables.
    predictors
        Design of the predictors.
    """
    products = _Products.of(steps, predictors)
    places, variances = products.places, products.variances
    inverse = np.linalg.inv(products.matrix)[products.known :, products.known :]
    full = [_explained(np.linalg.inv(inverse[place, place]), variances[place]) for place in places]
    left_over = products.left_over()
    remaining, order = list(range(len(steps))), []
    while remaining:
        ratio = {
            step: _explained(left_over[places[step], places[step]], variances[places[step]])
            / max(full[step], RIDGE)
            for step in remaining
        }
        following = max(remaining, key=lambda step: (ratio[step], -step))
        remaining.remove(following)
        order.append(following)
        left_over = _eliminate(left_over, places[following])
    return order


def _bond(left_over: Floats, one: slice, other: slice) -> float:
    """Return the largest squared canonical correlation of two variables."""
    between = left_over[one, other]
    forth = np.linalg.solve(left_over[one, one], between)
    back = np.linalg.solve(left_over[other, other], between.T)
    return float(np.abs(np.linalg.eigvals(forth @ back)).max(initial=0.0))


def _eliminate(products: Floats, known: slice) -> Floats:
    """Return the cross products of what known columns leave unexplained of all columns."""
    solved = np.linalg.solve(products[known, known], products[known])
    return np.asarray(products - products[:, known] @ solved)


def _explained(left_over: Floats, variances: Floats) -> float:
    """Return the mean share of the variance of standardised columns that is not left over."""
    return float(np.mean(variances - left_over.diagonal())) if len(variances) else 0.0
