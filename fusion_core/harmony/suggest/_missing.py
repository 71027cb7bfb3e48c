"""What becomes of rows without an answer, which a harmony has to say before it can be applied."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from fusion_core.harmony.editing import next_group, replace_side
from fusion_core.harmony.labels import is_no_answer, is_not_asked
from fusion_core.harmony.model import (
    DROP,
    OTHER_SIDE,
    SIDES,
    GroupCode,
    Harmony,
    LevelGroup,
    SideName,
)
from fusion_core.surveys.model import Variable

_NOT_ASKED: Final = "Not asked"


def settle_missing(
    harmony: Harmony, donor: Variable, recipient: Variable
) -> tuple[Harmony, tuple[str, ...]]:
    """Say what becomes of rows that were not asked, or did not answer, where nothing says it yet.

    People not asked on the one side are in a group with those whose answer is missing on the other,
    if there are such; all others are left out.

    Parameters
    ----------
    harmony
        A suggestion.
    donor, recipient
        Its variables, whose dictionaries say how many answers are missing.

    Returns
    -------
    tuple
        The harmony, and a reason for each side that was changed.
    """
    variables: dict[SideName, Variable] = {"donor": donor, "recipient": recipient}
    reasons: list[str] = []
    for name in SIDES:
        harmony, said = _settle_levels(harmony, name, variables)
        reasons += said
    for name, variable in variables.items():
        if variable.missing_share and harmony.side(name).missing is None:
            harmony = replace_side(harmony, name, missing=DROP)
            reasons.append(
                f"{_rows(variable)} without an answer to {variable.name} "
                f"({100 * variable.missing_share:.2g} %) are left out"
            )
    return harmony, tuple(reasons)


def _settle_levels(
    harmony: Harmony, name: SideName, variables: dict[SideName, Variable]
) -> tuple[Harmony, list[str]]:
    """Give the levels of people not asked a group, or leave them out."""
    side, variable = harmony.side(name), variables[name]
    other = OTHER_SIDE[name]
    unsettled = [i.level for i in side.levels if i.group is None and is_not_asked(i.level)]
    is_grouped = any(item.group is not None for item in side.levels)
    if not unsettled or not is_grouped:
        return harmony, []
    unasked = [level for level in unsettled if not is_no_answer(level)]
    silent = variables[other].missing_share and harmony.side(other).missing is None
    if not (unasked and silent):
        left_out = ", ".join(f"'{level}'" for level in unsettled)
        reason = (
            f"{_rows(variable)} that say {left_out} are left out: "
            f"{variables[other].name} has no such answer"
        )
        return _with(harmony, name, dict.fromkeys(unsettled, DROP)), [reason]
    code = next_group(harmony)
    groups: dict[str, GroupCode] = dict.fromkeys(unsettled, DROP)
    groups |= dict.fromkeys(unasked, code)
    harmony = replace_side(_with(harmony, name, groups), other, missing=code)
    names = (*harmony.group_names, (code, _NOT_ASKED))
    reason = (
        f"those not asked for {variable.name} are in a group with the "
        f"{_rows(variables[other])} without an answer to {variables[other].name}"
    )
    return replace(harmony, group_names=names), [reason]


def _with(harmony: Harmony, name: SideName, groups: dict[str, GroupCode]) -> Harmony:
    levels = tuple(
        LevelGroup(item.level, groups.get(item.level, item.group))
        for item in harmony.side(name).levels
    )
    return replace_side(harmony, name, levels=levels)


def _rows(variable: Variable) -> str:
    return "persons" if variable.respondent == "person" else "households"


__all__ = ["settle_missing"]
