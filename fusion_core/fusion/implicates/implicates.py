"""Implicates: M simulated answers per recipient household, one matrix per fused variable.

The layout is wide – one row per household in the recipient's order, the M draws side by side –
because areas are then aggregated without a join and several times faster than from one row per
household and implicate. `Implicates.long` gives the long form other tools expect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusion_core.arguments import require_text, whole_number
from fusion_core.errors import InputError
from fusion_core.frames import Table, is_number, level_text, read_frame, whole_frame
from fusion_core.fusion.base import Stream, common_seed, refuse_mixed_streams
from fusion_core.records import Checked
from fusion_core.summaries import Summarized, counted, listed


@dataclass(frozen=True, repr=False)
class FusedVariable(Checked, Summarized):
    """The draws of one variable.

    Attributes
    ----------
    name
        Variable name.
    values
        Array of shape (households, implicates): numbers, or integer codes into `levels`.
    levels
        Labels of a categorical variable; empty for numbers.
    ordered
        Whether the levels have an order.
    streams
        Which random numbers decided the draws, and those of the fused variables it was predicted
        from; empty where that is not known.
    """

    name: str
    values: NDArray[Any]
    levels: tuple[str, ...] = ()
    ordered: bool = False
    streams: tuple[Stream, ...] = ()

    @property
    def is_categorical(self) -> bool:
        """Whether the values are codes into `levels`."""
        return bool(self.levels)

    def _title(self) -> str:
        return self.name

    def _facts(self) -> dict[str, object]:
        rows, count = self.values.shape
        order = ", ordered" if self.ordered else ""
        return {
            "households": f"{rows:,}",
            "implicates": f"{count:,}",
            "values": f"levels{order}" if self.is_categorical else "numbers",
            "levels": listed(self.levels) if self.is_categorical else "",
        }

    @property
    def nbytes(self) -> int:
        """Memory of the draws in bytes."""
        return int(self.values.nbytes)

    def column(self, implicate: int, index: pd.Index[Any] | None = None) -> pd.Series[Any]:
        """Return one implicate (0-based) as a pandas column with its natural dtype.

        Parameters
        ----------
        implicate
            Which one.
        index
            Of the households; their positions when left out.

        Raises
        ------
        InputError
            If there is no such implicate.
        """
        count = self.values.shape[1]
        if whole_number(implicate, "implicate", least=0) >= count:
            raise InputError(
                f"There is no implicate {implicate} of '{self.name}'",
                fix=f"They are numbered 0 to {count - 1}",
            )
        draws = self.values[:, implicate]
        if not self.is_categorical:
            # Whole numbers may be kept in fewer bytes than sums of them take.
            wide = draws.astype(np.int64, copy=False) if draws.dtype.kind == "i" else draws
            return pd.Series(wide, index=index, name=self.name)
        dtype = pd.CategoricalDtype(list(self.levels), ordered=self.ordered)
        codes = pd.Categorical.from_codes(draws, dtype=dtype)
        return pd.Series(codes, index=index, name=self.name)


@dataclass(frozen=True, repr=False)
class Implicates(Checked, Summarized):
    """All fused variables of one fusion, for the same households in the same order.

    Attributes
    ----------
    variables
        Fused variables by name, each with the same number of rows and implicates.
    notes
        What a user should know about the fusion, in sentences.
    index
        The recipient's index, by which every table of households is labelled; their positions where
        it is not known.
    donor
        Name of the donor survey, where the model has one.
    weight
        The donor's weight column the model was trained with, empty where every donor counted once;
        ``None`` where it is not known.

    Raises
    ------
    InputError
        If the variables differ in rows or implicates, the index has other rows, or variables of
        different fusions were drawn with the same random numbers.
    """

    variables: Mapping[str, FusedVariable]
    notes: tuple[str, ...] = ()
    index: pd.Index | None = None
    donor: str = ""
    weight: str | None = None

    def _title(self) -> str:
        return f"of {counted(len(self.names), 'fused variable')}"

    def _facts(self) -> dict[str, object]:
        return implicate_facts(self)

    def __post_init__(self) -> None:
        Checked.__post_init__(self)
        shapes = {variable.values.shape for variable in self.variables.values()}
        if len(shapes) > 1:
            raise InputError(
                f"The fused variables have different shapes: {sorted(shapes)}",
                fix="Fuse all variables in one call",
            )
        if self.index is not None and self.variables and len(self.index) != self.rows:
            raise InputError(
                f"The index has {len(self.index):,} entries and the implicates are of "
                f"{self.rows:,} households",
                fix="Give the index of the recipient the variables were fused for",
            )
        refuse_mixed_streams((item.name, item.streams) for item in self.variables.values())

    def __getitem__(self, name: str) -> FusedVariable:
        if name not in self.variables:
            raise InputError.unknown("fused variable", name, self.variables)
        return self.variables[name]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the fused variables in fusion order."""
        return tuple(self.variables)

    @property
    def count(self) -> int:
        """The number M of implicates."""
        return 0 if not self.variables else int(next(iter(self.variables.values())).values.shape[1])

    @property
    def rows(self) -> int:
        """The number of households."""
        return 0 if not self.variables else int(next(iter(self.variables.values())).values.shape[0])

    @property
    def streams(self) -> Mapping[str, tuple[Stream, ...]]:
        """Which random numbers decided each variable (see `fusion_core.fusion.shared_streams`)."""
        return {name: variable.streams for name, variable in self.variables.items()}

    @property
    def seed(self) -> int | None:
        """The seed of the fusion; ``None`` where it is not known, or there are several."""
        return common_seed(self.streams)

    def frame(self, implicate: int) -> pd.DataFrame:
        """Return one implicate (0-based): one row per household, labelled like the recipient's.

        Returns
        -------
        One column per variable, with the recipient's index.
        """
        return pd.DataFrame(
            {
                name: variable.column(implicate, self.index)
                for name, variable in self.variables.items()
            }
        )

    def slice(self, first: int, last: int) -> Implicates:
        """Return households `first` to `last` − 1, as far as there are any."""
        return Implicates(
            {
                name: replace(variable, values=variable.values[first:last])
                for name, variable in self.variables.items()
            },
            self.notes,
            None if self.index is None else self.index[first:last],
            self.donor,
            self.weight,
        )

    def long(self) -> pd.DataFrame:
        """Return all implicates stacked, with columns ``implicate`` (from 1) and ``row`` (from 0).

        Each block of rows has the recipient's index.

        Raises
        ------
        InputError
            If a variable bears the name of one of these columns.
        """
        for name in ("implicate", "row"):
            if name in self.variables:
                raise InputError(
                    f"The fused variable '{name}' has the name of a column that is written beside it",
                    fix="Rename it in the donor",
                )
        parts = []
        for implicate in range(self.count):
            part = self.frame(implicate)
            part.insert(0, "row", np.arange(self.rows))
            part.insert(0, "implicate", implicate + 1)
            parts.append(part)
        return pd.concat(parts)

    @classmethod
    def from_long(cls, frame: Table, *, implicate: str = "implicate") -> Implicates:
        """Build implicates from stacked rows, e.g. the output of fusionModel's ``fuse``.

        Parameters
        ----------
        frame
            One block of rows per implicate, households in the same order in each block.
        implicate
            Column that numbers the implicates.

        Returns
        -------
        Implicates with the index of the first block.

        Raises
        ------
        InputError
            If the blocks differ in length, or in the order of their households where these are
            labelled the same in every block, or a column holds neither numbers nor levels.
        """
        require_text(implicate, "implicate")
        frame = whole_frame(frame, "the implicates")
        if implicate not in frame.columns:
            raise InputError.unknown("column", implicate, frame.columns, where="the implicates")
        frame = read_frame(frame, "the implicates", answers=list(frame.columns))
        if frame[implicate].isna().any():
            raise InputError(
                "A row has no number of an implicate",
                where=f"column '{implicate}'",
                fix="Number every row",
            )
        sizes = frame.groupby(implicate, sort=True).size()
        if sizes.nunique() != 1:
            raise InputError(
                "The implicates have different numbers of rows",
                where=f"column '{implicate}'",
                fix="Stack one block of the same households per implicate",
            )
        order = np.argsort(frame[implicate].to_numpy(), kind="stable")
        rows, count = int(sizes.iloc[0]), len(sizes)
        variables = {}
        for name in frame.columns.drop([implicate, *frame.columns.intersection(["row"])]):
            column = frame[name].iloc[order]
            if not is_number(column.dtype):
                column = column.astype("category")
            if isinstance(column.dtype, pd.CategoricalDtype):
                values = column.cat.codes.to_numpy().reshape(count, rows).T
                levels = tuple(level_text(level) for level in column.cat.categories)
                variables[str(name)] = FusedVariable(
                    str(name), values, levels, bool(column.cat.ordered)
                )
            else:
                numbers = (
                    column.to_numpy(dtype=np.float64, na_value=np.nan)
                    if column.isna().any()
                    else column.to_numpy()
                )
                variables[str(name)] = FusedVariable(str(name), numbers.reshape(count, rows).T)
        return cls(variables, index=_common_index(frame.index[order], rows))


