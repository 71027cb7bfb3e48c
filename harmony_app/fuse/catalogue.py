"""What takes a moment to find out about a pair, computed once and shared between sessions."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import panel as pn

from fusion_core.errors import InputError
from fusion_core.harmony.model import SurveyPair
from fusion_core.surveys.model import SurveyId
from fusion_core.workspace.layout import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Catalogue:
    """Predictors and detected types of a pair.

    Attributes
    ----------
    predictors
        Every predictor with its similarity (see `fusion_core.prepare.assemble`).
    kinds
        Detected kind of each donor variable that can be fused.
    notes
        What a user should know, one sentence each.
    """

    predictors: pd.DataFrame
    kinds: dict[str, str]
    notes: tuple[str, ...]


def load_catalogue(workspace: Workspace, pair: SurveyPair) -> Catalogue:
    """Apply the harmonies of a pair; remembered until a file it depends on changes.

    Raises
    ------
    InputError
        If the pair has no harmony or a survey has no microdata.
    """
    found: Catalogue = _catalogue(
        str(workspace.path), str(pair.donor), str(pair.recipient), fingerprint(workspace, pair)
    )
    return found


def fingerprint(workspace: Workspace, pair: SurveyPair) -> tuple[tuple[str, int], ...]:
    """Return the files a catalogue depends on with the time each was last changed."""
    found = []
    for path in sorted(_dependencies(workspace, pair)):
        with suppress(OSError):  # being replaced: another state than before and after
            found.append((str(path), path.stat().st_mtime_ns))
    return tuple(found)


def _dependencies(workspace: Workspace, pair: SurveyPair) -> Iterator[Path]:
    yield from workspace.harmonies_folder.glob(f"{pair}.json")
    for survey in (pair.donor, pair.recipient):
        yield from workspace.survey_folder(survey).glob("*.parquet")
    for folder in ("predictors", "intersections", "context"):
        yield from (workspace.geography_folder / folder).glob("*.parquet")


@pn.cache(max_items=8, policy="LRU")  # type: ignore[untyped-decorator, unused-ignore]
def _catalogue(
    workspace: str, donor: str, recipient: str, stamp: tuple[tuple[str, int], ...]
) -> Catalogue:
    """Compute a catalogue; `stamp` makes a changed file another question."""
    from fusion_core.fusion.base import detect_type
    from fusion_core.prepare import assemble

    del stamp
    opened = Workspace.open(Path(workspace))
    pair = SurveyPair(SurveyId.parse(donor), SurveyId.parse(recipient))
    surveys = (opened.survey(pair.donor), opened.survey(pair.recipient))
    pool = assemble(opened, pair, surveys=surveys)
    table = surveys[0].table("household")
    kinds: dict[str, str] = {}
    for variable in surveys[0].dictionary.answers("household"):
        if variable.name not in table.columns:
            continue
        try:
            kinds[variable.name] = str(detect_type(table[variable.name], fused=True).kind)
        except InputError:
            kinds[variable.name] = "unusable"
    return Catalogue(pool.table, kinds, pool.notes)
