"""One session's work on a pair of surveys: state, messages, surveys and harmonies."""

from harmony_app.harmonize.work import messages, state
from harmony_app.harmonize.work.address import address, read_task
from harmony_app.harmonize.work.browser_component import ASSETS, HarmonizeComponent, bundled
from harmony_app.harmonize.work.catalogue import (
    Status,
    harmony_statuses,
    variable_card,
    variable_entries,
    worklist_statuses,
)
from harmony_app.harmonize.work.host import (
    Browser,
    Host,
    OverviewHost,
    Shown,
    require_harmony,
    require_work,
)
from harmony_app.harmonize.work.library import load_survey, pair_choice, shared_rows, survey_stamp
from harmony_app.harmonize.work.messages import Actions, Message, by_kind
from harmony_app.harmonize.work.overview_part import ChangingPart, OverviewPart
from harmony_app.harmonize.work.pair_session import PairSession, parse_pair
from harmony_app.harmonize.work.pair_surveys import Surveys
from harmony_app.harmonize.work.progress import failure_words, progress_teller
from harmony_app.harmonize.work.state import Direction, ViewState, VintageTask
from harmony_app.harmonize.work.steps import Step, Steps

__all__ = [
    "ASSETS",
    "Actions",
    "Browser",
    "ChangingPart",
    "Direction",
    "HarmonizeComponent",
    "Host",
    "Message",
    "OverviewHost",
    "OverviewPart",
    "PairSession",
    "Shown",
    "Status",
    "Step",
    "Steps",
    "Surveys",
    "ViewState",
    "VintageTask",
    "address",
    "bundled",
    "by_kind",
    "failure_words",
    "harmony_statuses",
    "load_survey",
    "messages",
    "pair_choice",
    "parse_pair",
    "progress_teller",
    "read_task",
    "require_harmony",
    "require_work",
    "shared_rows",
    "state",
    "survey_stamp",
    "variable_card",
    "variable_entries",
    "worklist_statuses",
]
