"""The Surveys place: what is stored, what its variables mean, and importing more."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import panel as pn

    from harmony_app.shell.session import Session


def build(session: Session) -> pn.viewable.Viewable:
    """Build the page."""
    from harmony_app.surveys.page import SurveysPage

    return SurveysPage(session).__panel__()
