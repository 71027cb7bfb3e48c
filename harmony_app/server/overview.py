"""What the owner of a server sees of it: Panel's own figures of sessions and process, and who did what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import panel as pn

from fusion_core.execution import runs_at_once
from fusion_core.html_templates import Macros
from fusion_core.summaries import counted
from fusion_core.workspace.files import size_text
from fusion_core.workspace.runs import removed_runs
from harmony_app.access import audit_file
from harmony_app.shell.work import RunWatch

if TYPE_CHECKING:
    from fusion_core.workspace.layout import Workspace
    from harmony_app.shell.session import Session

_part: Final = Macros(Path(__file__).parent / "templates" / "overview.html")
_STYLE: Final = (Path(__file__).parent / "assets" / "overview.css").read_text(encoding="utf-8")
_PERIOD_MS: Final = 5000
_SESSIONS: Final = 1000
_ACTIONS: Final = 100
_TAIL: Final = 100_000
_ALWAYS: Final = {"time", "user", "action"}


def keep_sessions_in_mind() -> None:
    """Let Panel remember when the latest sessions began and ended, for their figures."""
    pn.config.session_history = _SESSIONS


def build(session: Session) -> pn.viewable.Viewable:
    """Build the page."""
    from panel.io import admin
    from panel.io.logging import panel_logger

    # Panel's own page also shows a log; it would keep, and go through, every callback of every
    # session from now on, until the server did little else.
    for handler in (admin.log_handler, admin.log_data_handler):
        panel_logger.removeHandler(handler)
    document = pn.state.curdoc
    live = document is not None and document.session_context is not None
    figures = pn.FlexBox(
        *admin.get_process_info(), *admin.get_session_info(document if live else None), margin=0
    )
    watch = RunWatch(session.workspace)
    work = pn.pane.HTML(stylesheets=[_STYLE], sizing_mode="stretch_width", margin=0)
    actions = pn.pane.HTML(stylesheets=[_STYLE], sizing_mode="stretch_width", margin=0)

    def look() -> None:
        work.object = _work(session.workspace, watch)
        actions.object = _part("actions", latest_actions(session.workspace.path))

    look()
    if live:
        timer = pn.state.add_periodic_callback(look, period=_PERIOD_MS)
        pn.state.on_session_destroyed(lambda _: timer.stop())
    return pn.Column(work, figures, actions, sizing_mode="stretch_width", margin=0)


def latest_actions(workspace: Path) -> list[dict[str, str]]:
    """Return the latest entries of the audit log, newest first: when, who, what and which."""
    path = audit_file(workspace)
    if not path.exists():
        return []
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        lines = file.read().decode("utf-8", "replace").splitlines()
    found = []
    for line in reversed(lines):
        try:
            entry: dict[str, Any] = dict(json.loads(line))
        except (ValueError, TypeError):  # the first line is cut off
            continue
        objects = [f"{name} {value}" for name, value in entry.items() if name not in _ALWAYS]
        found.append(
            {
                "when": str(entry.get("time", ""))[:19].replace("T", " "),
                "who": str(entry.get("user", "")),
                "what": str(entry.get("action", "")),
                "which": ", ".join(objects),
            }
        )
    return found[:_ACTIONS]


def _work(workspace: Workspace, watch: RunWatch) -> str:
    going = watch.active()
    waiting = sum(row.place > 0 for row in going)
    running = counted(len(going) - waiting, "goes on", "go on")
    removed = removed_runs(workspace)
    size = sum(item.nbytes for item in removed)
    imports = len(list(workspace.surveys_folder.glob(".import.*")))
    return _part(
        "work",
        f"{running}, {waiting} in line",
        str(imports),
        f"{len(removed)}, {size_text(float(size))}" if removed else "none",
        str(runs_at_once(workspace)),
    )


__all__ = ["build", "keep_sessions_in_mind", "latest_actions"]
