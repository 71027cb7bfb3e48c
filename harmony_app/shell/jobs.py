"""The chip in the top bar that shows the run in progress."""

from __future__ import annotations

from typing import TYPE_CHECKING

import panel as pn

if TYPE_CHECKING:
    from harmony_app.shell.session import Session


def job_indicator(session: Session) -> pn.viewable.Viewable:
    """Show nothing while no run is in progress."""
    del session
    return pn.pane.HTML("", css_classes=["job-chip"])
