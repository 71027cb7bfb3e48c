"""The checklist of a workspace: what is there, what is missing, and the next click."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

import panel as pn

from fusion_core.execution.checklist import Checklist, Step, StepState, read_checklist
from harmony_app.shell.steps import way_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fusion_core.workspace.layout import Workspace
    from harmony_app.shell.session import Session

_ASSETS: Final = Path(__file__).parent / "assets"
_PERIOD_MS: Final = 2000
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
    steps = "".join(
        _step_html(number, step, session, is_next=step is found.next)
        for number, step in enumerate(found.steps, start=1)
    )
    problems = "".join(f'<p class="problem">{escape(text)}</p>' for text in found.problems)
    return (
        f'<section class="begin"><h1>{escape(session.workspace.title)}</h1>'
        f'<p class="lead">{escape(_lead(found))}</p>'
        f'<ol aria-label="Steps">{steps}</ol>{problems}{_footer(session)}</section>'
    )


def _lead(found: Checklist) -> str:
    step = found.next
    if step is None:
        return "Everything is in place, from surveys to a finished run."
    if step.state == "under way":
        return "A run is in progress. Look around meanwhile; this page follows it."
    done = sum(item.state == "done" for item in found.steps)
    return f"From survey files to a fused map: {done} of {len(found.steps)} steps are done."


def _step_html(number: int, step: Step, session: Session, *, is_next: bool) -> str:
    mark, spoken = _MARKS[step.state]
    way = way_of(step, session.places)
    link = ""
    if way is not None and step.state != "waiting":
        kind = "way" if is_next else "aside"
        link = f'<a class="{kind}" href="{escape(way.address)}">{escape(way.text)}</a>'
    sentences = "".join(f"<p>{escape(text)}.</p>" for text in step.found)
    if step.missing:
        sentences += f'<p class="missing">{escape(step.missing)}.</p>'
    if step.progress is not None:
        sentences += (
            f'<progress value="{step.progress:.3f}" max="1" aria-label="Progress of the run">'
            "</progress>"
        )
    return (
        f'<li class="{step.state.replace(" ", "-")}" data-step="{step.key}">'
        f'<span class="mark" role="img" aria-label="{spoken}">{mark or number}</span>'
        f"<h2>{escape(step.title)}</h2><div>{sentences}</div>{link}</li>"
    )


def _footer(session: Session) -> str:
    """Say where the workspace is and how to get to another, to whoever is at this computer."""
    if not session.may_choose:
        return ""
    folder = escape(str(_folder(session.workspace)))
    return (
        f"<footer><span>In the folder <code>{folder}</code></span>"
        '<a href="/start">Open or start another workspace</a></footer>'
    )


def _folder(workspace: Workspace) -> Path:
    return workspace.path.resolve()
