"""The Fuse place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harmony_app.shell.page import message_panel

if TYPE_CHECKING:
    import panel as pn

    from harmony_app.shell.session import Session


def build(session: Session) -> pn.viewable.Viewable:
    """Build the page."""
    return message_panel("Fuse", session.workspace.title)
