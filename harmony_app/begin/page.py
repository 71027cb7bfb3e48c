"""The checklist of a workspace: what is there, what is missing, and the next click."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import panel as pn

from fusion_core.execution.checklist import Checklist, Step, StepState, read_checklist
from fusion_core.html_templates import Macros
from harmony_app.shell.steps import way_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fusion_core.workspace.layout import Workspace
    from harmony_app.shell.session import Session

_ASSETS: Final = Path(__file__).parent / "assets"
_PERIOD_MS: Final = 2000
_MACROS: Final = Macros(Path(__file__).parent / "templates" / "checklist.html")
_MARKS: Final[Mapping[StepState, tuple[str, str]]] = {
    "done": ("✓", "Done"),
    "under way": ("…", "Under way"),
    "missing": ("", "To do"),
    "waiting": ("", "Later"),
}


def build(session: Session) -> pn.viewable.Viewable:
    """Build the page; it follows a run in progress."""
    found = read_checklist(session.workspace)
    pane = pn.pane.HTML(
        checklist_html(session, found),
        stylesheets=[(_ASSETS / "begin.css").read_text(encoding="utf-8")],
        sizing_mode="stretch_width",
        margin=0,
    )
    is_live = pn.state.curdoc is not None and pn.state.curdoc.session_context is not None
    if is_live and found.step("run").progress is not None:

        def refresh() -> None:
            latest = read_checklist(session.workspace)
            pane.object = checklist_html(session, latest)
            if latest.step("run").progress is None:
                watch.stop()

        watch = pn.state.add_periodic_callback(refresh, period=_PERIOD_MS)
    return pane


def checklist_html(session: Session, found: Checklist) -> str:
    """Return the checklist as HTML."""
    steps = [
        _step_record(number, step, session, is_next=step is found.next)
        for number, step in enumerate(found.steps, start=1)
    ]
    # How to get to another workspace concerns whoever is at this computer.
    folder = _folder(session.workspace) if session.may_choose else ""
    return _MACROS(
        "checklist", session.workspace.title, _lead(found), steps, found.problems, folder
    )


def _lead(found: Checklist) -> str:
    step = found.next
    if step is None:
        return "Everything is in place, from surveys to a finished run."
    if step.state == "under way":
        return "A run is in progress. Feel free to look around; this page follows its progress."
    done = sum(item.state == "done" for item in found.steps)
    return f"From survey files to a fused map: {done} of {len(found.steps)} steps are done."


def _step_record(number: int, step: Step, session: Session, *, is_next: bool) -> dict[str, Any]:
    mark, spoken = _MARKS[step.state]
    return {
        "step": step,
        "kind": step.state.replace(" ", "-"),
        "mark": mark or number,
        "spoken": spoken,
        "way": None if step.state == "waiting" else way_of(step, session.places),
        "link": "way" if is_next else "aside",
    }


def _folder(workspace: Workspace) -> Path:
    return workspace.path.resolve()
