"""What becomes of rows without an answer, which a harmony has to say before it can be applied."""

from __future__ import annotations

from fusion_core.harmony.editing import replace_side
from fusion_core.harmony.model import DROP, SIDES, Harmony
from fusion_core.surveys.model import Variable


def leave_out_missing(
    harmony: Harmony, donor: Variable, recipient: Variable
) -> tuple[Harmony, tuple[str, ...]]:
    """Leave rows out whose answer is missing, where a survey has such and the harmony says nothing.

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
    reasons = []
    for name, variable in zip(SIDES, (donor, recipient), strict=True):
        if variable.missing_share and harmony.side(name).missing is None:
            harmony = replace_side(harmony, name, missing=DROP)
            rows = "persons" if variable.respondent == "person" else "households"
            reasons.append(
                f"{rows} without an answer to {variable.name} "
                f"({100 * variable.missing_share:.2g} %) are left out"
            )
    return harmony, tuple(reasons)


__all__ = ["leave_out_missing"]
