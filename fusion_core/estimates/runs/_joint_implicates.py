"""Implicates of several runs on the same households, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fusion_core.errors import InputError
from fusion_core.estimates.runs._stored_implicates import LazyImplicates
from fusion_core.fusion import FusedVariable
from fusion_core.fusion.base import Stream, refuse_shared_streams

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Strand:
    """The implicates of one run as a combination uses them.

    Attributes
    ----------
    title
        What the run is called in messages.
    survey
        Title of its donor.
    implicates
        All its implicates.
    names
        The variables that are used.
    order
        Its row of every household; ``None`` where the order is the same.
    """

    title: str
    survey: str
    implicates: LazyImplicates
    names: tuple[str, ...]
    order: NDArray[np.intp] | None = None


class _JointVariables(Mapping[str, FusedVariable]):
    """The variables of all strands by name, as many implicates as all of them have."""

    def __init__(self, strands: Sequence[Strand], count: int) -> None:
        self._owner = {name: strand for strand in strands for name in strand.names}
        self._count = count

    def __getitem__(self, name: str) -> FusedVariable:
        strand = self._owner[name]
        variable = strand.implicates[name]
        values = variable.values
        if strand.order is not None:
            values = values[strand.order]
        if values.shape[1] > self._count:
            values = values[:, : self._count]
        return replace(variable, values=values)

    def __contains__(self, name: object) -> bool:
        return name in self._owner

    def __iter__(self) -> Iterator[str]:
        return iter(self._owner)

    def __len__(self) -> int:
        return len(self._owner)


class JointImplicates(LazyImplicates):
    """Implicates of several runs; implicate i of one goes with implicate i of the others.

    Parameters
    ----------
    strands
        One per run.
    rows
        Number of households.

    Raises
    ------
    InputError
        If two runs fused a variable of the same name, or were drawn with the same random numbers.
    """

    def __init__(self, strands: Sequence[Strand], rows: int) -> None:
        _refuse_same_names(strands)
        for place, strand in enumerate(strands):
            for other in strands[:place]:
                refuse_shared_streams(strand.implicates, other.implicates)
        count = min(strand.implicates.count for strand in strands)
        notes = tuple(dict.fromkeys(note for strand in strands for note in strand.implicates.notes))
        super().__init__(_JointVariables(strands, count), notes)
        object.__setattr__(self, "strands", tuple(strands))
        object.__setattr__(self, "_count", count)
        object.__setattr__(self, "_rows", rows)

    strands: tuple[Strand, ...]
    _count: int
    _rows: int

    def levels_of(self, name: str) -> tuple[tuple[str, ...], bool]:
        """Return a variable's levels and whether they are ordered, without reading it."""
        owner = next(strand for strand in self.strands if name in strand.names)
        return owner.implicates.levels_of(name)

    @property
    def streams(self) -> Mapping[str, tuple[Stream, ...]]:
        """Which random numbers decided each variable."""
        return {
            name: strand.implicates.streams[name]
            for strand in self.strands
            for name in strand.names
        }

    @property
    def count(self) -> int:
        """The number of implicates that all runs have."""
        return self._count

    @property
    def rows(self) -> int:
        """The number of households."""
        return self._rows


def _refuse_same_names(strands: Sequence[Strand]) -> None:
    owners: dict[str, str] = {}
    for strand in strands:
        for name in strand.names:
            if name in owners:
                raise InputError(
                    f"'{name}' was fused by both {owners[name]} and {strand.title}",
                    fix="Name the variables of one of them without it, as RUN:first,second",
                )
            owners[name] = strand.title
