"""Variables of the second stage: drawn from few others and the place, or computed from a formula."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fusion_core.errors import InputError
from fusion_core.records import Checked

if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass(frozen=True)
class SecondStage(Checked):
    """A variable of the second stage, such as what a fuel costs.

    It is drawn after the others by what it depends on and the place alone, as expenditures are in Ummel
    et al. (2024); or it is computed in every implicate, such as use times the local price, which is
    surer where prices are known. Both keep implicate i with implicate i.

    Attributes
    ----------
    variable
        Its name: that of a donor variable, or a new one with a formula.
    by
        Variables drawn before that it depends on, such as how much of the fuel is used. The first is
        what a price is of.
    donors
        Condition on donor households: it is learned from these alone. Empty takes all.
    formula
        Expression over fused variables and columns of the recipient's households, such as
        ``kwh * "energy.price" / 100``. Empty draws the variable.
    price
        Column of the recipient's households with the known price of the place. Amounts divided by the
        first of `by` are compared with it when the run has finished. Empty compares nothing.
    title, unit
        Of a computed variable, for people.

    Raises
    ------
    InputError
        If a formula has donors, or a price has no use.
    """

    variable: str
    by: tuple[str, ...] = ()
    donors: str = ""
    formula: str = ""
    price: str = ""
    title: str = ""
    unit: str = ""

    def __post_init__(self) -> None:
        Checked.__post_init__(self)
        where = f"second stage, '{self.variable}'"
        if not self.variable:
            raise InputError("A variable of the second stage has no name", fix="Name it")
        if self.formula and self.donors:
            raise InputError(
                "What is computed is learned from no donors",
                where=where,
                fix="Give a formula, or a condition on donors",
            )
        if self.price and not self.by:
            raise InputError(
                "A price needs what it is the price of",
                where=where,
                fix="Name the amount used first in 'by'",
            )

    @property
    def sentence(self) -> str:
        """Say how it comes about."""
        if self.formula:
            return f"{self.variable} is computed in every implicate as {self.formula}."
        among = f", learned from donors where {self.donors}" if self.donors else ""
        by = f"{' and '.join(self.by)} and the place alone" if self.by else "the place alone"
        return f"{self.variable} is drawn after the others, by {by}{among}."


def stages_of(
    stages: Collection[SecondStage], variables: Collection[str]
) -> tuple[SecondStage, ...]:
    """Return the stages that can be made where only some variables are fused.

    Parameters
    ----------
    stages
        The stages.
    variables
        What is fused.
    """
    known = set(variables)
    return tuple(
        stage
        for stage in stages
        if set(stage.by) <= known and (stage.formula or stage.variable in known)
    )


__all__ = ["SecondStage", "stages_of"]
