"""From one value per row of a survey's own table to one per household or person."""

from __future__ import annotations

from fusion_core.harmony.apply.rows import SurveyRows
from fusion_core.harmony.model import (
    FloatArray,
    Harmony,
    SideName,
    aggregate,
    collapses,
    resolve_rule,
)
from fusion_core.surveys.model import RespondentLevel


def collapse_side(
    harmony: Harmony,
    name: SideName,
    rows: SurveyRows,
    values: FloatArray,
    respondent: RespondentLevel,
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


__all__ = ["collapse_side"]
