"""Places of one's own that stay in a workspace under a name: what they are made of.

They stand in ``own_places/<name>.json``: by the name of each place its finest areas, and the share of each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fusion_core.errors import CorruptFileError
from fusion_core.workspace.files import read_json, write_json
from fusion_core.workspace.named_files import NamedFiles, require_name

if TYPE_CHECKING:
    from fusion_core.downscaling.answers.small_areas import Places
    from fusion_core.workspace.layout import Workspace


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
    require_name(name, "places")
    path = _files(workspace).free(name, may_replace=may_replace)
    write_json({"places": {place: dict(parts) for place, parts in places.items()}}, path)


def stored_places(workspace: Workspace) -> tuple[str, ...]:
    """Return the names of the places of one's own that a workspace has."""
    return tuple(sorted(path.stem for path in _files(workspace).all()))


def open_places(workspace: Workspace, name: str) -> Places:
    """Return places of one's own by their name.

    Raises
    ------
    InputError
        If there are none of this name.
    CorruptFileError
        If they are damaged.
    """
    path = _files(workspace).existing(name, lambda: stored_places(workspace))
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


def _files(workspace: Workspace) -> NamedFiles:
    return NamedFiles(workspace.path / "own_places", "set of places")


__all__ = ["keep_places", "open_places", "stored_places"]