class Described(Protocol):
    """What implicates know of themselves, in memory or on disk."""

    @property
    def names(self) -> tuple[str, ...]:
        """The fused variables."""

    @property
    def rows(self) -> int:
        """Number of households."""

    @property
    def count(self) -> int:
        """Number of implicates."""

    @property
    def donor(self) -> str:
        """Name of the donor survey."""

    @property
    def weight(self) -> str | None:
        """Name of the donor's weight column."""

    @property
    def seed(self) -> int | None:
        """The fusion's seed."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know."""


def implicate_facts(implicates: Described) -> dict[str, object]:
    """Return what implicates say of themselves, in memory or on disk."""
    weight = {None: "", "": "unweighted"}.get(implicates.weight, implicates.weight)
    return {
        "variables": listed(implicates.names),
        "households": f"{implicates.rows:,}",
        "implicates": f"{implicates.count:,}",
        "donor": implicates.donor,
        "donor's weight": weight,
        "seed": implicates.seed,
        "notes": len(implicates.notes) or "",
    }


def _common_index(stacked: pd.Index[Any], rows: int) -> pd.Index[Any] | None:
    """Return the labels that every block of rows has; ``None`` where rows are only numbered."""
    blocks = [stacked[start : start + rows] for start in range(0, len(stacked), rows)]
    if all(block.equals(blocks[0]) for block in blocks):
        return blocks[0]
    if all(len(block.difference(blocks[0])) == 0 for block in blocks):
        raise InputError(
            "The implicates list the households in different orders",
            where="the index",
            fix="Stack one block of the same households in the same order per implicate",
        )
    return None
