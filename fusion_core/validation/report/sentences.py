"""What the tables of a validation say, in sentences with a tone: the numbers come on demand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from fusion_core.estimates.variance import holm
from fusion_core.records import Checked
from fusion_core.validation.internal import TOTAL_VARIATION, percent_words, reliability_gaps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_core.validation.internal import Validation

Tone = Literal["good", "fair", "poor"]

# Distances of distributions, as shares: what a reader of a chart would hardly, or surely, notice.
CLOSE_DISTRIBUTION: Final = 0.03
FAR_DISTRIBUTION: Final = 0.08
# Differences of correlations and their like.
KEPT_DEPENDENCE: Final = 0.05
LOST_DEPENDENCE: Final = 0.10
# How far the share held may be from the nominal one, in points.
HONEST_RANGE: Final = 0.03
MISLEADING_RANGE: Final = 0.08
# How far the share of true answers may be from the share drawn.
HONEST_CHANCE: Final = 0.02
MISLEADING_CHANCE: Final = 0.05
# Gaps that chance would make larger more often than this are not told from none.
_BEYOND_CHANCE: Final = 0.05
# Slope of that gap from which draws are called too sure or too cautious.
_TILTED: Final = 0.05
# Simulation noise of a subset estimate against its margin of error.
SETTLED: Final = 0.15
UNSETTLED: Final = 0.30
# Loss of skill out of fold.
SMALL_LOSS: Final = 0.05
LARGE_LOSS: Final = 0.15
_RANGE: Final = 0.8
# Share of the weight from which those who did not answer can hardly matter.
_NEARLY_ALL: Final = 0.99
# A mean off by more than the margin of error (90 %) of the donor's own does not match it.
_MARGIN: Final = 1.645
_NAMED_PAIRS: Final = 3
_NAMED_PREDICTORS: Final = 3


@dataclass(frozen=True, slots=True)
class Finding(Checked):
    """One thing a validation shows.

    Attributes
    ----------
    variable
        What it is about; empty for all.
    tone
        Whether it speaks for the fused variables.
    text
        A sentence.
    """

    variable: str
    tone: Tone
    text: str


def all_findings(
    inside: Validation, outside: Validation | None, names: Sequence[str]
) -> dict[str, list[Finding]]:
    """Return the findings about some variables by heading; a heading without any is left out.

    Parameters
    ----------
    inside
        The usual validation.
    outside
        The out-of-fold one, if there is one.
    names
        Fused variables.
    """
    only = names[0] if len(names) == 1 else ""
    found = {
        "Donor households": donor_findings(inside),
        "Unseen households": [] if outside is None else out_of_fold_findings(inside, outside),
        "Distributions": distribution_findings(inside),
        "Dependence": [dependence_finding(inside, only)],
        "Draws of single households": [
            *skill_findings(inside),
            *calibration_findings(inside),
            *(
                reliability_findings(inside)
                if outside is None
                else reliability_findings(outside, unseen=True)
            ),
        ],
        "What variables were predicted from": importance_findings(inside),
        "Number of implicates": [convergence_finding(inside)] if len(inside.convergence) else [],
    }
    wanted = {"", *names}
    kept = {
        heading: [finding for finding in findings if finding.variable in wanted]
        for heading, findings in found.items()
    }
    return {heading: findings for heading, findings in kept.items() if findings}


def donor_findings(validation: Validation) -> list[Finding]:
    """Say whom the figures of variables speak of that not every donor household answered."""
    found = []
    for row in validation.donors.to_dict("records"):
        if not row["unanswered"]:
            continue
        text = (
            f"{row['variable']}: its figures describe the {row['households']:,} donor households that "
            f"answered it ({100 * row['share']:.1f} % by weight); {row['unanswered']:,} did not, and "
            "may differ from them."
        )
        tone: Tone = "good" if row["share"] >= _NEARLY_ALL else "fair"
        found.append(Finding(str(row["variable"]), tone, text))
    return found


def distribution_findings(validation: Validation) -> list[Finding]:
    """Say of every variable how near its simulated distribution is to the observed one."""
    return [_distribution(row) for row in validation.distances.to_dict("records")]


def dependence_finding(validation: Validation, variable: str = "") -> Finding:
    """Say whether dependence is kept, and name the pairs that differ most."""
    pairs = validation.correlations
    if variable:
        pairs = pairs[(pairs["first"] == variable) | (pairs["second"] == variable)]
    if pairs.empty:
        return Finding(variable, "good", "There is no pair of variables to compare.")
    ordered = pairs.loc[pairs["difference"].abs().sort_values(ascending=False, kind="stable").index]
    largest = float(ordered["difference"].abs().iloc[0])
    tone = _tone(largest, KEPT_DEPENDENCE, LOST_DEPENDENCE)
    if tone == "good":
        text = f"Dependence is kept: none of {len(pairs)} pairs differs by more than {largest:.2f}."
        return Finding(variable, tone, text)
    apart = ordered[ordered["difference"].abs() > KEPT_DEPENDENCE]
    named = "; ".join(_pair(row) for row in apart.head(_NAMED_PAIRS).to_dict("records"))
    count = f"{len(apart)} of {len(pairs)} pairs" if len(pairs) > 1 else "The only pair"
    verb = "differ" if len(apart) > 1 and len(pairs) > 1 else "differs"
    return Finding(variable, tone, f"{count} {verb} by more than {KEPT_DEPENDENCE:.2f}: {named}.")


def calibration_findings(validation: Validation) -> list[Finding]:
    """Say of every number whether the ranges of its draws are honest."""
    found = []
    for row in validation.coverage.to_dict("records"):
        if row["level"] != _RANGE or not np.isfinite(row["held"]):
            continue
        gap = float(row["held"]) - _RANGE
        tone = _tone(abs(gap), HONEST_RANGE, MISLEADING_RANGE)
        words = {
            "good": "as they should",
            "fair": "a little too narrow" if gap < 0 else "a little wide",
            "poor": "too narrow: single draws are over-confident"
            if gap < 0
            else "wider than needed",
        }[tone]
        text = (
            f"{row['variable']}: the middle {percent_words(_RANGE)} of a household's draws hold "
            f"{percent_words(row['held'])} of true answers, {words}."
        )
        found.append(Finding(str(row["variable"]), tone, text))
    return found


def reliability_findings(validation: Validation, *, unseen: bool = False) -> list[Finding]:
    """Say of every category whether its answers are true as often as they are drawn.

    Models lean towards the answers they were trained on, so that the truth of households they know
    goes farther than their draws; that is no fault of draws for others and never called poor.

    Parameters
    ----------
    validation
        The validation.
    unseen
        Whether the models never saw its households.
    """
    found = []
    for variable, own in reliability_gaps(validation.reliability).groupby("variable", sort=False):
        # With many answers some gap appears by chance alone.
        certain = own[holm(own["p_value"].to_numpy(dtype=np.float64)) < _BEYOND_CHANCE]
        if certain.empty:
            text = (
                f"{variable}: answers are true as often as they are drawn; what gaps there are can be"
                " chance."
            )
            found.append(Finding(str(variable), "good", text))
            continue
        worst = certain.sort_values("gap", ascending=False, kind="stable").iloc[0]
        gap, tilt = float(worst["gap"]), float(worst["tilt"])
        tone = _tone(gap, HONEST_CHANCE, MISLEADING_CHANCE)
        words = {
            "good": "answers are true almost exactly as often as they are drawn",
            "fair": "answers are true nearly as often as they are drawn",
            "poor": "answers are not true as often as they are drawn",
        }[tone]
        leaning = ""
        if tone != "good" and abs(tilt) > _TILTED:
            leaning = "; draws are too sure" if tilt < 0 else "; draws are too cautious"
            if tilt > 0 and not unseen:
                tone, leaning = "fair", f"{leaning}, as usual of households the models know"
        text = (
            f"{variable}: {words} (typical gap {100 * gap:.1f} points, largest for"
            f" “{worst['level']}”){leaning}."
        )
        found.append(Finding(str(variable), tone, text))
    return found


def skill_findings(validation: Validation) -> list[Finding]:
    """Say of every variable how much better its draws are than draws from everybody."""
    found = []
    for row in validation.summary.to_dict("records"):
        skill = float(row["skill"])
        if not np.isfinite(skill):
            text = f"{row['variable']}: every household gave the same answer."
            found.append(Finding(str(row["variable"]), "fair", text))
            continue
        tone: Tone = "good" if skill > 0.2 else "fair" if skill > 0.05 else "poor"  # noqa: PLR2004 - said in the text beside
        text = (
            f"{row['variable']}: draws are {percent_words(skill)} nearer the truth than draws from all "
            f"households ({row['score']} {_number(row['value'])} against {_number(row['baseline'])})."
            if skill > 0
            else f"{row['variable']}: draws are no nearer the truth than draws from all households."
        )
        found.append(Finding(str(row["variable"]), tone, text))
    return found


def convergence_finding(validation: Validation) -> Finding:
    """Say whether there are enough implicates, from the variable that settles last."""
    table = validation.convergence
    if table.empty:
        return Finding("", "fair", "This validation does not say whether M is large enough.")
    count = int(table["implicates"].max())
    final = table[table["implicates"] == count]
    worst = final.sort_values("noise", ascending=False).to_dict("records")[0]
    noise = float(worst["noise"])
    tone = _tone(noise, SETTLED, UNSETTLED)
    words = {
        "good": f"{count} implicates are enough",
        "fair": f"{count} implicates are enough for a first look",
        "poor": f"{count} implicates are few",
    }[tone]
    label = f"{worst['variable']} ({worst['level']})" if worst["level"] else str(worst["variable"])
    text = (
        f"{words}: drawing all again would move a typical subset estimate by up to {percent_words(noise)} of "
        f"its margin of error ({label} moves most)."
    )
    return Finding("", tone, text)


def importance_findings(validation: Validation) -> list[Finding]:
    """Name what each variable was predicted from."""
    found = []
    for variable, own in validation.importance.groupby("variable", sort=False):
        ordered = own.sort_values("share", ascending=False, kind="stable")
        named = ordered[ordered["share"] > 0].head(_NAMED_PREDICTORS)
        if named.empty:
            found.append(Finding(str(variable), "poor", f"{variable}: no predictor helped."))
            continue
        parts = [
            f"{row['predictor']} ({percent_words(row['share'])})"
            for row in named.to_dict("records")
        ]
        text = f"{variable}: predicted chiefly from {_listed(parts)}."
        found.append(Finding(str(variable), "good", text))
    return found


def out_of_fold_table(inside: Validation, outside: Validation) -> pd.DataFrame:
    """Set the usual validation beside the out-of-fold one; see `side_by_side`."""
    return side_by_side(inside, outside, ("_inside", "_outside"))


def side_by_side(first: Validation, second: Validation, endings: tuple[str, str]) -> pd.DataFrame:
    """Set two validations beside each other.

    Returns
    -------
    DataFrame
        One row per variable of both: ``variable`` and, with the two endings,
        ``absolute_percent_error``, ``value_added``, ``uncertainty_ratio``, ``skill`` and
        ``coverage``.
    """
    columns = [
        "variable",
        "absolute_percent_error",
        "value_added",
        "uncertainty_ratio",
        "skill",
        "coverage",
    ]
    return first.summary[columns].merge(second.summary[columns], on="variable", suffixes=endings)


def out_of_fold_findings(inside: Validation, outside: Validation) -> list[Finding]:
    """Say of every variable how much of its quality is lost for households the model never saw."""
    found = []
    for row in out_of_fold_table(inside, outside).to_dict("records"):
        lost = float(row["skill_inside"]) - float(row["skill_outside"])
        tone = _tone(lost, SMALL_LOSS, LARGE_LOSS) if np.isfinite(lost) else "fair"
        words = {
            "good": "the usual validation can be relied on",
            "fair": "the usual validation is somewhat too favourable",
            "poor": "trust the figures of unseen households only",
        }[tone]
        text = (
            f"{row['variable']}: {words}; draws for unseen households are "
            f"{percent_words(row['skill_outside'])} nearer the truth than draws from all households, "
            f"against {percent_words(row['skill_inside'])} for those the model was trained on."
        )
        found.append(Finding(str(row["variable"]), tone, text))
    return found


def _distribution(row: dict[Any, Any]) -> Finding:
    name, distance = str(row["variable"]), float(row["distance"])
    tone = _tone(distance, CLOSE_DISTRIBUTION, FAR_DISTRIBUTION)
    margin = _MARGIN * float(row.get("mean_error", np.nan))
    is_off = abs(float(row["mean_simulated"]) - float(row["mean_observed"])) > margin
    if is_off and tone == "good":
        tone = "fair"
    words = {
        "good": "matches the observed distribution",
        "fair": "is near the observed distribution",
        "poor": "differs from the observed distribution",
    }[tone]
    facts = f"cumulative shares differ by at most {percent_words(distance)}"
    if row["measure"] == TOTAL_VARIATION:
        facts = f"{percent_words(distance)} of households would have to change their answer"
    elif pd.notna(row["mean_observed"]):
        facts += (
            f"; mean {_number(row['mean_simulated'])}, observed {_number(row['mean_observed'])}"
        )
        if np.isfinite(margin):
            facts += f" ± {_number(margin)}"
    return Finding(name, tone, f"{name} {words} ({facts}).")


def _pair(row: dict[Any, Any]) -> str:
    return (
        f"{row['first']} – {row['second']} ({row['measure']} {row['observed']:.2f} observed, "
        f"{row['simulated']:.2f} fused)"
    )


def _tone(size: float, small: float, large: float) -> Tone:
    return "good" if size <= small else "fair" if size <= large else "poor"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.3g}"  # noqa: PLR2004 - digits people read


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
