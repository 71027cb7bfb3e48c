"""What a pair offers before a run: its predictors compared, and the kinds of the donor's variables.

Nothing of it decides anything in a run, so the slow part – where donor households live – rests on a
part of them (see `fusion_core.prepare.assemble`). Computed once, it is kept in the workspace, found
again as long as nothing it follows from changes, and may be deleted at any time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.prepare.assemble import PREDICTOR_COLUMNS, assemble
from fusion_core.records import Checked
from fusion_core.summaries import Summarized
from fusion_core.workspace.file_states import state_of_program, states_of
from fusion_core.workspace.files import read_json, write_json

if TYPE_CHECKING:
    from pathlib import Path

    from fusion_core.harmony.model import SurveyPair
    from fusion_core.surveys.source import SurveySource
    from fusion_core.workspace.layout import Workspace

Progress = Callable[[float, str], None]

MOST_COMPARED: Final = 6000
"""Donor households placed by comparison: similarities of spatial predictors come within about 0.01."""
_NUMBERS: Final = ("similarity", "missing_donor", "missing_recipient")


@dataclass(frozen=True, repr=False)
class PairOverview(Checked, Summarized):
    """Predictors of a pair, and what can be fused.

    Attributes
    ----------
    predictors
        Every predictor with its similarity, columns `PREDICTOR_COLUMNS`.
    kinds
        Detected kind of each donor variable of households; ``"unusable"`` where it has none.
    notes
        What a user should know, one sentence each.
    """

    predictors: pd.DataFrame
    kinds: Mapping[str, str]
    notes: tuple[str, ...] = ()

    def _facts(self) -> dict[str, object]:
        return {"predictors": len(self.predictors), "fusable": len(self.kinds)}


def pair_overview(
    workspace: Workspace, pair: SurveyPair, *, progress: Progress | None = None
) -> PairOverview:
    """Compare the predictors of a pair, or read what an earlier comparison kept.

    Parameters
    ----------
    workspace, pair
        The pair, with at least one saved harmony.
    progress
        Called with the share done and a sentence; raises to cancel.

    Raises
    ------
    InputError
        If the pair has no harmony or a survey has no microdata.
    """
    state = overview_state(workspace, pair)
    path = workspace.overview_file(str(pair))
    found = _read(path, state)
    if found is None:
        found = _compared(workspace, pair, progress)
        # Whatever cannot be kept – no space, no permission – is computed again.
        with suppress(InputError, OSError):
            write_json(_record(found, state), path)
    return found


def overview_state(workspace: Workspace, pair: SurveyPair) -> str:
    """Return what tells the state of everything an overview follows from."""
    from fusion_core.harmony.store import HarmonyStore

    folders = [workspace.survey_folder(survey) for survey in (pair.donor, pair.recipient)]
    files = [
        path for folder in (*folders, workspace.geography_folder) for path in folder.rglob("*")
    ]
    files.append(HarmonyStore(workspace.path, pair).path)
    return hashlib.sha256(f"{state_of_program()}\n{states_of(files)}".encode()).hexdigest()


def _compared(workspace: Workspace, pair: SurveyPair, progress: Progress | None) -> PairOverview:
    surveys = (workspace.stored_survey(pair.donor), workspace.stored_survey(pair.recipient))
    pool = assemble(
        workspace, pair, surveys=surveys, progress=progress, most_compared=MOST_COMPARED
    )
    return PairOverview(pool.table, _kinds(surveys[0]), pool.notes)


def _kinds(donor: SurveySource) -> dict[str, str]:
    from fusion_core.fusion.base import detect_type

    present = set(donor.column_names("household"))
    names = [item.name for item in donor.dictionary.answers("household") if item.name in present]
    table = donor.columns("household", names)
    kinds = {}
    for name in names:
        try:
            kinds[name] = str(detect_type(table[name], fused=True).kind)
        except InputError:
            kinds[name] = "unusable"
    return kinds


def _record(overview: PairOverview, state: str) -> dict[str, Any]:
    rows = overview.predictors.astype(object).where(overview.predictors.notna(), None)
    return {
        "state": state,
        "predictors": rows.to_dict("records"),
        "kinds": dict(overview.kinds),
        "notes": list(overview.notes),
    }


def _read(path: Path, state: str) -> PairOverview | None:
    """Return what was kept under this state; a missing or damaged file is no answer."""
    try:
        record = read_json(path)
        if record["state"] != state:
            return None
        table = pd.DataFrame(record["predictors"], columns=list(PREDICTOR_COLUMNS))
        numbers = {name: table[name].astype(np.float64) for name in _NUMBERS}
        return PairOverview(table.assign(**numbers), record["kinds"], tuple(record["notes"]))
    except (InputError, OSError, KeyError, TypeError, ValueError):
        return None


__all__ = ["MOST_COMPARED", "PairOverview", "overview_state", "pair_overview"]
