"""Benchmark area estimates to totals that have errors of their own.

Estimates θ of areas with error covariance V, totals T = Aθ + e with variances S. Every method is, to
first order, θ + K(T − Aθ), so that its error has covariance (I − KA) V (I − KA)' + K S K': the totals'
own error enters as if they had been drawn anew for every implicate. Methods differ in K (Bell, Datta &
Ghosh 2013; Steorts & Ghosh 2013):

* ``precision``: K = V A'(A V A' + S)⁻¹, which weighs totals and estimates by their errors and has the
  smallest mean squared error; totals are met as closely as they deserve.
* ``difference``: K = V A'(A V A')⁻¹; totals are met exactly, the unsure estimates move most.
* ``ratio``: estimates are scaled in proportion, by raking where totals overlap; totals are met exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fusion_core.errors import InputError
from fusion_core.records import Checked

Method: TypeAlias = Literal["precision", "difference", "ratio"]
METHODS: Final[tuple[Method, ...]] = ("precision", "difference", "ratio")
CONFLICT: Final = 3.0
"""Standard errors beyond which totals contradict each other."""
_SWEEPS: Final = 200
_CLOSE: Final = 1e-9
_RANK: Final = 1e-10


@dataclass(frozen=True)
class Benchmarked(Checked):
    """Estimates after benchmarking.

    Attributes
    ----------
    estimate
        The estimates, shape (areas,).
    covariance
        Of their errors, shape (areas, areas).
    held
        Areas that reached the limit of how far an estimate may move, shape (areas,).
    gap
        What is left between totals and benchmarked estimates, shape (totals,).
    """

    estimate: NDArray[np.float64]
    covariance: NDArray[np.float64]
    held: NDArray[np.bool_]
    gap: NDArray[np.float64]

    @property
    def standard_error(self) -> NDArray[np.float64]:
        """Root of the mean squared error of each area."""
        return np.sqrt(np.maximum(np.diagonal(self.covariance), 0.0))


def benchmark(
    estimate: NDArray[np.float64],
    covariance: NDArray[np.float64],
    design: NDArray[np.float64],
    totals: NDArray[np.float64],
    errors: NDArray[np.float64],
    *,
    method: Method = "precision",
    factor: float = 2.0,
    names: tuple[str, ...] = (),
    shares: NDArray[np.float64] | None = None,
) -> Benchmarked:
    """Benchmark estimates of areas.

    Parameters
    ----------
    estimate
        Shape (areas,).
    covariance
        Of their errors, shape (areas, areas).
    design
        How estimates add up to each total, shape (totals, areas).
    totals, errors
        The totals and their standard errors, 0 where they are exact.
    method
        See the top of this module.
    factor
        How many times as large or as small an estimate may become.
    names
        Of the totals, for messages.
    shares
        Share of each area that lies in the place of each total, for the method ``ratio``: an area
        half inside moves by half. Shape (totals, areas); ``None`` has areas wholly inside or outside.

    Raises
    ------
    InputError
        If totals contradict each other or the method is unknown, or exact totals cannot be met
        within the limits.
    """
    if method not in METHODS:
        raise InputError.unknown("method", str(method), METHODS)
    if factor <= 1:
        raise InputError(f"The limit of movement must be above 1; got {factor}")
    known = _reconciled(design, totals, errors, names)
    if method == "precision":
        known = totals
    parts = (design != 0).astype(float) if shares is None else shares
    free = np.ones(len(estimate), dtype=bool)
    moved = estimate.copy()
    low, high = _limits(estimate, factor)
    for _ in range(len(estimate) + 1):
        shape = np.diag(np.abs(moved)) if method == "ratio" else covariance
        noise = errors if method == "precision" else np.zeros(len(totals))
        gain = _gain(shape, design, noise, free)
        if method == "ratio":
            found = _raked(np.where(free, estimate, moved), design, known, free, parts)
        else:
            found = moved + gain @ (known - design @ moved)
        beyond = free & ((found < low) | (found > high))
        if not beyond.any():
            break
        moved = np.where(beyond, np.clip(found, low, high), moved)
        free &= ~beyond
    gap = known - design @ found
    if method != "precision":
        _refuse_unmet(gap, known, ~free, names, factor)
    # (I - KA) V (I - KA)' + K S K', written without products of two matrices of areas.
    known_part = covariance @ design.T
    middle = design @ known_part + np.diag(errors**2)
    mse = covariance - known_part @ gain.T - gain @ known_part.T + gain @ middle @ gain.T
    return Benchmarked(found, mse, ~free, gap)


def _limits(
    estimate: NDArray[np.float64], factor: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    ends = np.stack([estimate / factor, estimate * factor])
    slack = _CLOSE * np.abs(estimate)
    return ends.min(axis=0) - slack, ends.max(axis=0) + slack


def _gain(
    shape: NDArray[np.float64],
    design: NDArray[np.float64],
    errors: NDArray[np.float64],
    free: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return K for estimates that move in proportion to `shape`; areas that are held do not."""
    moving = shape * free[:, None] * free
    middle = design @ moving @ design.T + np.diag(errors**2)
    return np.asarray(moving @ design.T @ np.linalg.pinv(middle, rcond=_RANK, hermitian=True))


