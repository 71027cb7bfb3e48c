"""Where each step of a workspace's checklist is taken, and how an empty page leads there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from fusion_core.errors import HarmonyError
from fusion_core.execution.checklist import read_checklist
from harmony_app.shell.look import page_part

if TYPE_CHECKING:
    from fusion_core.execution.checklist import Step, StepKey
    from harmony_app.shell.session import Session


@dataclass(frozen=True)
class Way:
    """A click that leads somewhere.

    Attributes
    ----------
    text
        What the link says.
    address
        Where it leads.
    """

    text: str
    address: str


ALL_STEPS: Final = Way("See all steps", "begin")


def way_of(step: Step, places: tuple[str, ...]) -> Way | None:
    """Return the click that takes a step, or shows what was done; ``None`` where no place does.

    Parameters
    ----------
    step
        The step.
    places
        Paths of the places that can be visited.
    """
    way = _WAYS[step.key](step)
    return way if way.address.lstrip("/").partition("?")[0] in places else None


def next_way(session: Session, needs: tuple[StepKey, ...]) -> Way:
    """Return the click that takes the first of these steps that is not done.

    Where no place takes that step, or the workspace cannot be read, it leads to the checklist.
    """
    try:
        step = read_checklist(session.workspace).first_open(needs)
    except HarmonyError:  # the checklist says what is wrong
        return ALL_STEPS
    return (way_of(step, session.places) if step else None) or ALL_STEPS


def ways_html(way: Way) -> str:
    """Return a way and the one to the checklist as a line of links."""
    return page_part("ways", way, ALL_STEPS)


def _survey(step: Step) -> Way:
    if step.state == "done":
        return Way("Open its dictionary", f"surveys?survey={quote(step.subject)}")
    part = "recipient" if step.key == "recipient" else "donor"
    return Way(f"Import a {part}", "surveys?mode=import")


def _places(step: Step) -> Way:
    if step.state == "done":
        return Way("Open places", "places")
    return Way("Add boundaries", "places?mode=add")


def _harmonies(step: Step) -> Way:
    if step.state == "done":
        return Way("Open the harmonies", f"harmonize?pair={quote(step.subject)}")
    pair = f"?pair={quote(step.subject)}" if step.subject else ""
    return Way("Make a harmony", f"harmonize{pair}")


def _run(step: Step) -> Way:
    run = quote(step.subject)
    if step.progress is not None:
        return Way("Watch it", f"fuse?run={run}")
    if step.state == "done":
        return Way("See the map", f"explore?run={run}")
    return Way("Look at the run", f"fuse?run={run}") if run else Way("Start a run", "fuse")


_WAYS: Final[Mapping[StepKey, Callable[[Step], Way]]] = {
    "recipient": _survey,
    "donors": _survey,
    "places": _places,
    "harmonies": _harmonies,
    "run": _run,
}
