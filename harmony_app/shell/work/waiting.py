"""What a page shows while the run it needs is in progress: how far it is, then the page itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import panel as pn

from fusion_core.execution import run_status
from harmony_app.shell.work._run_parts import run_part

if TYPE_CHECKING:
    from collections.abc import Callable

    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run, RunState

_EVERY_MILLISECONDS = 1000


def waiting_panel(
    workspace: Workspace, run: Run, build: Callable[[], pn.viewable.Viewable]
) -> pn.viewable.Viewable:
    """Show a run's progress and, when it has ended, the page that waited for it.

    Parameters
    ----------
    workspace
        Where the run is.
    run
        A run that has not ended.
    build
        Builds the page once the run has ended.
    """
    name = run.spec().name
    card = pn.pane.HTML(
        waiting_html(name, run_status(workspace, run)),
        css_classes=["card"],
        sizing_mode="stretch_width",
    )
    holder = pn.Column(card, sizing_mode="stretch_both", margin=0)

    def look() -> None:
        state = run_status(workspace, run)
        if state.is_active or state.status == "created":
            card.object = waiting_html(name, state)
            return
        watch.stop()
        holder[:] = [build()]

    watch = pn.state.add_periodic_callback(look, period=_EVERY_MILLISECONDS)
    return holder


def waiting_html(name: str, state: RunState) -> str:
    """Return a run's progress as a calm card."""
    share = min(max(state.progress, 0.0), 1.0)
    headline = f"is {share:.0%} done" if state.status == "running" else "has not begun"
    return run_part("waiting", name, headline, state.message, share)
