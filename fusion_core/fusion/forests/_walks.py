"""Compiled walk from a household's answers to a donor: one tree for every draw."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import float64, from_dtype, int32, int64, njit, types, void

from fusion_core.compiling import compile_once, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

NODE: Final = np.dtype(
    [
        ("threshold", np.float64),
        ("right", np.int32),
        ("feature", np.int16),
        ("missing_left", np.int16),
    ],
    align=True,
)
"""A node: the largest value that goes left; the node on the right, while that on the left is the next
one; its feature; and whether a missing value goes left. A leaf has the feature −1, its threshold is the
number of its donors, and right the place of the first of them."""
ROWS_AT_ONCE: Final = 1024
"""Rows whose draws are taken tree by tree, so that a tree stays in the processor's cache."""


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
    rows, implicates = chosen.shape
    trees = len(tables.roots)
    tree = np.empty(ROWS_AT_ONCE * implicates, np.int32)
    order = np.empty(ROWS_AT_ONCE * implicates, np.int32)
    starts = np.empty(trees + 1, np.int64)
    for first in range(0, rows, ROWS_AT_ONCE):
        cells = (min(first + ROWS_AT_ONCE, rows) - first) * implicates
        starts[:] = 0
        for cell in range(cells):
            number = uniforms[first + cell // implicates, cell % implicates, 0]
            tree[cell] = min(int(number * trees), trees - 1)
            starts[tree[cell] + 1] += 1
        for place in range(trees):
            starts[place + 1] += starts[place]
        for cell in range(cells):
            order[starts[tree[cell]]] = cell
            starts[tree[cell]] += 1
        for place in range(cells):
            cell = order[place]
            row, implicate = first + cell // implicates, cell % implicates
            at = _leaf(tables.nodes, tables.roots[tree[cell]], answers, row, implicate)
            count = int(tables.nodes[at]["threshold"])
            drawn = min(int(uniforms[row, implicate, 1] * count), count - 1)
            chosen[row, implicate] = tables.donors[tables.nodes[at]["right"] + drawn]


@njit(nogil=True)
def _leaf(nodes: NDArray[np.void], at: int, answers: Answers, row: int, implicate: int) -> int:
    """Return the leaf of a draw."""
    feature = nodes[at]["feature"]
    while feature >= 0:
        where = answers.place[feature]
        value = answers.shared[row, -1 - where] if where < 0 else answers.own[row, where, implicate]
        goes_left = value <= nodes[at]["threshold"] or (
            np.isnan(value) and nodes[at]["missing_left"] != 0
        )
        at = at + 1 if goes_left else int(nodes[at]["right"])
        feature = nodes[at]["feature"]
    return at
