"""The form that takes places of one's own: polygons, a list of tracts, or a crosswalk."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from fusion_core.errors import InputError
from harmony_app.explore.data import read_own_places
from harmony_app.explore.panels.bringing._form import Bringing, BringingForm, Brought, FormWords
from harmony_app.explore.view import SMALL_KINDS
from harmony_app.shell.work import SlowWork, failure_text

if TYPE_CHECKING:
    from harmony_app.shell.session import Session

_WORDS: Final = FormWords(
    things="places",
    file="File of places",
    example="valley",
    keep="Keep and map",
    help="Polygons with a column of names (GeoPackage, GeoJSON, zipped shapefile); a table with a column area of"
    " tracts or block groups and, for several places, a column place; or a crosswalk with weights.",
)


def placing(session: Session, kept: Callable[[str], None], styles: list[str]) -> Bringing:
    """Return the button and form for places of what a source's households are allocated to.

    Parameters
    ----------
    session
        Who looks.
    kept
        Called with the name of places that were kept.
    styles
        Style sheets of the HTML panes.
    """
    return Bringing(
        "Add places of your own",
        lambda: PlacesForm(session, kept, styles),
        lambda source: (
            any(kind in SMALL_KINDS for kind in source.area_kinds) and session.may("runner")
        ),
    )


class PlacesForm(BringingForm):
    """What is inside: see `placing`."""

    def __init__(self, session: Session, kept: Callable[[str], None], styles: list[str]) -> None:
        super().__init__(session, kept, styles, _WORDS)
        self._work = SlowWork(session.visitor)

    def bring(self, brought: Brought) -> None:
        """Read the places in a thread, for polygons are cut into the areas they lie in."""
        source, may_replace = self.source, bool(self.replace.value)
        if source is None:
            raise InputError("No source is shown", fix="Choose a run first")
        workspace, survey = self._session.workspace, source.survey

        def read() -> str:
            path, name = brought.path, brought.name
            read_own_places(workspace, survey, path, name, may_replace=may_replace)
            return name

        self.tell("Reading the places …")
        self._work.start(read, self.done, self._failed)

    def _failed(self, error: Exception) -> None:
        self.tell(failure_text(error, "The places could not be read"), "error")
