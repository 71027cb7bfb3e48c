"""Compiled walk from a household's answers to a donor: one tree for every draw."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import float64, from_dtype, int32, int64, types, void

from fusion_core.compiling import compile_once, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

NODE: Final = np.dtype(
    [
        ("threshold", np.float64),
        ("feature", np.int32),
        ("left", np.int32),
        ("right", np.int32),
        ("missing_left", np.int32),
    ],
    align=True,
)
"""A node: the largest value that goes left; its feature, −1 for a leaf; the nodes below it, of a leaf
the place of its first donor and the number of its donors; and whether a missing value goes left."""


class LeafTables(NamedTuple):
    """The trees of a forest side by side.

    Attributes
    ----------
    nodes, roots, donors
        As in `Forest`.
    """

    nodes: NDArray[np.void]
    roots: NDArray[np.int64]
    donors: NDArray[np.int32]


class Answers(NamedTuple):
    """What the trees ask households and their implicates.

    Attributes
    ----------
    shared
        Features that all implicates of a row share, of shape (rows, features).
    own
        Features that implicates have of their own, of shape (rows, features, implicates).
    place
        Per feature of the trees its position in `own`, or −1 − its position in `shared`.
    """

    shared: NDArray[np.float64]
    own: NDArray[np.float64]
    place: NDArray[np.int64]


_TABLES: Final = LeafTables(nodes=from_dtype(NODE)[::1], roots=int64[::1], donors=int32[::1])
_ANSWERS: Final = Answers(shared=float64[:, ::1], own=float64[:, :, ::1], place=int64[::1])
_SIGNATURE: Final = void(
    types.NamedTuple(_TABLES, LeafTables),
    types.NamedTuple(_ANSWERS, Answers),
    float64[:, :, ::1],
    int32[:, ::1],
)


def walk_forest(
    tables: LeafTables, answers: Answers, uniforms: NDArray[np.float64]
) -> NDArray[np.int32]:
    """Return the donor each draw comes to.

    Parameters
    ----------
    tables
        The trees.
    answers
        The households' answers.
    uniforms
        As for `Forest.pick`.
    """
    chosen = np.empty(uniforms.shape[:2], dtype=np.int32)
    compiled_walk()(
        LeafTables(
            plain(tables.nodes, NODE),
            plain(tables.roots, np.int64),
            plain(tables.donors, np.int32),
        ),
        Answers(
            plain(answers.shared, np.float64),
            plain(answers.own, np.float64),
            plain(answers.place, np.int64),
        ),
        plain(uniforms, np.float64),
        chosen,
    )
    return chosen


@cache
def compiled_walk() -> Callable[..., None]:
    """Return the compiled `_walk`; the first of many processes compiles, the others wait for it."""
    return compile_once(_walk, _SIGNATURE)


def _walk(
    tables: LeafTables,
    answers: Answers,
    uniforms: NDArray[np.float64],
    chosen: NDArray[np.int32],
) -> None:
    nodes, roots, donors = tables.nodes, tables.roots, tables.donors
    shared, own, place = answers.shared, answers.own, answers.place
    rows, implicates = chosen.shape
    trees = len(roots)
    for row in range(rows):
        for implicate in range(implicates):
            at = roots[min(int(uniforms[row, implicate, 0] * trees), trees - 1)]
            feature = nodes[at]["feature"]
            while feature >= 0:
                where = place[feature]
                value = shared[row, -1 - where] if where < 0 else own[row, where, implicate]
                if value <= nodes[at]["threshold"] or (
                    np.isnan(value) and nodes[at]["missing_left"]
                ):
                    at = nodes[at]["left"]
                else:
                    at = nodes[at]["right"]
                feature = nodes[at]["feature"]
            count = int(nodes[at]["right"])
            drawn = min(int(uniforms[row, implicate, 1] * count), count - 1)
            chosen[row, implicate] = donors[nodes[at]["left"] + drawn]
