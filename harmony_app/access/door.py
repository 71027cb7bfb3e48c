"""Who visitors are, and what they may do: what pages ask, whatever way people sign in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from harmony_app.access.roles import Role


@dataclass(frozen=True)
class Door:
    """How visitors are told apart.

    Attributes
    ----------
    asks
        Whether people sign in; otherwise they choose a name, and everyone may do everything.
    name_of
        Whom the cookies of a request name, as the server itself has checked; empty for nobody.
    role_of
        The role of somebody who is named so; ``None`` for a stranger.
    browser_of
        Which browser the cookies of a request are of, where nobody signs in; empty if unknown.
    signs_out
        Whether people can sign out here; a proxy in front has a place of its own for that.
    """

    asks: bool
    name_of: Callable[[Mapping[str, str]], str]
    role_of: Callable[[str], Role | None]
    browser_of: Callable[[Mapping[str, str]], str]
    signs_out: bool = False


OPEN: Final = Door(
    asks=False, name_of=lambda _: "", role_of=lambda _: "owner", browser_of=lambda _: ""
)
"""Nobody is asked: a server for the person at this computer."""

__all__ = ["OPEN", "Door"]
