"""How the variance follows from replicate weights: by the name of a method, or guessed from the columns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fusion_core.errors import InputError
from fusion_core.surveys.weight_design import WeightDesign

if TYPE_CHECKING:
    from collections.abc import Sequence

DESIGNS: Final = ("sdr", "brr", "fay", "fay:0.3", "jk1", "jk2", "jkn:7", "none")


def guess_design(
    replicates: Sequence[str], *, half_samples: bool = False
) -> tuple[WeightDesign, str]:
    """Guess the replication method from the names and number, with the reason in words.

    Recognized are half-samples (by their values, or the 44 of the Consumer Expenditure Surveys,
    ``WTREP01`` …; plain BRR), the American Housing Survey (160 ``REPWEIGHT1`` …, variance 4/160
    Σ (θ_r − θ)², that is Fay's with ε = 0.5), the National Household Travel Survey of 2017 (98 in
    strata of 7, 6/7 Σ (θ_r − θ)²) and the American Community Survey (80); 60 replicates of RECS 2020
    are the delete-a-group jackknife, 59/60 Σ (θ_r − θ)², which is assumed of whatever nothing else
    is known of.
    """
    count = len(replicates)
    if not count:
        return WeightDesign(), ""
    stem = re.sub(r"_?\d+$", "", replicates[0].lower())
    said = f"{count} replicate weights"
    if (stem, count) == ("wtrep", 44):
        design = WeightDesign.fay(count, epsilon=0.0)
        reason = "half-samples as in the Consumer Expenditure Surveys are assumed"
    elif half_samples:
        design = WeightDesign.fay(count, epsilon=0.0)
        said += ", each twice the weight for half of the rows"
        reason = "plain balanced half-samples are assumed"
    elif "brr" in stem or (stem.endswith("repweight") and count == 160):  # noqa: PLR2004 - the AHS
        design = WeightDesign.fay(count)
        said += f" named {replicates[0]} …"
        reason = "Fay's BRR, ε = 0.5, is assumed"
    elif count == 98 and stem.startswith("wt"):  # noqa: PLR2004 - replicates of the NHTS of 2017
        design = WeightDesign.stratified_jackknife(count, per_stratum=7)
        reason = "the jackknife in strata of 7 as in the NHTS of 2017 is assumed"
    elif count == 80:  # noqa: PLR2004 - the number of replicates of the American Community Survey
        design = WeightDesign.successive_difference(count)
        reason = "successive differences as in the ACS are assumed"
    else:
        design = WeightDesign.jackknife(count)
        reason = "the delete-a-group jackknife is assumed"
    return design, f"{said}: {reason}"


def design_named(text: str, replicates: int) -> WeightDesign:
    """Return the replication method a person names.

    Parameters
    ----------
    text
        ``sdr`` (successive differences), ``brr`` (plain half-samples), ``fay`` or ``fay:0.3`` (with
        its ε), ``jk1`` or ``jackknife``, ``jk2`` (pairs), ``jkn:7`` (strata of 7 groups), ``none``.
    replicates
        Number of replicate weights.

    Raises
    ------
    InputError
        If there is no such method, or its number is out of range.
    """
    name, _, number = text.strip().lower().partition(":")
    simple = {
        "sdr": WeightDesign.successive_difference,
        "jk1": WeightDesign.jackknife,
        "jackknife": WeightDesign.jackknife,
        "jk2": WeightDesign.paired_jackknife,
    }
    if name in simple and not number:
        return simple[name](replicates)
    if name == "none" and not number:
        return WeightDesign()
    try:
        if name == "brr" and not number:
            return WeightDesign.fay(replicates, epsilon=0.0)
        if name == "fay" and 0 <= float(number or 0.5) < 1:
            return WeightDesign.fay(replicates, epsilon=float(number or 0.5))
        if name == "jkn" and int(number) > 1:
            return WeightDesign.stratified_jackknife(replicates, per_stratum=int(number))
    except ValueError:
        pass  # said below
    raise InputError(
        f"There is no replication design '{text}'", fix=f"Choose one of {', '.join(DESIGNS)}"
    )
