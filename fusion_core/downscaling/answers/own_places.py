"""Places of one's own that stay in a workspace under a name: what they are made of.

They stand in ``own_places/<name>.json``: by the name of each place its finest areas, and the share of each.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from fusion_core.errors import ConflictError, CorruptFileError, InputError
from fusion_core.workspace.files import LONGEST_NAME, make_folder, read_json, shown_name, write_json

if TYPE_CHECKING:
    from pathlib import Path

    from fusion_core.downscaling.answers.small_areas import Places
    from fusion_core.workspace.layout import Workspace

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def keep_places(
    workspace: Workspace, name: str, places: Places, *, may_replace: bool = False
) -> None:
    """Store places of one's own (`read_places`).

    Parameters
    ----------
    workspace
        Where to.
    name
        What people and addresses call them: letters, digits, hyphens and underscores.
    places
        The places.
    may_replace
        Whether places of the same name are replaced.

    Raises
    ------
    InputError
        If the name cannot be one.
    ConflictError
        If there are places of this name that may not be replaced.
    """
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        raise InputError(
            f"'{shown_name(name)}' is not a name for places",
            fix="Use letters, digits, hyphens and underscores, starting with a letter or digit",
        )
    path = _folder(workspace) / f"{name}.json"
    if path.exists() and not may_replace:
        raise ConflictError.taken("set of places", name, where="")
    make_folder(path.parent)
    write_json({"places": {place: dict(parts) for place, parts in places.items()}}, path)


def stored_places(workspace: Workspace) -> tuple[str, ...]:
    """Return the names of the places of one's own that a workspace has."""
    return tuple(sorted(path.stem for path in _folder(workspace).glob("*.json")))


def open_places(workspace: Workspace, name: str) -> Places:
    """Return places of one's own by their name.

    Raises
    ------
    InputError
        If there are none of this name.
    CorruptFileError
        If they are damaged.
    """
    path = _folder(workspace) / f"{name}.json"
    if not _NAME.fullmatch(name) or not path.exists():
        raise InputError.unknown("set of places", name, stored_places(workspace))
    record: Any = read_json(path)
    try:
        return {
            str(place): {str(area): float(share) for area, share in parts.items()}
            for place, parts in record["places"].items()
        }
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise CorruptFileError(
            "The places are damaged", where=str(path), fix="Store them again"
        ) from error


def _folder(workspace: Workspace) -> Path:
    return workspace.path / "own_places"


__all__ = ["keep_places", "open_places", "stored_places"]
