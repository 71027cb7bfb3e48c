"""What the Explore place shows: the map, or what to do when there is nothing to map yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harmony_app.explore.data import Estimator, read_catalogue
from harmony_app.explore.page import ExplorePage
from harmony_app.shell.page import nothing_yet

if TYPE_CHECKING:
    import panel as pn

    from harmony_app.shell.session import Session

_NOTHING: Final = (
    "Start a run on the Fuse page, or import a survey whose households are known by PUMA together"
    " with the boundaries of the PUMAs."
)
_NEEDS: Final = ("recipient", "donors", "places", "harmonies", "run")


def build(session: Session) -> pn.viewable.Viewable:
    """Build the page."""
    catalogue = read_catalogue(session.workspace)
    if not catalogue.sources:
        detail = " ".join(catalogue.problems) or _NOTHING
        return nothing_yet(session, "Nothing to map yet", detail, _NEEDS)
    return ExplorePage(session, catalogue, Estimator(session.workspace)).__panel__()
