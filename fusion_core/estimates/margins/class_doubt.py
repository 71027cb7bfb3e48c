"""How sure it is that areas wear the right colour, and classes that keep it sure.

An area whose true value lies beyond a break of its class belongs to another one. How likely that is
follows from its estimate and standard error (Sun and Wong 2010, *Incorporating data quality information
in mapping American Community Survey data*; the New York City Department of City Planning's map
reliability calculator adds these chances up).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from fusion_core.records import Checked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# Standard errors of the 90 % interval, beyond which an area may be in another class.
_NINETY: Final = 1.645
# Places a break is looked for at; more would move it by less than a map can show.
_PLACES: Final = 200
# A class holds at least this share of what it would hold if all were equal.
_SMALLEST_CLASS: Final = 0.4


@dataclass(frozen=True)
class ClassDoubt(Checked):
    """How many areas may be in another class than the one they are shown in.

    Attributes
    ----------
    areas
        Areas with an estimate and a margin.
    may
        Those whose 90 % interval reaches into another class.
    expected
        Share of the areas that is expected to belong to another class.
    """

    areas: int
    may: int
    expected: float

    @property
    def sentence(self) -> str:
        """The doubt in a sentence."""
        return (
            f"{self.may:,} of {self.areas:,} areas may belong to another class; about "
            f"{self.expected:.0%} do".replace("%", " %")
        )


def class_doubt(values: Floats, errors: Floats, edges: Floats) -> ClassDoubt | None:
    """Return how many areas may be in another class, ``None`` where nothing is known.

    Parameters
    ----------
    values, errors
        Estimates and their standard errors, one per area.
    edges
        Edges of the classes; the first and last are the smallest and largest estimate and bound
        nothing.
    """
    known = np.isfinite(values) & np.isfinite(errors)
    if not known.any() or len(edges) <= 2:  # noqa: PLR2004 - two edges make one class
        return None
    may, outside = elsewhere(values[known], errors[known], edges)
    return ClassDoubt(int(known.sum()), int(may.sum()), float(np.mean(outside)))


def elsewhere(
    values: Floats, errors: Floats, edges: Floats, reach: float = _NINETY
) -> tuple[NDArray[np.bool_], Floats]:
    """Return whether each area may be in another class, and how likely it is.

    Parameters
    ----------
    values, errors, edges
        As in `class_doubt`, all finite.
    reach
        Standard errors on each side of an estimate that count as possible.
    """
    inner = edges[1:-1]
    place = np.searchsorted(inner, values, side="right")
    bounds = np.concatenate([[-np.inf], inner, [np.inf]])
    below, above = bounds[place], bounds[place + 1]
    may = (values - reach * errors < below) | (values + reach * errors >= above)
    return may, _beyond(values - below, errors) + _beyond(above - values, errors)


def sure_breaks(values: Floats, errors: Floats, classes: int) -> list[float]:
    """Return the inner breaks with the fewest areas expected on their wrong side.

    Breaks lie between estimates, and every class keeps a fair number of areas, so that the surest
    map is not one of a single colour. Exact by dynamic programming over up to 200 places.

    Parameters
    ----------
    values, errors
        Finite estimates and their standard errors; an unknown error counts as none.
    classes
        Number of classes wanted.
    """
    order = np.argsort(values, kind="stable")
    value, error = values[order], np.nan_to_num(errors[order])
    count = len(value)
    smallest = max(1, int(_SMALLEST_CLASS * count / max(classes, 1)))
    cuts = np.flatnonzero(value[1:] > value[:-1]) + 1
    cuts = cuts[(cuts >= smallest) & (cuts <= count - smallest)]
    if len(cuts) > _PLACES:
        cuts = cuts[np.linspace(0, len(cuts) - 1, _PLACES).round().astype(int)]
    if classes < 2 or not len(cuts):  # noqa: PLR2004 - one class has no break
        return []
    places = (value[cuts - 1] + value[cuts]) / 2.0
    cost = np.array([_beyond(np.abs(value - place), error).sum() for place in places])
    wanted = min(classes - 1, len(cuts))
    best, choices = cost.copy(), []
    for _ in range(1, wanted):
        apart = cuts[:, None] - cuts[None, :] >= smallest
        candidates = np.where(apart, best[None, :], np.inf)
        choices.append(np.argmin(candidates, axis=1))
        best = cost + candidates.min(axis=1)
        if not np.isfinite(best).any():
            return sure_breaks(values, errors, classes - 1)
    end = int(np.argmin(best))
    found = [float(places[end])]
    for choice in reversed(choices):
        end = int(choice[end])
        found.append(float(places[end]))
    return found[::-1]


def _beyond(distance: Floats, error: Floats) -> Floats:
    """Return the chance that the truth lies beyond a break at a distance."""
    from scipy import special

    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.where(error > 0, distance / error, np.inf)
    return np.asarray(special.ndtr(-size), dtype=np.float64)
