"""In which shares of the draws several ways to draw describe donors best together.

A mixture of predictive distributions, its shares chosen by the score of donors that none of them has
seen, is a linear stack (Yao, Vehtari, Simpson and Gelman 2018, *Using stacking to average Bayesian
predictive distributions*, Bayesian Analysis 13). With shares w its score is
Σ w_i E d(V_i, y) − ½ Σ Σ w_i w_j E d(V_i, V_j): of two ways that are equally good, a mixture is better
than both, the more so the further apart they are.

Of all mixtures within a standard error of the best, the one is taken that draws most without trees (the
rule of Breiman, Friedman, Olshen and Stone 1984, *Classification and Regression Trees*, section 3.4.3),
so that chance does not part from the established way.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from fusion_core.fusion.forests._scores import row_distances

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from fusion_core.fusion.forests.growing import ForestData, GrownTree

PARTS: Final = 10
"""Shares are tenths: around the best ones the score is flat, and a way costs the same for few draws."""


def stacked_shares(
    data: ForestData,
    kinds: Sequence[Sequence[GrownTree]],
    baselines: Sequence[float],
    rival: csr_array,
) -> tuple[float, ...]:
    """Return the shares of the draws that are best taken from trees of each kind; the rival has the rest.

    Parameters
    ----------
    data
        The donors.
    kinds
        Trees of each kind that leave out as many donors as the models of the rival did.
    baselines
        Score of each variable when all donors are drawn from alike; variables count alike.
    rival
        The chance of each donor in another way to draw, which has not seen the scored rows, of shape
        (scored rows, donors).
    """
    found = row_distances(data, kinds, rival)
    if found is None:
        return (0.0,) * len(kinds)
    choices = np.array(_compositions(PARTS, len(kinds) + 1)) / PARTS
    scores = np.zeros((len(found.weights), len(choices)))
    for off, apart, base in zip(found.off, found.apart, baselines, strict=True):
        if base > 0:
            spread = np.einsum("ci,rij,cj->rc", choices, apart, choices, optimize=True)
            scores += (off @ choices.T - spread / 2) / base
    mean = found.weights @ scores
    best = np.argmin(mean)
    gaps = scores - scores[:, [best]] - (mean - mean[best])
    error = np.sqrt(np.square(found.weights) @ np.square(gaps))
    near = np.flatnonzero(mean - mean[best] <= error)
    most = choices[near, -1] == choices[near, -1].max()
    chosen = near[most][np.argmin(mean[near[most]])]
    return tuple(choices[chosen, :-1].tolist())


def _compositions(total: int, parts: int) -> list[tuple[int, ...]]:
    """Return the ways to write a number as a sum of so many numbers."""
    every = itertools.product(range(total + 1), repeat=parts - 1)
    return [(*some, total - sum(some)) for some in every if sum(some) <= total]
