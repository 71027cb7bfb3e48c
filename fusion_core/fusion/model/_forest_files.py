"""The forests of a saved fusion model: two tables a step, and what is said of them in ``model.json``.

``forests/SS_nodes.parquet`` has a row per node with the columns of `NODE`, and the tree it belongs to;
``forests/SS_donors.parquet`` the donors of the leaves (rows of ``donors.parquet``), as often as the
sample of their tree holds them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fusion_core.fusion.forests import NODE, Forest, forest_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


def forest_files(forest: Forest, step: int) -> dict[str, bytes]:
    """Return the content of the files of a step's forest."""
    sizes = np.diff([*forest.roots, len(forest.nodes)])
    columns = {name: np.ascontiguousarray(forest.nodes[name]) for name in NODE.names or ()}
    tree = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    return {
        _nodes_file(step): parquet_bytes(pa.table({"tree": tree, **columns})),
        _donors_file(step): parquet_bytes(pa.table({"donor": forest.donors})),
    }


def read_forest(
    record: Mapping[str, Any] | None, files: Mapping[str, bytes], step: int
) -> Forest | None:
    """Read a step's forest; ``None`` where it has none.

    Parameters
    ----------
    record
        What ``model.json`` says of it.
    files
        Content of the model's files.
    step
        The step's number.
    """
    if record is None:
        return None
    table = read_parquet(files[_nodes_file(step)])
    nodes = np.empty(len(table), dtype=NODE)
    for name in NODE.names or ():
        nodes[name] = table[name].to_numpy()
    donors = read_parquet(files[_donors_file(step)])["donor"].to_numpy()
    return forest_of(record, nodes, _starts(table["tree"].to_numpy()), donors)


def parquet_bytes(table: pa.Table) -> bytes:
    """Write a table as the content of a Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue())


def read_parquet(content: bytes) -> pa.Table:
    """Read the content of a Parquet file."""
    return pq.read_table(pa.BufferReader(content))


def _starts(tree: NDArray[np.int32]) -> NDArray[np.int64]:
    return np.flatnonzero(np.diff(tree, prepend=-1)).astype(np.int64)


def _nodes_file(step: int) -> str:
    return f"forests/{step:02}_nodes.parquet"


def _donors_file(step: int) -> str:
    return f"forests/{step:02}_donors.parquet"
