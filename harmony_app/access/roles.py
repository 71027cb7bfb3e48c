"""Roles: what a person may do in a workspace; each may do what those before it may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from fusion_core.errors import HarmonyError

if TYPE_CHECKING:
    from collections.abc import Mapping

Role = Literal["viewer", "harmonizer", "runner", "owner"]

ROLES: Final[Mapping[Role, str]] = {
    "viewer": "sees survey dictionaries, validations, maps and estimates",
    "harmonizer": "also edits harmonies and derived variables, and imports surveys and places",
    "runner": "also starts, stops and removes runs, and downloads models and implicates",
    "owner": "also sees what the server does, and may remove other people's work",
}
"""What each role may do, weakest first."""


class NotAllowed(HarmonyError):  # noqa: N818 - as the other errors a person meets are named
    """Somebody's role does not allow what was asked for."""


def includes(role: Role | None, needed: Role) -> bool:
    """Whether a role may do what another one may; nobody's role may do nothing."""
    order = list(ROLES)
    return role is not None and order.index(role) >= order.index(needed)


def require_role(role: Role | None, needed: Role, what: str) -> None:
    """Refuse what a role does not allow.

    Parameters
    ----------
    role
        Whose role; ``None`` for somebody who has none.
    needed
        The weakest role that may.
    what
        What was asked for, as a sentence begins: ``"Starting a run"``.

    Raises
    ------
    NotAllowed
        If `role` does not include `needed`.
    """
    if includes(role, needed):
        return
    held = f"yours is {role}" if role else "you have none"
    raise NotAllowed(
        f"{what} requires the role of {role_words(needed)}, and {held}",
        fix="Ask an owner of this workspace for it",
    )


def role_words(role: Role) -> str:
    """Name a role with its article."""
    return f"{'an' if role == 'owner' else 'a'} {role}"


__all__ = ["ROLES", "NotAllowed", "Role", "includes", "require_role", "role_words"]
