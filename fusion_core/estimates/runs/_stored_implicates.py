"""Implicates of a finished run, each fused variable read when an estimate first needs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from fusion_core.errors import InputError
from fusion_core.fusion import FusedVariable, Implicates, open_implicates
from fusion_core.fusion.base import Stream
from fusion_core.fusion.implicates import ImplicateFolder
from fusion_core.lru_cache import LruCache

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


class StoredVariables(Mapping[str, FusedVariable]):
    """Fused variables by name, in fusion order; those not asked for longest are forgotten.

    Parameters
    ----------
    folder
        The implicates on disk.
    memory
        Where variables that were read are kept.
    """

    def __init__(self, folder: ImplicateFolder, memory: LruCache) -> None:
        self._folder = folder
        self._kept = memory.shelf(self)

    def __getitem__(self, name: str) -> FusedVariable:
        if name not in self._folder.entries:
            raise KeyError(name)
        return self._kept.get(name, partial(self._read, name))

    def __contains__(self, name: object) -> bool:
        return name in self._folder.entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._folder.entries)

    def __len__(self) -> int:
        return len(self._folder.entries)

    def _read(self, name: str) -> FusedVariable:
        found = self._folder.variable(name)
        return replace(found, values=_as_small(found.values))


def _as_small(values: NDArray[Any]) -> NDArray[Any]:
    """Return whole numbers in the fewest bytes that hold them, others as they are."""
    if values.dtype.kind != "i" or not values.size:
        return values
    ends = int(values.min()), int(values.max())
    smallest = np.result_type(*(np.min_scalar_type(min(end, -1 - end)) for end in ends))
    return values.astype(smallest, copy=False)


class LazyImplicates(Implicates):
    """Implicates whose variables are read, or computed, when they are asked for."""

    def __post_init__(self) -> None:
        """Nothing to check: all variables have the same rows and implicates by construction."""

    def levels_of(self, name: str) -> tuple[tuple[str, ...], bool]:
        """Return a variable's levels and whether they are ordered, without reading it if possible."""
        variable = self.variables[name]
        return variable.levels, variable.ordered


class StoredImplicates(LazyImplicates):
    """Implicates of a folder.

    Parameters
    ----------
    folder
        The implicates on disk.
    memory
        Where variables that were read are kept.
    """

    def __init__(self, folder: ImplicateFolder, memory: LruCache) -> None:
        super().__init__(
            StoredVariables(folder, memory), folder.notes, donor=folder.donor, weight=folder.weight
        )
        object.__setattr__(self, "folder", folder)

    folder: ImplicateFolder

    def levels_of(self, name: str) -> tuple[tuple[str, ...], bool]:
        """Return a variable's levels and whether they are ordered, without reading it."""
        entry = self.folder.entries[name]
        return tuple(entry["levels"]), bool(entry["ordered"])

    @property
    def streams(self) -> Mapping[str, tuple[Stream, ...]]:
        """Which random numbers decided each variable, without reading any."""
        return self.folder.streams

    @property
    def count(self) -> int:
        """The number M of implicates."""
        return self.folder.count

    @property
    def rows(self) -> int:
        """The number of households."""
        return self.folder.rows


def stored_implicates(
    path: Path, *, recipient: Path, rows: int, memory: LruCache, seed: int | None = None
) -> StoredImplicates:
    """Open the implicates of a run.

    Parameters
    ----------
    path
        Their folder.
    recipient
        The prepared recipient, whose households they must be of.
    rows
        Its number of households.
    memory
        Where variables that were read are kept.
    seed
        Seed of the run, which implicates of earlier versions do not tell themselves.

    Raises
    ------
    InputError
        If they are of other households.
    CorruptFileError
        As `fusion_core.fusion.open_implicates`.
    """
    folder = open_implicates(path, seed=seed)
    if folder.rows != rows:
        raise InputError(
            f"The recipient has {rows:,} households and the implicates have {folder.rows:,}",
            where=str(path),
            fix="Start the run again",
        )
    folder.refuse_other_households(recipient)
    return StoredImplicates(folder, memory)
