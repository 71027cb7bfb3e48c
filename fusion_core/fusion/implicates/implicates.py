"""Implicates: M simulated answers per recipient household, one matrix per fused variable.

The layout is wide – one row per household in the recipient's order, the M draws side by side –
because areas are then aggregated without a join and several times faster than from one row per
household and implicate. `Implicates.long` gives the long form other tools expect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fusion_core.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class FusedVariable:
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
    """

    name: str
    values: NDArray[Any]
    levels: tuple[str, ...] = ()
    ordered: bool = False

    @property
    def is_categorical(self) -> bool:
        """Whether the values are codes into `levels`."""
        return bool(self.levels)

    @property
    def nbytes(self) -> int:
        """Memory of the draws in bytes."""
        return int(self.values.nbytes)

    def column(self, implicate: int) -> pd.Series[Any]:
        """Return one implicate (0-based) as a pandas column with its natural dtype."""
        draws = self.values[:, implicate]
        if not self.is_categorical:
            return pd.Series(draws, name=self.name)
        dtype = pd.CategoricalDtype(list(self.levels), ordered=self.ordered)
        return pd.Series(pd.Categorical.from_codes(draws, dtype=dtype), name=self.name)


@dataclass(frozen=True)
class Implicates:
    """All fused variables of one fusion, for the same households in the same order.

    Attributes
    ----------
    variables
        Fused variables by name, each with the same number of rows and implicates.
    notes
        What a user should know about the fusion, in sentences.
    """

    variables: Mapping[str, FusedVariable]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shapes = {variable.values.shape for variable in self.variables.values()}
        if len(shapes) > 1:
            raise InputError(
                f"The fused variables have different shapes: {sorted(shapes)}",
                fix="Fuse all variables in one call",
            )

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

    def frame(self, implicate: int) -> pd.DataFrame:
        """Return one implicate (0-based): one row per household, one column per variable."""
        return pd.DataFrame(
            {name: variable.column(implicate) for name, variable in self.variables.items()}
        )

    def slice(self, first: int, last: int) -> Implicates:
        """Return households `first` to `last` − 1, as far as there are any."""
        return Implicates(
            {
                name: replace(variable, values=variable.values[first:last])
                for name, variable in self.variables.items()
            },
            self.notes,
        )

    def long(self) -> pd.DataFrame:
        """Return all implicates stacked, with columns ``implicate`` (from 1) and ``row`` (from 0)."""
        parts = []
        for implicate in range(self.count):
            part = self.frame(implicate)
            part.insert(0, "row", np.arange(self.rows))
            part.insert(0, "implicate", implicate + 1)
            parts.append(part)
        return pd.concat(parts, ignore_index=True)

    @classmethod
    def from_long(cls, frame: pd.DataFrame, *, implicate: str = "implicate") -> Implicates:
        """Build implicates from stacked rows, e.g. the output of fusionModel's ``fuse``.

        Parameters
        ----------
        frame
            One block of rows per implicate, households in the same order in each block.
        implicate
            Column that numbers the implicates.

        Raises
        ------
        InputError
            If the blocks differ in length.
        """
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
            if isinstance(column.dtype, pd.CategoricalDtype):
                values = column.cat.codes.to_numpy().reshape(count, rows).T
                levels = tuple(str(level) for level in column.cat.categories)
                variables[str(name)] = FusedVariable(
                    str(name), values, levels, bool(column.cat.ordered)
                )
            else:
                variables[str(name)] = FusedVariable(
                    str(name), column.to_numpy().reshape(count, rows).T
                )
        return cls(variables)
