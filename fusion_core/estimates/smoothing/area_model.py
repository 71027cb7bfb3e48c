"""The Fay–Herriot model: direct estimates with known sampling variances, regressed on covariates of areas.

Source: Fay and Herriot (1979, *Estimates of income for small places*, JASA 74); mean squared errors after
Datta and Lahiri (2000, *A unified measure of uncertainty of estimated best linear unbiased predictors in small
area estimation problems*, Statistica Sinica 10); the variance between areas after Yoshimori and Lahiri (2014, *A
new adjusted maximum likelihood method for the Fay–Herriot small area model*, Journal of Multivariate Analysis
124), which is never zero and, in large numbers of areas, that of residual maximum likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fusion_core.errors import InputError
from fusion_core.records import Checked
from fusion_core.summaries import counted

Floats = NDArray[np.float64]

_FEWEST_BEYOND: Final = 4
"""Areas with a direct estimate there must be beyond the coefficients, to tell areas from sampling."""
_RANGE: Final = (-14.0, 6.0)
"""Logarithm of the variance between areas over the mean sampling variance, where it is looked for."""


@dataclass(frozen=True)
class AreaModel(Checked):
    """A fitted model of areas, and what it makes of each.

    Attributes
    ----------
    estimate
        Empirical best predictor γ·direct + (1 − γ)·regression, per area; the regression alone where there is no
        direct estimate.
    mean_squared_error
        Of the estimate, second-order correct; that of the regression where there is no direct estimate.
    weight_of_direct
        γ, the share of an area's estimate that is its own; 0 without a direct estimate.
    posterior_variance
        g₁ + g₂, the variance of the area's value given the data were the variance between areas known.
    variance_between
        Variance between areas beyond the covariates.
    coefficients
        Of the covariates, the constant first.
    degrees_of_freedom
        Areas with a direct estimate less coefficients.
    """

    estimate: Floats
    mean_squared_error: Floats
    weight_of_direct: Floats
    posterior_variance: Floats
    variance_between: float
    coefficients: Floats
    degrees_of_freedom: int


def fewest_areas(covariates: int) -> int:
    """Return how many areas with a direct estimate a model needs, given its number of covariates.

    Fewer leave so few degrees of freedom to the variance between areas that its estimate is zero or many times
    too large (Li and Lahiri 2010), and with it the weight of every direct estimate.
    """
    return covariates + 1 + _FEWEST_BEYOND


def fit_area_model(direct: Floats, variance: Floats, covariates: Floats | None = None) -> AreaModel:
    """Fit the Fay–Herriot model.

    Parameters
    ----------
    direct
        Direct estimate of each of m areas; NaN where nobody was asked.
    variance
        Their sampling variances. An area without one, or with none but zero, is predicted by the regression: a
        variance of zero from a handful of equal answers is none that is known to be zero.
    covariates
        Array of shape (m, p) of what is known of areas, without a constant; finite. ``None``: areas are alike but
        for chance.

    Raises
    ------
    InputError
        If there are too few areas, or covariates that say the same.
    """
    m = len(direct)
    known = np.isfinite(direct) & np.isfinite(variance) & (variance > 0)
    design = np.column_stack([np.ones(m), np.empty((m, 0)) if covariates is None else covariates])
    scaled, scale = _scaled(design, known)
    needed = fewest_areas(design.shape[1] - 1)
    if int(known.sum()) < needed:
        raise InputError(
            f"{counted(int(known.sum()), 'area')} with a direct estimate are too few to tell how areas differ",
            fix=f"A model with {counted(design.shape[1] - 1, 'covariate')} needs at least {needed}",
        )
    y, psi, x = direct[known], variance[known], scaled[known]
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise InputError("The covariates say the same of these areas", fix="Leave one of them out")
    between = _variance_between(y, psi, x)
    return _predicted(direct, np.where(known, variance, np.nan), scaled, between, scale)


def _scaled(design: Floats, known: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return the design with columns of like size, and the sizes."""
    size = np.abs(design[known]).max(axis=0, initial=0.0)
    size = np.where(size > 0, size, 1.0)
    return design / size, size


def _variance_between(y: Floats, psi: Floats, x: Floats) -> float:
    """Maximise the adjusted residual likelihood of the variance between areas."""
    from scipy.optimize import minimize_scalar

    typical = float(psi.mean())

    def loss(logarithm: float) -> float:
        between = typical * np.exp(logarithm)
        total = between + psi
        weighted = x / total[:, None]
        information = x.T @ weighted
        residual = y - x @ np.linalg.solve(information, weighted.T @ y)
        _, determinant = np.linalg.slogdet(information)
        likelihood = -0.5 * (np.log(total).sum() + determinant + (residual**2 / total).sum())
        adjustment = np.log(np.arctan((between / total).sum())) / len(y)
        return -float(likelihood + adjustment)

    grid = np.linspace(*_RANGE, 41)  # the likelihood may have two tops
    best = int(np.argmin([loss(each) for each in grid]))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    found = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-6})
    return typical * float(np.exp(found.x))


def _predicted(
    direct: Floats, variance: Floats, design: Floats, between: float, scale: Floats
) -> AreaModel:
    """Predict every area; one whose variance is missing has no direct estimate."""
    known = np.isfinite(variance)
    psi, x = variance[known], design[known]
    total = between + psi
    covariance = np.linalg.inv(x.T @ (x / total[:, None]))
    beta = covariance @ (x.T @ (direct[known] / total))
    regression = design @ beta
    gamma = np.zeros(len(direct))
    gamma[known] = between / total
    estimate = regression.copy()
    estimate[known] += gamma[known] * (direct[known] - regression[known])
    of_regression = np.einsum("ij,jk,ik->i", design, covariance, design)
    g1 = np.full(len(direct), between)
    g1[known] = gamma[known] * psi
    g2 = (1 - gamma) ** 2 * of_regression
    # Variance of the estimated variance between areas, of residual maximum likelihood.
    uncertain = 2 / (1 / total**2).sum()
    g3 = np.full(len(direct), 0.0)
    g3[known] = psi**2 / total**3 * uncertain
    return AreaModel(
        estimate=estimate,
        mean_squared_error=g1 + g2 + 2 * g3,
        weight_of_direct=gamma,
        posterior_variance=g1 + g2,
        variance_between=between,
        coefficients=beta / scale,
        degrees_of_freedom=len(psi) - x.shape[1],
    )


__all__ = ["AreaModel", "fit_area_model"]
