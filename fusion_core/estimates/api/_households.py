"""Whom is estimated from: rows in one order, with their weights, fused variables and donor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from fusion_core.arguments import require_type
from fusion_core.errors import InputError
from fusion_core.estimates.api.breakdown import Breakdown, fused_group
from fusion_core.estimates.api.compared_groups import group_mask
from fusion_core.estimates.statistics import (
    Condition,
    Question,
    WeightMatrix,
    build_targets,
    ordered_mask,
    weight_matrix,
)
from fusion_core.estimates.variance import DonorSample
from fusion_core.fusion.implicates import order_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from fusion_core.estimates.statistics import NamedTarget
    from fusion_core.frames import Table
    from fusion_core.fusion.implicates import Implicates, Rows

    Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Households:
    """Households to estimate from, in the order of the implicates.

    Attributes
    ----------
    asked
        What is estimated of them.
    table
        One row per household.
    weights
        Weights of the same rows.
    implicates, donor
        Fused variables of the same rows, if there are any, and whom they come from.
    given, order
        The table as it was given, and its rows in the order of the implicates.
    """

    asked: Question
    table: pd.DataFrame
    weights: WeightMatrix
    implicates: Implicates | None
    donor: DonorSample | None
    given: pd.DataFrame
    order: Rows | None

    @classmethod
    def read(
        cls,
        asked: Question,
        table: Table,
        implicates: Implicates | None = None,
        donor: DonorSample | None = None,
        *,
        what: str = "the recipient",
        keys: Sequence[str] = (),
    ) -> Households:
        """Read what a question needs of a table, and bring rows and donor into one order.

        Parameters
        ----------
        asked
            The question.
        table
            One row per household.
        implicates, donor
            Fused variables and whom they come from.
        what
            What the table is called in messages.
        keys
            Further columns that choose groups.

        Raises
        ------
        InputError
            If a column is missing, the rows are of other households, or a weight is wrong.
        """
        _check_donor(donor)
        fused = () if implicates is None else implicates.names
        given = asked.read(table, what, fused=fused, keys=keys)
        index = None if implicates is None else implicates.index
        order = order_of(index, given, what="recipient")
        ordered = given if order is None else given.iloc[order]
        weights = weight_matrix(
            ordered,
            len(ordered) if implicates is None else implicates.rows or len(ordered),
            weight=asked.weight,
            design=asked.design,
            trained=None if implicates is None else implicates.weight,
        )
        known = None if donor is None else donor.in_order_of(ordered)
        return cls(asked, ordered, weights, implicates, known, given, order)

    @classmethod
    def of_implicates(
        cls, asked: Question, implicates: Implicates, donor: DonorSample | None = None
    ) -> Households:
        """Take households of which only fused values are known; each counts once.

        Raises
        ------
        InputError
            If anything else is asked for.
        """
        if any(name not in implicates.variables for name in asked.by):
            raise InputError("Groups need the recipient's columns", fix="Give `recipient`")
        _check_donor(donor)
        weights = weight_matrix(
            None,
            implicates.rows,
            weight=asked.weight,
            design=asked.design,
            trained=implicates.weight,
        )
        index = pd.RangeIndex(implicates.rows) if implicates.index is None else implicates.index
        table = pd.DataFrame(index=index)
        return cls(asked, table, weights, implicates, donor, table, None)

    def targets(self) -> list[NamedTarget]:
        """Return what has to be computed."""
        return build_targets(self.asked.statistics, self.implicates, self.table, len(self.table))

    def breakdown(self, subset: Mask | None = None) -> Breakdown:
        """Return the groups asked for, of some of the households if need be."""
        mask = None if subset is None else self._ordered(subset, "The subset")
        return Breakdown.of(self.asked.by, self.table, self.implicates, self.donor, subset=mask)

    def group(self, group: Mapping[str, Any] | Mask) -> tuple[Mask, Condition | None]:
        """Return households chosen by values of columns, or by a mask.

        Those of the table's own columns come first, then those of fused variables among them.
        """
        if not isinstance(group, Mapping):
            return group_mask(self.table, self._ordered(group, "A group")), None
        own, within = fused_group(group, self.implicates, self.donor)
        return group_mask(self.table, own), within

    def _ordered(self, mask: Any, what: str) -> Mask:
        return ordered_mask(mask, self.given, self.order, what)


def _check_donor(donor: DonorSample | None) -> None:
    if donor is not None:
        fix = "Make one with DonorSample.of(model, donor, recipient)"
        require_type(donor, DonorSample, "donor", fix=fix)
