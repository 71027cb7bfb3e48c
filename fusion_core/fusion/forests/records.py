"""What is said of a forest beside its arrays, as JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from fusion_core.fusion.forests.forest import Forest, ForestChoice, TreeShape

if TYPE_CHECKING:
    from numpy.typing import NDArray


def forest_record(forest: Forest) -> dict[str, Any]:
    """Return what is said of a forest beside its arrays."""
    return {
        "features": list(forest.features),
        "ranks": [[None if np.isnan(rank) else rank for rank in ranks] for ranks in forest.ranks],
        "gains": list(forest.gains),
        "mixture": forest.mixture,
        "choice": dataclasses.asdict(forest.choice),
    }


def forest_of(
    record: Mapping[str, Any],
    nodes: NDArray[np.void],
    roots: NDArray[np.int64],
    donors: NDArray[np.int32],
) -> Forest:
    """Make a forest of its record and its arrays (see `Forest`)."""
    chosen = record["choice"]
    return Forest(
        features=tuple(record["features"]),
        ranks=tuple(
            tuple(np.nan if rank is None else rank for rank in ranks) for ranks in record["ranks"]
        ),
        nodes=nodes,
        roots=roots,
        donors=donors,
        gains=tuple(record["gains"]),
        mixture=record["mixture"],
        choice=ForestChoice(
            tuple((TreeShape(**shape), count) for shape, count in chosen["kinds"]),
            tuple(chosen["losses"]),
            tuple(chosen["baselines"]),
        ),
    )
