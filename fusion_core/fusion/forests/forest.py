"""A forest as flat arrays: from a household's answers to a donor of a leaf.

A forest's leaves are a hot deck (Doove, van Buuren and Dusseldorp 2014, *Recursive partitioning for
missing data imputation in the presence of interaction effects*, Computational Statistics & Data
Analysis 72): for every draw one tree is taken at random, the household is dropped into it, and a
donor of its leaf gives the answers. Over many draws donors come up with the weights of a quantile
regression forest (Meinshausen 2006, *Quantile regression forests*, Journal of Machine Learning
Research 7) or, for several answers at once, a distributional one (Ćevid, Michel, Näf, Bühlmann and
Meinshausen 2022, Journal of Machine Learning Research 23).

Every draw takes a tree of its own. Were all households of an implicate dropped into the same tree, an
area's mean would carry that tree's noise, which the donor's part of a margin contains already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fusion_core.fusion.forests._walks import NODE, Answers, LeafTables, walk_forest
from fusion_core.records import Checked
from fusion_core.summaries import Summarized

__all__ = ["NODE", "Forest", "ForestChoice", "TreeShape", "forest_bytes"]

_DONOR_BYTES: Final = 4
_DISTINCT: Final = 1 - np.exp(-1.0)
"""Share of different donors in a sample with replacement of as many as there are."""


@dataclass(frozen=True, slots=True)
class TreeShape(Checked):
    """How the trees of one kind are grown.

    Attributes
    ----------
    leaf
        Fewest different donors of a leaf.
    share
        Share of the features tried at a split.
    boosted
        Whether the trees see what boosted trees expect, besides the predictors.
    """

    leaf: int
    share: float
    boosted: bool = False


@dataclass(frozen=True, slots=True)
class ForestChoice(Checked):
    """What the out-of-bag score chose.

    Attributes
    ----------
    kinds
        Shapes of trees and how many of each the forest has.
    losses
        Out-of-bag score of each variable: CRPS of a number, Brier score of classes.
    baselines
        The same of the distribution of all donors.
    """

    kinds: tuple[tuple[TreeShape, int], ...]
    losses: tuple[float, ...]
    baselines: tuple[float, ...]

    @property
    def main(self) -> TreeShape:
        """The shape most trees have."""
        return max(self.kinds, key=lambda kind: kind[1])[0]


@dataclass(frozen=True, repr=False)
class Forest(Checked, Summarized):
    """The trees of one step of the chain, and the donors in their leaves.

    Attributes
    ----------
    features
        Positions of the predictors: the model's predictors first, then its fused variables in fusion
        order. Expectations of the step's variables by boosted trees follow them as features.
    ranks
        Per feature, of an unordered category the place of each code in the order the trees split in,
        NaN for a code no donor has; empty for all others.
    nodes
        Nodes of all trees, of type `NODE`.
    roots
        Where each tree begins in `nodes`.
    donors
        Positions of donors in the model's donor table, as often as a tree's sample holds them, leaf
        by leaf.
    gains
        How much each feature lowers the squared error of the trees.
    choice
        What was chosen, and how well the forest describes donors its trees did not see.
    mixture
        Share of the draws that are taken from the leaves; the others are drawn as if the step had
        no forest.
    """

    features: tuple[int, ...]
    ranks: tuple[tuple[float, ...], ...]
    nodes: NDArray[np.void]
    roots: NDArray[np.int64]
    donors: NDArray[np.int32]
    gains: tuple[float, ...]
    choice: ForestChoice
    mixture: float = 1.0

    def _facts(self) -> dict[str, object]:
        return {
            "trees": len(self.roots),
            "fewest donors of a leaf": self.choice.main.leaf,
            "predictors": len(self.features),
        }

    @property
    def expectations(self) -> int:
        """Number of features that are expectations of boosted trees."""
        return len(self.ranks) - len(self.features)

    def pick(
        self,
        recipient: NDArray[np.float64],
        fused: NDArray[np.float64],
        expectations: NDArray[np.float64],
        uniforms: NDArray[np.float64],
    ) -> NDArray[np.int32]:
        """Pick a donor for every row and implicate.

        Parameters
        ----------
        recipient
            Encoded predictors of the model, of shape (rows, predictors).
        fused
            Variables fused so far, of shape (rows, variables, implicates).
        expectations
            Expectations of the step's variables, of shape (rows, implicates or 1, expectations).
        uniforms
            The numbers that decide, of shape (rows, implicates, 2): the first a tree, the second a
            donor of its leaf.
        """
        shared: list[NDArray[np.float64]] = []
        own: list[NDArray[np.float64]] = []
        place = np.empty(len(self.ranks), dtype=np.int64)
        for feature, values in enumerate(self._columns(recipient, fused, expectations)):
            ranked = _ranked(values, self.ranks[feature])
            if ranked.ndim == 1:
                shared.append(ranked)
                place[feature] = -len(shared)
            else:
                own.append(ranked)
                place[feature] = len(own) - 1
        rows, implicates = uniforms.shape[:2]
        answers = Answers(
            np.column_stack(shared) if shared else np.empty((rows, 0)),
            np.stack(own, axis=1) if own else np.empty((rows, 0, implicates)),
            place,
        )
        return walk_forest(LeafTables(self.nodes, self.roots, self.donors), answers, uniforms)

    def _columns(
        self,
        recipient: NDArray[np.float64],
        fused: NDArray[np.float64],
        expectations: NDArray[np.float64],
    ) -> list[NDArray[np.float64]]:
        """Return each feature's values: by row, or by row and implicate."""
        known = recipient.shape[1]
        columns = [
            recipient[:, item] if item < known else fused[:, item - known] for item in self.features
        ]
        for item in range(self.expectations):
            values = expectations[:, :, item]
            columns.append(values[:, 0] if values.shape[1] == 1 else values)
        return columns


def forest_bytes(rows: int, *, trees: int, leaf: int, tree_rows: int) -> int:
    """Return about how much memory a forest takes, nodes and donors.

    Parameters
    ----------
    rows
        Number of donors.
    trees, leaf, tree_rows
        Number of trees, fewest donors of a leaf and most donors a tree is grown on.
    """
    sample = min(rows, tree_rows)
    # Splits leave leaves between their least size and twice of it.
    leaves = max(1.0, _DISTINCT * sample / (1.5 * leaf))
    return int(trees * (2 * leaves * NODE.itemsize + sample * _DONOR_BYTES))


def _ranked(values: NDArray[np.float64], ranks: tuple[float, ...]) -> NDArray[np.float64]:
    """Return codes of unordered categories as their ranks, and all else as it is."""
    if not ranks:
        return values
    table = np.array([*ranks, np.nan])
    codes = np.where(np.isfinite(values), values, len(ranks)).astype(np.int64)
    return np.asarray(table[codes])
