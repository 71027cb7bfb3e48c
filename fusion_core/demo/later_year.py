"""The demo's community survey one year later, to try series over years on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fusion_core.demo.build import RECORD
from fusion_core.demo.harmonies import AUTHOR, ready_made
from fusion_core.demo.samples import draw_recipient
from fusion_core.demo.world import DONOR, RECIPIENT, DemoSize, make_population, stream
from fusion_core.harmony.model import SurveyPair
from fusion_core.harmony.store import HarmonyStore
from fusion_core.surveys.model import SurveyId
from fusion_core.workspace.files import read_json

if TYPE_CHECKING:
    from fusion_core.workspace.layout import Workspace

LATER: Final = SurveyId(RECIPIENT.name, str(int(RECIPIENT.vintage) + 1))
_NOTE: Final = (
    "The state did not change in that year, so that whatever differs between the years is chance."
)


def add_later_year(workspace: Workspace) -> SurveyId:
    """Draw another sample of the demo's state, as of the following year, with the ready-made harmonies.

    Parameters
    ----------
    workspace
        A demo, as `build_demo` writes it.

    Returns
    -------
    SurveyId
        The survey; one that is there already is kept.
    """
    if LATER in workspace.survey_ids():
        return LATER
    record = read_json(workspace.path / RECORD)
    size = DemoSize.quick() if record["quick"] else DemoSize.full()
    seed = int(record["seed"])
    population = make_population(size, seed)
    survey = draw_recipient(population, size.recipient_households, stream(seed, "recipient later"))
    before = survey.description
    later = replace(
        before,
        id=LATER,
        title=before.title.replace(RECIPIENT.vintage, LATER.vintage),
        price_year=int(LATER.vintage),
        notes=(*before.notes, _NOTE),
    )
    workspace.add_survey(replace(survey, description=later))
    HarmonyStore(workspace.path, SurveyPair(DONOR, LATER)).save_all(ready_made(), author=AUTHOR)
    return LATER


__all__ = ["LATER", "add_later_year"]