def _raked(
    estimate: NDArray[np.float64],
    design: NDArray[np.float64],
    totals: NDArray[np.float64],
    free: NDArray[np.bool_],
    shares: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Scale estimates to one total after the other until all are met (Deming & Stephan 1940)."""
    found = estimate.copy()
    for _ in range(_SWEEPS):
        before = found.copy()
        for row, share, total in zip(design, shares, totals, strict=True):
            now = float((row * free) @ found)
            if now > 0:
                wanted = (total - float((row * ~free) @ found)) / now
                found = np.where(free, found * max(wanted, 0.0) ** share, found)
        if np.abs(found - before).max() <= _CLOSE * max(float(np.abs(found).max()), 1e-300):
            break
    return found


def _reconciled(
    design: NDArray[np.float64],
    totals: NDArray[np.float64],
    errors: NDArray[np.float64],
    names: tuple[str, ...],
) -> NDArray[np.float64]:
    """Return totals that fit each other, moved within their errors by generalized least squares."""
    values, vectors = np.linalg.eigh(design @ design.T)
    null = vectors[:, values <= _RANK * max(float(values.max()), 1e-300)]
    if not null.shape[1]:
        return totals
    spread = np.diag(np.maximum(errors, 1e-9 * np.maximum(np.abs(totals), 1.0)) ** 2)
    middle = np.linalg.pinv(null.T @ spread @ null, hermitian=True)
    shift = spread @ null @ middle @ (null.T @ totals)
    own = np.sqrt(np.maximum(np.diagonal(spread @ null @ middle @ null.T @ spread), 1e-300))
    involved = np.abs(null).max(axis=1) > 1e-6  # noqa: PLR2004 - rounding
    worst = np.where(involved, np.abs(shift) / own, 0.0)
    if worst.max() > CONFLICT:
        place = int(np.argmax(worst))
        parts = [str(names[row]) if names else str(row + 1) for row in np.flatnonzero(involved)]
        others = ", ".join(part for row, part in enumerate(parts) if part != parts[0])
        which = str(names[place]) if names else str(place + 1)
        raise InputError(
            f"The totals of {parts[0]} and {others} contradict each other by {worst[place]:.1f} standard "
            "errors",
            where=which,
            fix="Correct one of them, or leave out the total or its parts",
        )
    return np.asarray(totals - shift, dtype=np.float64)


def _refuse_unmet(
    gap: NDArray[np.float64],
    totals: NDArray[np.float64],
    held: NDArray[np.bool_],
    names: tuple[str, ...],
    factor: float,
) -> None:
    short = np.abs(gap) > 1e-6 * np.maximum(np.abs(totals), 1e-12)
    if short.any():
        place = int(np.argmax(np.abs(gap) / np.maximum(np.abs(totals), 1e-12)))
        which = names[place] if names else str(place + 1)
        reason = (
            f"without moving {int(held.sum()):,} areas by more than a factor of {factor:g}"
            if held.any()
            else "by any of its areas"
        )
        raise InputError(
            f"The total of {which} cannot be met {reason}",
            fix="Check its unit, raise the limit, or use the method 'precision'",
        )


__all__ = ["CONFLICT", "METHODS", "Benchmarked", "Method", "benchmark"]
