"""The chip in the top bar that shows the run or check in progress and leads to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import panel as pn

from fusion_core.execution.checking import repeats_usual
from fusion_core.summaries import ordinal
from fusion_core.workspace.runs import STAGES
from harmony_app.shell.look import duration
from harmony_app.shell.work._run_parts import run_part
from harmony_app.shell.work.run_watch import RunRow, RunWatch

if TYPE_CHECKING:
    from harmony_app.shell.session import Session

_PERIOD_MS: Final = 2000
_DOING: Final = {
    "prepare": "preparing",
    "train": "training",
    "fuse": "fusing",
    "validate": "validating",
}
_STYLE: Final = """
:host { margin: 0; }
a { display: flex; align-items: center; gap: 8px; padding: 4px 12px; border-radius: 14px;
  border: 1px solid var(--line); background: var(--accent-soft); color: var(--text);
  font: 12px var(--font); text-decoration: none; white-space: nowrap; }
a:hover { border-color: var(--accent); }
a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.what { max-width: 170px; overflow: hidden; text-overflow: ellipsis; }
.bar { width: 64px; height: 5px; border-radius: 3px; background: var(--line); overflow: hidden; }
.bar i { display: block; height: 100%; background: var(--accent); }
.doing, .left { color: var(--muted); }
@media (max-width: 1100px) { .what { max-width: 90px; } .bar { width: 40px; } .doing { display: none; } }
"""


def job_indicator(session: Session) -> pn.viewable.Viewable:
    """Show the newest run or check in progress; nothing while there is none."""
    watch = RunWatch(session.workspace)
    pane = pn.pane.HTML(chip_html(watch.active()), stylesheets=[_STYLE], margin=0)

    def refresh() -> None:
        text = chip_html(watch.active())
        if text != pane.object:
            pane.object = text

    if pn.state.curdoc is not None and pn.state.curdoc.session_context is not None:
        callback = pn.state.add_periodic_callback(refresh, period=_PERIOD_MS)
        pn.state.on_session_destroyed(lambda _context: callback.stop())
    return pane


def chip_html(active: list[RunRow]) -> str:
    """Write the chip for what is in progress, newest first."""
    if not active:
        return ""
    row = active[0]
    share = min(max(row.state.progress, 0.0), 1.0)
    doing = "stopping" if row.cancelling else _doing(row)
    more = f" + {len(active) - 1} more" if len(active) > 1 else ""
    left = duration(row.state.seconds_left)
    label = f"{row.name} · {doing}{more}"
    spoken = f"{'Check of' if row.is_check else 'Run'} {label}, {share:.0%} done{f', {left} left' if left else ''}"
    return run_part(
        "chip", _address(row), spoken, row.name, doing + more, share, left or f"{share:.0%}"
    )


def _doing(row: RunRow) -> str:
    if row.is_check:
        return "checking"
    if row.place:
        return f"{ordinal(row.place)} in line"
    return f"{_DOING[row.state.stage]}, {STAGES.index(row.state.stage) + 1} of {len(STAGES)}"


def _address(row: RunRow) -> str:
    run = quote(row.run.id)
    if not row.is_check:
        return f"fuse?run={run}"
    return f"validate?run={run}" + ("" if repeats_usual(row.run) else "&tab=unseen")
