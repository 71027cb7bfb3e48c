"""Apply harmonies: two surveys in, two frames with identical columns out.

Both sides of a harmony share one list of categories – the union of the groups either side uses, in
the order of their codes – so name, type, categories and order agree by construction. A category is
labelled with its group's name, or with its code (``1``, ``2``, ``1.5``) where it has none.

A row that a harmony drops on purpose is missing (NaN) in that harmony's column only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from fusion_core.arguments import require_type, type_name
from fusion_core.errors import HarmonyError, InputError
from fusion_core.harmony.apply._collapsing import collapse_side
from fusion_core.harmony.apply.group_labels import group_labels, to_categorical
from fusion_core.harmony.apply.grouping import problems_error, side_values
from fusion_core.harmony.apply.rows import RowsCache, SurveyRows
from fusion_core.harmony.model import (
    Harmony,
    HarmonySet,
    SideName,
    harmony_outcome,
    takes_reference_person,
)
from fusion_core.records import Checked
from fusion_core.summaries import Summarized, counted, listed
from fusion_core.surveys.model import RespondentLevel
from fusion_core.surveys.source import SurveySource


@dataclass(frozen=True, repr=False)
class HarmonizedPair(Checked, Summarized):
    """Donor and recipient with the same predictors.

    Attributes
    ----------
    donor, recipient
        One row per household (or person): identifiers, weight, published geography, and one column
        per harmony – ``float64`` or a categorical with the same categories on both sides.
    failures
        Why a harmony could not be applied, by key; its column is absent on both sides.
    """

    donor: pd.DataFrame
    recipient: pd.DataFrame
    failures: dict[str, HarmonyError] = field(default_factory=dict)
    keys: tuple[str, ...] = ()

    def _facts(self) -> dict[str, object]:
        return {
            "donor": f"{len(self.donor):,} × {counted(self.donor.shape[1], 'column')}",
            "recipient": f"{len(self.recipient):,} × {counted(self.recipient.shape[1], 'column')}",
            "predictors": listed([key for key in self.keys if key in self.donor.columns], most=3),
            "failed": listed(self.failures, most=3) if self.failures else "",
        }


def harmonize_pair(
    harmonies: HarmonySet | Iterable[Harmony],
    donor: SurveySource,
    recipient: SurveySource,
    *,
    respondent: RespondentLevel = "household",
    cache: RowsCache | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> HarmonizedPair:
    """Apply all harmonies of a pair.

    Parameters
    ----------
    harmonies
        The harmonies, in the order of the columns wanted.
    donor, recipient
        Surveys with microdata.
    respondent
        Level of the output.
    cache
        Prepared rows to reuse.
    progress
        Called before each harmony with the share done and a sentence; raises to cancel.

    Returns
    -------
    HarmonizedPair
        Harmonies that fail are listed with their error; the others are unaffected.

    Raises
    ------
    InputError
        If a harmony or a survey is none, or a survey has no microdata of the wanted level.
    """
    listed = harmonies.harmonies if isinstance(harmonies, HarmonySet) else _given(harmonies)
    kept = cache or RowsCache()
    sides: dict[SideName, SurveyRows] = {
        "donor": _rows("donor", donor, kept, respondent),
        "recipient": _rows("recipient", recipient, kept, respondent),
    }
    columns: dict[SideName, dict[str, pd.Series[Any]]] = {"donor": {}, "recipient": {}}
    failures: dict[str, HarmonyError] = {}
    for done, harmony in enumerate(listed):
        if progress is not None:
            words = f"Applying the harmony {harmony.key} ({done + 1} of {len(listed)})"
            progress(done / len(listed), words)
        try:
            both = {name: _column(harmony, name, rows, respondent) for name, rows in sides.items()}
        except HarmonyError as error:
            failures[harmony.key] = error
            continue
        for name, column in both.items():
            columns[name][harmony.key] = column
    frames = {name: _frame(rows, columns[name], respondent) for name, rows in sides.items()}
    return HarmonizedPair(frames["donor"], frames["recipient"], failures, tuple(columns["donor"]))


def harmonize_side(
    harmony: Harmony,
    side_name: SideName,
    survey: SurveySource,
    *,
    respondent: RespondentLevel = "household",
    cache: RowsCache | None = None,
) -> pd.Series[Any]:
    """Compute one side of a harmony.

    Parameters
    ----------
    harmony
        The harmony.
    side_name
        Which side `survey` is.
    survey
        Its microdata.
    respondent
        Level of the output: one value per household or per person.
    cache
        Prepared rows to reuse.

    Returns
    -------
    pandas.Series
        Named after the harmony's key, ``float64`` or categorical, sorted by household (and person);
        its index holds the labels of those rows in the survey's own table. Rows left out on
        purpose are missing.

    Raises
    ------
    InputError
        If a level or a missing answer has no group, or the harmony itself is wrong; the message
        names variable, level and number of rows.
    """
    return _column(harmony, side_name, (cache or RowsCache()).rows(survey), respondent)


def _given(harmonies: Iterable[Harmony]) -> tuple[Harmony, ...]:
    """Return harmonies given as a list; anything else is refused."""
    given = tuple(harmonies) if isinstance(harmonies, Iterable) else (harmonies,)
    for harmony in given:
        fix = "Give a HarmonySet, or a list of harmonies"
        require_type(harmony, Harmony, "harmonies", fix=fix)
    return given


def _rows(
    name: SideName, survey: SurveySource, cache: RowsCache, respondent: RespondentLevel
) -> SurveyRows:
    """Return the prepared rows of a side's survey, checked."""
    if not hasattr(survey, "column_names"):
        raise InputError(
            f"'{name}' must be a survey; got {type_name(survey)}",
            fix="Read one with read_survey or Workspace.stored_survey",
        )
    rows = cache.rows(survey)
    rows.count(respondent)
    return rows


def _column(
    harmony: Harmony, name: SideName, rows: SurveyRows, respondent: RespondentLevel
) -> pd.Series[Any]:
    """Return a side's column: its answers grouped, brought to the output's level, and labelled."""
    outcome = harmony_outcome(harmony, respondent)
    where = f"{harmony.key}, {name}"
    try:
        rows.count(respondent)
        of_reference = takes_reference_person(harmony, name, respondent)
        answers = side_values(harmony.side(name), rows, of_reference=of_reference)
        if answers.problems:
            raise problems_error(answers.problems, where=where)
        values: Any = collapse_side(harmony, name, rows, answers.of_rows(), respondent)
    except InputError as error:
        _locate(error, where)
        raise
    if outcome != "number":
        values = to_categorical(values, group_labels(harmony, respondent=respondent), harmony)
    return pd.Series(values, index=rows.index(respondent), name=harmony.key)


def _locate(error: InputError, where: str) -> None:
    """Say in an error which side of which harmony it concerns."""
    if not error.where.startswith(where):
        error.where = f"{where}: {error.where}" if error.where else where
        error.args = (error.message,)


def _frame(
    rows: SurveyRows, columns: dict[str, pd.Series[Any]], respondent: RespondentLevel
) -> pd.DataFrame:
    """Put a side's columns beside its identifiers."""
    keys = rows.keys(respondent)
    harmonized = pd.DataFrame(columns, index=keys.index)
    return pd.concat([keys, harmonized], axis=1).reset_index(drop=True)


__all__ = ["HarmonizedPair", "harmonize_pair", "harmonize_side"]
