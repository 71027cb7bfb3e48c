"""Several conditions put together to one outcome: all of them, any of them, or some number of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from fusion_core.errors import InputError
from fusion_core.estimates.api import level_condition
from fusion_core.harmony.expressions import write_name

Side = Literal["is", "above", "below"]
HOW_MANY: Final = {"all of them": "all", "any of them": "any", "at least two": "two"}


@dataclass(frozen=True, slots=True)
class Pick:
    """One condition as it was chosen.

    Attributes
    ----------
    variable
        The variable; empty while none is chosen.
    side
        Whether it is one of some levels, or a number above or below a threshold.
    levels
        The levels.
    threshold
        The threshold.
    """

    variable: str = ""
    side: Side = "is"
    levels: tuple[str, ...] = ()
    threshold: float | None = None

    @property
    def expression(self) -> str:
        """The condition in the expression language; empty while it is not whole."""
        if not self.variable:
            return ""
        if self.side != "is":
            if self.threshold is None:
                return ""
            sign = ">" if self.side == "above" else "<"
            return f"{write_name(self.variable)} {sign} {self.threshold!r}"
        if not self.levels:
            return ""
        parts = [level_condition(self.variable, level) for level in self.levels]
        return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"


def joined(picks: Sequence[Pick], how_many: str) -> str:
    """Return the expression of several conditions.

    Parameters
    ----------
    picks
        The conditions; unfinished ones are left out.
    how_many
        One of `HOW_MANY`.

    Raises
    ------
    InputError
        If there are too few conditions.
    """
    parts = [pick.expression for pick in picks if pick.expression]
    needed = 2 if how_many == "two" else 1
    if len(parts) < needed:
        raise InputError(
            "Choose two conditions" if needed > 1 else "Choose a condition",
            fix="Pick a variable and what it is to be",
        )
    if how_many == "two":
        counted = [f"CASE WHEN {part} THEN 1 ELSE 0 END" for part in parts]
        return f"{' + '.join(counted)} >= 2"
    return (" AND " if how_many == "all" else " OR ").join(parts)
