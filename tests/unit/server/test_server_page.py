"""The owner's page of a server."""

from panel.io import admin
from panel.io.logging import panel_logger

from fusion_core.workspace.layout import Workspace
from harmony_app.server.overview import build
from harmony_app.shell.session import Session


def test_whoever_looked_at_it_leaves_no_log_of_every_callback_behind(tmp_path):
    build(Session(Workspace.create(tmp_path / "project"), "ann", "light", {}))
    kept = len(admin.data.data)
    panel_logger.info("Session %s finished executing periodic callback", 1)
    assert len(admin.data.data) == kept
    assert admin.log_handler not in panel_logger.handlers
