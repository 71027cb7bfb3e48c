"""Put every possible predictor of a survey pair side by side: harmonized and spatial.

Nothing is decided here. The result depends on the pair, its harmonies and the seed only, so a page
can compute it once and try different choices on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.errors import HarmonyError, InputError
from fusion_core.fusion.base import Purpose, stream
from fusion_core.geography.definitions import check_table_definition
from fusion_core.geography.known_places import donor_intersections
from fusion_core.geography.local_context import read_contexts
from fusion_core.geography.location import PUMA, impute_location, read_intersections
from fusion_core.geography.spatial import join_predictors, read_spatial_tables
from fusion_core.harmony.apply import harmonize_pair, similarity
from fusion_core.harmony.store import HarmonyStore
from fusion_core.prepare._neighbourhoods import Neighbourhoods
from fusion_core.records import Checked
from fusion_core.summaries import Summarized, counted
from fusion_core.surveys.model import HOUSEHOLD_KEY, WEIGHT

if TYPE_CHECKING:
    from fusion_core.geography.spatial import SpatialTable
    from fusion_core.harmony.model import Harmony, SurveyPair
    from fusion_core.surveys.source import SurveySource
    from fusion_core.workspace.layout import Workspace

Progress = Callable[[float, str], None]

WARNING: Final = "Warning: "
"""What the notes begin with that nobody may overlook."""
PREDICTOR_COLUMNS: Final = (
    "predictor",
    "label",
    "source",
    "type",
    "donor_variable",
    "similarity",
    "missing_donor",
    "missing_recipient",
    "problem",
)
"""Columns of `PredictorPool.table`: name; words; ``"harmony"``, ``"spatial"`` or ``"context"`` (see
`fusion_core.geography.local_context`); ``"nominal"``,
``"ordered"`` or ``"number"``; donor variable it was made from; similarity of the two weighted
distributions, 0–1; weighted shares of households without a value; and, when it cannot be used, a
sentence that says why."""


@dataclass(frozen=True, repr=False)
class PredictorPool(Checked, Summarized):
    """Every predictor a pair of surveys offers.

    Attributes
    ----------
    donor
        One row per donor household in survey order: `household_id`, `weight`, replicate weights,
        the published geography, `puma` where imputed, and one column per usable predictor.
    recipient
        The same for the recipient, in survey order; every household is kept.
    table
        One row per predictor, also the unusable ones, with `PREDICTOR_COLUMNS`.
    notes
        What a user should know, one sentence each; first, as warnings, the saved harmonies that
        cannot be applied.
    changed
        Which survey was stored after a harmony was last saved, by predictor.
    shares
        Columns of both tables with the probability of each class, by local context.
    """

    donor: pd.DataFrame
    recipient: pd.DataFrame
    table: pd.DataFrame
    notes: tuple[str, ...] = ()
    changed: Mapping[str, str] = field(default_factory=dict)
    shares: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def _facts(self) -> dict[str, object]:
        return {
            "donor": f"{len(self.donor):,} × {counted(self.donor.shape[1], 'column')}",
            "recipient": f"{len(self.recipient):,} × {counted(self.recipient.shape[1], 'column')}",
            "predictors": len(self.table),
            "notes": len(self.notes) or "",
        }


def assemble(
    workspace: Workspace,
    pair: SurveyPair,
    *,
    seed: int = 0,
    progress: Progress | None = None,
    surveys: tuple[SurveySource, SurveySource] | None = None,
    most_compared: int | None = None,
) -> PredictorPool:
    """Apply all saved harmonies of a pair and join the spatial predictors.

    Parameters
    ----------
    workspace
        Where the surveys, harmonies and spatial tables are.
    pair
        Donor and recipient.
    seed
        Seed of the donor's imputed location.
    progress
        Called with the share done and a sentence; raises to cancel.
    surveys
        Donor and recipient already opened.
    most_compared
        About how many donor households are placed by comparing them with recipient households (see
        `fusion_core.geography.location.impute_location`); all by default. With a limit the pool is
        for looking at its table, and carries no replicate weights.

    Raises
    ------
    InputError
        If a survey has no household microdata, or the pair has neither a harmony nor a spatial
        predictor.
    """
    report = progress or _silent
    report(0.0, "Reading the two surveys")
    donor, recipient = surveys or (
        workspace.stored_survey(pair.donor),
        workspace.stored_survey(pair.recipient),
    )
    is_overview = most_compared is not None
    frames = (
        _households(donor, replicates=not is_overview),
        _households(recipient, replicates=not is_overview),
    )
    harmonies = HarmonyStore(workspace.path, pair).load().harmonies
    tables = read_spatial_tables(workspace)
    if not harmonies:
        raise InputError(
            f"{pair.title} has no saved harmony, so there is nothing to predict from",
            fix="Save at least one on the Harmonize page",
        )
    rows, columns = _harmonized(
        harmonies, donor, recipient, frames, lambda share, words: report(0.05 + 0.55 * share, words)
    )
    changed = _stored_since(workspace, pair, harmonies)
    warnings = _warnings(rows, changed)
    left = pd.concat([frames[0], columns[0]], axis=1)
    right = pd.concat([frames[1], columns[1]], axis=1)
    contexts = Neighbourhoods.of(read_contexts(workspace, pair.donor), (donor, recipient), right)
    left = contexts.with_classes(left)
    report(0.6, "Placing donor households")
    left, notes = _locate(
        workspace,
        donor,
        left,
        right,
        has_tables=bool(tables),
        classes=contexts.intersections,
        seed=seed,
        predictors=[str(name) for name in columns[0].columns],
        most_compared=most_compared,
        progress=lambda share, words: report(0.6 + 0.3 * share, words),
    )
    for done, table in enumerate(tables):
        words = f"Joining the spatial table {table.name} ({done + 1} of {len(tables)})"
        report(0.9 + 0.1 * done / len(tables), words)
        spatial_rows, spatial_left, spatial_right = _spatial(table, (donor, recipient), left, right)
        rows += spatial_rows
        left = pd.concat([left, spatial_left], axis=1)
        right = pd.concat([right, spatial_right], axis=1)
    rows += contexts.rows(left, right)
    left, right = contexts.with_shares(left, right)
    report(1.0, "Predictors are ready")
    predictors = pd.DataFrame(rows, columns=list(PREDICTOR_COLUMNS))
    return PredictorPool(left, right, predictors, (*warnings, *notes), changed, contexts.columns)


def _stored_since(
    workspace: Workspace, pair: SurveyPair, harmonies: Sequence[Harmony]
) -> dict[str, str]:
    """Name the survey whose dictionary was written after a harmony was last saved, by its key."""
    stored = {
        survey.title: datetime.fromtimestamp(path.stat().st_mtime, UTC)
        for survey in (pair.donor, pair.recipient)
        if (path := workspace.survey_folder(survey) / "dictionary.parquet").exists()
    }
    found = {}
    for harmony in harmonies:
        if not harmony.modified:
            continue
        saved = datetime.fromisoformat(harmony.modified)
        saved = saved if saved.tzinfo else saved.replace(tzinfo=UTC)
        # Times of harmonies are whole seconds.
        later = [title for title, when in stored.items() if when > saved + timedelta(seconds=1)]
        if later:
            found[harmony.key] = " and ".join(later)
    return found


def _warnings(rows: Sequence[Mapping[str, Any]], changed: Mapping[str, str]) -> list[str]:
    """Say which saved harmonies leave the run because they cannot be used."""
    return [
        f"{WARNING}the predictor {row['predictor']} leaves the run. {str(row['problem']).rstrip('.')}."
        + stored_words(changed.get(row["predictor"], ""))
        for row in rows
        if row["source"] == "harmony" and row["problem"]
    ]


def stored_words(surveys: str) -> str:
    """Say that surveys were stored after a harmony was saved; empty where none was."""
    return f" Stored after this harmony was last saved: {surveys}." if surveys else ""


def _silent(share: float, sentence: str) -> None:
    """Report to nobody."""


def _households(survey: SurveySource, *, replicates: bool) -> pd.DataFrame:
    """Read what a run needs of a household table: keys, weights and geography."""
    present = survey.column_names("household")
    wanted = [HOUSEHOLD_KEY, WEIGHT, *(survey.description.design.columns if replicates else ())]
    wanted += [name for name in (*survey.description.geography, PUMA) if name in present]
    return survey.columns("household", list(dict.fromkeys(wanted))).reset_index(drop=True)


def _harmonized(
    harmonies: Sequence[Harmony],
    donor: SurveySource,
    recipient: SurveySource,
    frames: tuple[pd.DataFrame, pd.DataFrame],
    progress: Progress,
) -> tuple[list[dict[str, Any]], tuple[pd.DataFrame, pd.DataFrame]]:
    harmonized = harmonize_pair(
        harmonies, donor, recipient, progress=lambda share, words: progress(share * 0.7, words)
    )
    left = _aligned(harmonized.donor, frames[0])
    right = _aligned(harmonized.recipient, frames[1])
    rows = []
    usable = []
    for done, harmony in enumerate(harmonies):
        key = harmony.key
        share = done / len(harmonies)
        progress(
            0.7 + 0.3 * share, f"Comparing both sides of {key} ({done + 1} of {len(harmonies)})"
        )
        variable = donor.dictionary.get(harmony.donor.variable)
        row = {
            "predictor": key,
            "label": variable.description if variable is not None else "",
            "source": "harmony",
            "donor_variable": harmony.donor.variable,
        }
        failure = harmonized.failures.get(key)
        if failure is not None:
            rows.append(row | _unusable(f"The harmony failed: {failure.message}"))
            continue
        rows.append(row | _described(left[key], right[key], frames))
        usable.append(key)
    return rows, (left[usable], right[usable])


def _aligned(harmonized: pd.DataFrame, households: pd.DataFrame) -> pd.DataFrame:
    """Put harmonized rows in survey order; a household a harmony dropped gets empty values."""
    indexed = harmonized.set_index(HOUSEHOLD_KEY)
    if indexed.index.equals(pd.Index(households[HOUSEHOLD_KEY])):
        return indexed.reset_index(drop=True)
    return indexed.reindex(households[HOUSEHOLD_KEY]).reset_index(drop=True)


def _described(
    left: pd.Series[Any], right: pd.Series[Any], frames: tuple[pd.DataFrame, pd.DataFrame]
) -> dict[str, Any]:
    weights = (frames[0][WEIGHT].to_numpy(float), frames[1][WEIGHT].to_numpy(float))
    missing = [
        float(weight[column.isna().to_numpy()].sum() / weight.sum())
        for weight, column in zip(weights, (left, right), strict=True)
    ]
    problem = ""
    score = np.nan
    if max(missing) >= 1.0:
        problem = f"No {'donor' if missing[0] >= 1.0 else 'recipient'} household has a value"
    else:
        known = (left.notna().to_numpy(), right.notna().to_numpy())
        score = similarity(
            left[known[0]], weights[0][known[0]], right[known[1]], weights[1][known[1]]
        )
        if left.nunique() < 2:  # noqa: PLR2004 - one value predicts nothing
            problem = "Every donor household has the same value"
    return {
        "type": _type(left),
        "similarity": score,
        "missing_donor": missing[0],
        "missing_recipient": missing[1],
        "problem": problem,
    }


def _type(column: pd.Series[Any]) -> str:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return "ordered" if column.cat.ordered else "nominal"
    return "number"


def _unusable(problem: str) -> dict[str, Any]:
    return {
        "type": "",
        "similarity": np.nan,
        "missing_donor": np.nan,
        "missing_recipient": np.nan,
        "problem": problem,
    }


def _locate(
    workspace: Workspace,
    survey: SurveySource,
    donor: pd.DataFrame,
    recipient: pd.DataFrame,
    *,
    has_tables: bool,
    classes: Sequence[pd.DataFrame],
    seed: int,
    predictors: Sequence[str],
    most_compared: int | None,
    progress: Progress,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Give donor households a PUMA where that is possible and of use."""
    if PUMA in donor.columns:
        return donor, ()
    published = [name for name in survey.description.geography if name in donor.columns]
    if PUMA not in recipient.columns:
        return donor, ("The recipient names no PUMAs: donor households were not placed.",)
    if not has_tables and not read_intersections(workspace, published):
        return donor, (
            "Donor households were not placed in PUMAs: the workspace has no spatial table.",
        )
    intersections = donor_intersections(workspace, donor, published, recipient[PUMA].unique())
    notes: list[str] = []
    if not intersections and not classes:
        notes.append(
            f"No table says which PUMAs a place published by {survey.id.title} overlaps: donor "
            "households were placed anywhere."
        )
    generator = stream(seed, Purpose.LOCATION, str(survey.id))
    placed = impute_location(
        donor,
        recipient,
        intersections,
        predictors=predictors,
        generator=generator,
        narrowing=classes,
        most_compared=most_compared,
        progress=progress,
    )
    if most_compared is not None and len(donor) > most_compared:
        notes.append(
            f"Similarities of spatial predictors rest on about {most_compared:,} of the {len(donor):,} "
            "donor households, placed in PUMAs for this overview; a run places every household."
        )
    return donor.assign(**{PUMA: placed.puma}), (*notes, *placed.notes)


def _spatial(
    table: SpatialTable,
    surveys: tuple[SurveySource, SurveySource],
    donor: pd.DataFrame,
    recipient: pd.DataFrame,
) -> tuple[list[dict[str, Any]], pd.DataFrame, pd.DataFrame]:
    """Join one table on both sides; a table that does not fit is reported, not fatal."""
    rows = [
        {
            "predictor": f"{table.name}.{name}",
            "label": table.columns.get(name, "") or table.title,
            "source": "spatial",
            "donor_variable": "",
        }
        for name in table.predictors
    ]
    empty = (pd.DataFrame(index=donor.index), pd.DataFrame(index=recipient.index))
    try:
        for survey in surveys:
            check_table_definition(table.census, survey.description, table=table.name)
        right = join_predictors(recipient, [table], where="the recipient")
        left = join_predictors(donor, [table], where="the donor")
    except HarmonyError as error:
        return [row | _unusable(error.message) for row in rows], *empty
    left.columns = right.columns = pd.Index([row["predictor"] for row in rows])
    described = [
        row | _described(left[row["predictor"]], right[row["predictor"]], (donor, recipient))
        for row in rows
    ]
    return described, left, right
