"""Several conditions put together to one expression: all of them, any of them, or some number of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fusion_core.errors import InputError
from fusion_core.harmony.expressions import Condition, Test, write_condition

HOW_MANY: Final = {"all of them": "all", "any of them": "any", "at least two": "two"}
FILTERS: Final = {"all of them": "all", "any of them": "any"}
"""As `HOW_MANY`, for what is to be read back as rows."""


def joined(tests: Sequence[Test | None], how_many: str) -> str:
    """Return the expression of several conditions.

    Parameters
    ----------
    tests
        The conditions; unfinished ones are left out.
    how_many
        One of `HOW_MANY`.

    Raises
    ------
    InputError
        If there are too few conditions.
    """
    whole = tuple(test for test in tests if test is not None)
    needed = 2 if how_many == "two" else 1
    if len(whole) < needed:
        raise InputError(
            "Choose two conditions" if needed > 1 else "Choose a condition",
            fix="Pick a variable and what it is to be",
        )
    if how_many == "two":
        parts = [write_condition(Condition((test,))) for test in whole]
        return f"{' + '.join(f'CASE WHEN {part} THEN 1 ELSE 0 END' for part in parts)} >= 2"
    return write_condition(Condition(whole, "all" if how_many == "all" else "any"))
