"""What the page begins with: the pairs that can be fused, and what its address asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusion_core.errors import HarmonyError
from fusion_core.harmony.store import list_pairs
from fusion_core.surveys.storage import has_table
from harmony_app.fuse import state as choices
from harmony_app.fuse.state import FuseState

if TYPE_CHECKING:
    from pathlib import Path

    from fusion_core.harmony.model import SurveyPair
    from harmony_app.shell.session import Session


def usable_pairs(session: Session) -> tuple[SurveyPair, ...]:
    """Pairs whose microdata are there, the newest recipient first."""
    workspace = session.workspace
    usable = [
        pair
        for pair in list_pairs(workspace.path)
        if all(
            _has_households(workspace.survey_folder(survey))
            for survey in (pair.donor, pair.recipient)
        )
    ]
    return tuple(sorted(usable, key=lambda pair: pair.recipient.vintage, reverse=True))


def _has_households(folder: Path) -> bool:
    try:
        return has_table(folder, "household")
    except HarmonyError:  # the pair is offered, and whoever chooses it is told
        return True


def first_state(session: Session, pairs: tuple[SurveyPair, ...]) -> FuseState:
    """Return what a page begins with: the pair of its address or the newest, or a run."""
    asked = session.query.get("pair")
    newest = pairs[0] if pairs else None
    state = FuseState(pair=next((pair for pair in pairs if str(pair) == asked), newest))
    run = session.query.get("run")
    if run or session.query.get("view") == "runs" or not pairs:
        return choices.show_runs(state, run or None)
    return state


__all__ = ["first_state", "usable_pairs"]
