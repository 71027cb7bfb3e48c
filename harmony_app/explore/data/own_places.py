"""Places of one's own, read from a file a visitor sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusion_core.errors import InputError
from harmony_app.explore.data._small_areas import newest_allocation

if TYPE_CHECKING:
    from pathlib import Path

    from fusion_core.surveys.model import SurveyId
    from fusion_core.workspace.layout import Workspace


def read_own_places(
    workspace: Workspace, survey: SurveyId, path: Path, name: str, *, may_replace: bool = False
) -> None:
    """Read places of one's own from a file, and keep them in the workspace.

    Parameters
    ----------
    workspace
        Where they are kept.
    survey
        Whose households are allocated to the areas they are made of.
    path
        Polygons, a list of tracts or block groups, or a crosswalk.
    name
        What they are called.
    may_replace
        Whether places of the same name are replaced.

    Raises
    ------
    InputError
        If nothing is allocated, or the file holds no places of what is.
    """
    from fusion_core.downscaling import finest_shapes, keep_places, read_places

    allocation = newest_allocation(workspace, survey)
    if allocation is None:
        raise InputError(
            f"The households of {survey.title} have not been allocated to small areas",
            fix="Allocate them with harmony small-areas allocate",
        )
    places = read_places(allocation, path, areas=finest_shapes(workspace, allocation))
    keep_places(workspace, name, places, may_replace=may_replace)


__all__ = ["read_own_places"]
