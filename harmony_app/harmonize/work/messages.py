"""Read what the browser sends: nothing in a message is trusted to have the right form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, Final, TypeVar

from fusion_core.errors import InputError
from fusion_core.harmony.model import DROP, GroupCode, SideName

Message = Mapping[str, Any]
Actions = Mapping[str, Callable[[Message], None]]
"""What a part of the page does on a message, by the message's kind."""

_Handler = TypeVar("_Handler")

TEXT_LIMIT: Final = 20_000
"""Longest text taken from a field; a comment or expression is far shorter."""


def by_kind(*parts: Mapping[str, _Handler]) -> dict[str, _Handler]:
    """Join what the parts of the page do with messages.

    Raises
    ------
    ValueError
        If two parts claim one kind: one of them would never hear its messages.
    """
    claims = Counter(kind for part in parts for kind in part)
    twice = sorted(kind for kind, count in claims.items() if count > 1)
    if twice:
        raise ValueError(f"Two parts of the page claim messages of one kind: {', '.join(twice)}")
    return {kind: handler for part in parts for kind, handler in part.items()}


def text(message: Message, name: str, *, limit: int = TEXT_LIMIT) -> str:
    """Return a text, empty when absent."""
    value = message.get(name, "")
    if not isinstance(value, str):
        raise InputError(f"'{name}' is not a text")
    if len(value) > limit:
        raise InputError(f"The text has {len(value):,} characters", fix=f"Keep it under {limit:,}")
    return value


def side(message: Message) -> SideName:
    """Return the side a message is about."""
    value = message.get("side")
    if value == "donor":
        return "donor"
    if value == "recipient":
        return "recipient"
    raise InputError("The message names no side")


def group(value: object) -> GroupCode:
    """Return a group code: a finite number, `DROP`, or ``None`` for no group."""
    if value is None:
        return None
    if value == DROP:
        return DROP
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise InputError("A group is a number, “drop”, or empty")
    return float(value)


def number(value: object, what: str) -> float:
    """Return a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise InputError(f"{what} is not a number")
    return float(value)


def whole(value: object, what: str) -> int:
    """Return a whole number."""
    found = number(value, what)
    if not found.is_integer():
        raise InputError(f"{what} is not a whole number")
    return int(found)


def names(value: object) -> tuple[str, ...]:
    """Return the texts of a list, such as the keys of ticked harmonies; none for anything else."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def positions(value: object, length: int) -> list[int]:
    """Return positions in a list of `length` levels."""
    if not isinstance(value, list):
        raise InputError("The message lists no levels")
    plain = all(type(item) is int for item in value)  # an edit may name ten thousand
    found = value if plain else [whole(item, "The position of a level") for item in value]
    if found and not 0 <= min(found) <= max(found) < length:
        raise InputError("A level of the message does not exist any more", fix="Try again")
    return found
