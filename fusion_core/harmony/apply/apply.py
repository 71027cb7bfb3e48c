"""Apply harmonies: two surveys in, two frames with identical columns out.

Both sides of a harmony share one list of categories – the union of the groups either side uses, in
the order of their codes – so name, type, categories and order agree by construction. A category is
labelled with its group's name, or with its code (``1``, ``2``, ``1.5``) where it has none.

A row that a harmony drops on purpose is missing (NaN) in that harmony's column only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from fusion_core.arguments import require_type, type_name
from fusion_core.errors import HarmonyError, InputError
from fusion_core.harmony.apply.grouping import SideValues, problems_error, side_values
from fusion_core.harmony.apply.rows import RowsCache, SurveyRows
from fusion_core.harmony.model import (
    SIDES,
    FloatArray,
    Harmony,
    HarmonySet,
    SideName,
    aggregate,
    collapses,
    format_number,
    harmony_outcome,
    resolve_rule,
    side_outcome,
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


def group_labels(
    harmony: Harmony, *, respondent: RespondentLevel = "household"
) -> dict[float, str]:
    """Return the label of every group either side uses, in the order of the codes.

    A group without a name is labelled with its code. Where two labels would be equal, the code is
    appended, so that labels always tell groups apart.
    """
    codes: set[float] = set()
    for name in SIDES:
        side = harmony.side(name)
        outcome = side_outcome(side, collapsed=collapses(harmony, name, respondent))
        codes |= {0.0, 1.0} if outcome == "flag" else set(side.group_codes)
    names = {float(code): name.strip() for code, name in harmony.group_names if name.strip()}
    labels = {code: names.get(code, format_number(code)) for code in sorted(codes)}
    seen = list(labels.values())
    return {
        code: label if seen.count(label) == 1 else f"{label} ({format_number(code)})"
        for code, label in labels.items()
    }


def collapse_side(
    harmony: Harmony,
    name: SideName,
    rows: SurveyRows,
    values: FloatArray,
    *,
    respondent: RespondentLevel = "household",
) -> FloatArray:
    """Bring one value per row of a side's own table to the level of the output.

    Parameters
    ----------
    harmony, name
        The harmony and which side of it.
    rows
        The side's survey.
    values
        Result of `SideValues.of_rows`.
    respondent
        Level of the output.
    """
    side = harmony.side(name)
    if collapses(harmony, name, respondent):
        rule = resolve_rule(side.aggregator, grouped=side.is_grouped, ordered=harmony.ordered)
        values = aggregate(values, rows.starts, rows.household_of_person, rule)
        if respondent == "person":
            values = values[rows.household_of_person]
    elif side.respondent == "household" and respondent == "person":
        rows.count("person")
        values = values[rows.household_of_person]
    return values


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
    rows = (cache or RowsCache()).rows(survey)
    where = f"{harmony.key}, {side_name}"
    outcome = harmony_outcome(harmony, respondent)
    try:
        rows.count(respondent)
        found: SideValues = side_values(
            harmony.side(side_name),
            rows,
            of_reference=takes_reference_person(harmony, side_name, respondent),
        )
        if found.problems:
            raise problems_error(found.problems, where=where)
        values = collapse_side(harmony, side_name, rows, found.of_rows(), respondent=respondent)
    except InputError as error:
        _locate(error, where)
        raise
    index = rows.index(respondent)
    if outcome == "number":
        return pd.Series(values, index=index, name=harmony.key)
    categorical = to_categorical(values, group_labels(harmony, respondent=respondent), harmony)
    return pd.Series(categorical, index=index, name=harmony.key)


def _locate(error: InputError, where: str) -> None:
    """Say in an error which side of which harmony it concerns."""
    if not error.where.startswith(where):
        error.where = f"{where}: {error.where}" if error.where else where
        error.args = (error.message,)


def to_categorical(
    values: FloatArray, labels: dict[float, str], harmony: Harmony
) -> pd.Categorical:
    """Turn group codes into a categorical over all groups of the harmony."""
    codes = np.array(list(labels), dtype=np.float64)
    positions = np.searchsorted(codes, values).astype(np.int64)
    positions[np.isnan(values)] = -1
    dtype = pd.CategoricalDtype(list(labels.values()), ordered=harmony.ordered)
    result: pd.Categorical = pd.Categorical.from_codes(positions, dtype=dtype)
    return result


def _given(harmonies: Iterable[Harmony]) -> tuple[Harmony, ...]:
    """Return harmonies given as a list; anything else is refused."""
    given = tuple(harmonies) if isinstance(harmonies, Iterable) else (harmonies,)
    for harmony in given:
        fix = "Give a HarmonySet, or a list of harmonies"
        require_type(harmony, Harmony, "harmonies", fix=fix)
    return given


def harmonize_pair(
    harmonies: HarmonySet | Iterable[Harmony],
    donor: SurveySource,
    recipient: SurveySource,
    *,
    respondent: RespondentLevel = "household",
    cache: RowsCache | None = None,
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

    Returns
    -------
    HarmonizedPair
        Harmonies that fail are listed with their error; the others are unaffected.

    Raises
    ------
    InputError
        If a harmony or a survey is none, or a survey has no microdata of the wanted level.
    """
    cache = cache or RowsCache()
    listed = harmonies.harmonies if isinstance(harmonies, HarmonySet) else _given(harmonies)
    surveys: dict[SideName, SurveySource] = {"donor": donor, "recipient": recipient}
    frames: dict[SideName, pd.DataFrame] = {}
    for name, survey in surveys.items():
        if not hasattr(survey, "column_names"):
            raise InputError(
                f"'{name}' must be a survey; got {type_name(survey)}",
                fix="Read one with read_survey or Workspace.stored_survey",
            )
        rows = cache.rows(survey)
        rows.count(respondent)
        frames[name] = rows.keys(respondent)
    columns: dict[SideName, dict[str, pd.Series[Any]]] = {"donor": {}, "recipient": {}}
    failures: dict[str, HarmonyError] = {}
    for harmony in listed:
        try:
            both = {
                name: harmonize_side(harmony, name, survey, respondent=respondent, cache=cache)
                for name, survey in surveys.items()
            }
        except HarmonyError as error:
            failures[harmony.key] = error
            continue
        for name, column in both.items():
            columns[name][harmony.key] = column
    finished = {
        name: pd.concat(
            [frame, pd.DataFrame(columns[name], index=frame.index)], axis=1
        ).reset_index(drop=True)
        for name, frame in frames.items()
    }
    return HarmonizedPair(
        finished["donor"], finished["recipient"], failures, tuple(columns["donor"])
    )


__all__ = [
    "HarmonizedPair",
    "collapse_side",
    "group_labels",
    "harmonize_pair",
    "harmonize_side",
    "to_categorical",
]
