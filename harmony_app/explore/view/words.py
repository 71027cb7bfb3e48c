"""The sentences of the Explore page: what is shown, how sure it is, and what that means."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from fusion_core.estimates.statistics import SHARES
from fusion_core.geography.levels import level_words
from harmony_app.explore.view.state import OWN_PLACES
from harmony_app.shell.look import NO_BREAK, Quantity, count, joined, number, percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from fusion_core.estimates.api import Difference
    from fusion_core.estimates.statistics import Statistic, StatisticKind
    from fusion_core.surveys.model import Variable
    from harmony_app.explore.view.state import EstimateRequest, ExploreState, HatchRule

RELIABILITY_WORDS: Final = {
    "high": "reliable",
    "medium": "use with caution",
    "low": "too uncertain to rely on",
    "incomplete": "margin incomplete: the donor's part is unknown, so it is wider than shown",
    "undefined": "reliability unknown",
}
MISSING_PART: Final[dict[str, str]] = {
    "ratio": "Choose a variable under “Divided by”",
    "share_above": "Type a number under “Above”",
    "share_below": "Type a number under “Below”",
}
"""What to do where a statistic lacks a part."""
CONFIDENCE: Final = 90
BREAKDOWN_MARKS: Final = (
    "▲ ▼ higher or lower than the whole area by more than chance explains, allowing for the number of"
    " groups (90 %)."
)
_SMALLEST_P: Final = 0.001


def quantity_of(statistic: Statistic, variables: Mapping[str, Variable]) -> Quantity:
    """Return what kind of number a statistic is."""
    if statistic.kind in SHARES:
        return Quantity(share=True)
    if statistic.kind == "count":
        return Quantity(unit="households")
    unit = variables[statistic.variable].unit if statistic.variable in variables else ""
    if statistic.kind in {"ratio", "gini"}:
        return Quantity()
    if statistic.kind == "total" and " per household" in unit:
        unit = unit.replace(" per household", "")
    return Quantity(unit=unit)


def variable_title(variable: Variable) -> str:
    """Return a variable for a list: description and name."""
    return f"{variable.description} · {variable.name}" if variable.description else variable.name


def variable_heading(variable: Variable) -> str:
    """Return a variable for a headline."""
    name = variable.description or variable.name
    return name[:1].upper() + name[1:]


def view_title(request: EstimateRequest, variables: Mapping[str, Variable]) -> str:
    """Return the headline of a view: its variable, or both, and the place where one is chosen."""
    title = map_title(request.statistic, variables)
    if request.second is not None:
        title = f"{title}, and {_small(map_title(request.second, variables))}"
    return f"{title} – {request.within}" if request.within else title


def _small(title: str) -> str:
    """Begin a title with a small letter, unless its first word is an abbreviation."""
    return title[:1].lower() + title[1:] if title[1:2].islower() else title


def map_title(statistic: Statistic, variables: Mapping[str, Variable]) -> str:
    """Return the headline of a map: the variable in words, and the level where one is chosen."""
    name = variable_heading(variables[statistic.variable])
    if statistic.level:
        return f"{name}: {statistic.level}"
    below = variables.get(statistic.denominator or "")
    if statistic.kind == "ratio" and below is not None:
        return f"{name} / {below.description or below.name}"
    return name


def statistic_phrase(statistic: Statistic, quantity: Quantity) -> str:
    """Say what number is shown: "Share of households", "Mean per household, kWh"."""
    unit = f", {quantity.unit}" if quantity.unit and statistic.kind != "count" else ""
    phrases: dict[StatisticKind, str] = {
        "share": "Share of households",
        "share_above": f"Share of households above {number(statistic.threshold)}",
        "share_below": f"Share of households below {number(statistic.threshold)}",
        "count": "Number of households",
        "mean": f"Mean per household{unit}",
        "median": f"Median household{unit}",
        "quantile": f"{percent(statistic.quantile, decimals=0)} of households lie below{unit}",
        "total": f"Total of all households{unit}",
        "ratio": "Ratio of the totals",
        "gini": "Gini coefficient: 0 when all households have the same, near 1 when few have all",
    }
    return phrases[statistic.kind]


def subgroup_phrase(state: ExploreState) -> str:
    """Say which households are counted."""
    parts = []
    if state.group_variable and state.group_levels:
        parts.append(f"{state.group_variable} is {joined(list(state.group_levels), last='or')}")
    if state.where.strip():
        parts.append(state.where.strip())
    everyone = f"among households where {' and '.join(parts)}" if parts else "all households"
    return f"{everyone} in {state.within.strip()}" if state.within.strip() else everyone


def interval_sentence(row: Mapping[str, Any], quantity: Quantity) -> str:
    """Say how sure an estimate is: "90 % sure it lies between 60.0 and 63.6 %"."""
    if not _finite(row["moe"]):
        return "Its margin of error is unknown"
    ends = quantity.interval(float(row["lower"]), float(row["upper"]), float(row["moe"]))
    if str(row.get("reliability", "")) == "incomplete":
        return f"Without the donor's part of its error it lies between {ends}"
    return f"{CONFIDENCE}{NO_BREAK}% sure it lies between {ends}"


def bounds_sentence(row: Mapping[str, Any], quantity: Quantity) -> str:
    """Say how far a joint share may be off if the donors depend on each other; empty for others."""
    lower, upper = known_number(row.get("frechet_lower")), known_number(row.get("frechet_upper"))
    if lower is None or upper is None:
        return ""
    ends = quantity.interval(lower, upper, (upper - lower) / 2)
    return (
        f"Whatever the dependence between the donors given the predictors, it lies between {ends}"
    )


def no_estimate_sentence(row: Mapping[str, Any]) -> str:
    """Say why an area has no estimate."""
    reason = row.get("assumption")
    told = reason if isinstance(reason, str) and reason else ""
    return told or "No household of this kind was sampled here, so there is no estimate."


def reliability_phrase(row: Mapping[str, Any]) -> str:
    """Return reliability in words with its CV and the sample behind it."""
    words = RELIABILITY_WORDS.get(str(row["reliability"]), RELIABILITY_WORDS["undefined"])
    cv = f" (CV{NO_BREAK}{percent(float(row['cv']))})" if _finite(row["cv"]) else ""
    return f"{words}{cv} · {count(float(row['n']), 'household')} sampled"


def allocated_phrase(row: Mapping[str, Any]) -> str:
    """Say how much of an area comes from PUMAs its border cuts; empty for an area of whole PUMAs."""
    share = known_number(row.get("allocated"))
    if share is None:
        return ""
    if share <= 0:
        return "Of whole PUMAs"
    told = percent(share, decimals=0)
    return f"{told} of its households are of PUMAs its border cuts, taken to be alike in all parts"


def shares_note(table: pd.DataFrame) -> str:
    """Say how areas that cut through PUMAs come about; empty for other kinds."""
    if "allocated" not in table:
        return ""
    known = table["allocated"].dropna()
    cut = known[known > 0]
    if cut.empty:
        return ""
    share = percent(float(cut.median()), decimals=0)
    every = "each" if len(cut) == len(known) else f"{len(cut):,} of {len(known):,}"
    return (
        f"Put together of PUMAs. The border of {every} cuts PUMAs, whose parts are taken to be alike:"
        f" typically {share} of the area's households."
    )


def smoothed_phrase(row: Mapping[str, Any], quantity: Quantity) -> str:
    """Say what an area's estimate was before it borrowed strength; empty where it did not."""
    direct, fused = known_number(row.get("direct")), known_number(row.get("fused"))
    if direct is not None:
        moe, weight = known_number(row.get("direct_moe")), known_number(row["weight_of_direct"])
        own = f"Its own answers say {quantity.value(direct, moe)} {quantity.short_moe(moe)}"
        return f"{own}; they have {percent(weight, decimals=0)} of the weight."
    if fused is not None:
        told = quantity.value(fused, known_number(row["moe"]))
        return f"Fused {told}, brought into agreement with the donor's place it lies in."
    return ""


def table_phrase(row: Mapping[str, Any], quantity: Quantity) -> str:
    """Say what an independent table has of an area, and how the estimate compares."""
    value = known_number(row.get("external"))
    if value is None:
        return ""
    moe = known_number(row.get("moe"))
    if row.get("related") is True:
        ranks = f"rank {row['external_rank']:,.0f} there, {row['rank']:,.0f} here"
        return f"Independent table: {number(value)}; {ranks}"
    told = f"Independent table: {quantity.value(value, moe)}"
    gap = known_number(row.get("difference"))
    if gap is None:
        return told
    size = quantity.difference(abs(gap), moe)
    side = "more" if gap >= 0 else "less"
    within = "within" if row.get("within_moe") is True else "outside"
    return f"{told}; the estimate is {size} {side}, {within} the margins of both"


def calibrated_phrase(row: Mapping[str, Any], quantity: Quantity) -> str:
    """Say what an estimate was before it was calibrated, and how far it moved; empty for others."""
    before = known_number(row.get("uncalibrated"))
    moved, moe = known_number(row.get("moved")), known_number(row.get("uncalibrated_moe"))
    if before is None or moved is None:
        return ""
    told = f"Calibrated; before {quantity.value(before, moe)} {quantity.short_moe(moe)}"
    errors = known_number(row.get("moved_errors"))
    if errors is None:
        return told
    side = "up" if moved >= 0 else "down"
    size = quantity.difference(abs(moved), moe)
    held = ", the most that is allowed" if row.get("held") is True else ""
    return f"{told}, moved {side} by {size} ({abs(errors):.1f} of its standard errors{held})"


def estimate_phrase(row: Mapping[str, Any], quantity: Quantity) -> str:
    """Return an estimate with its margin: "61.8 % ±1.8"."""
    value = quantity.value(known_number(row["estimate"]), known_number(row["moe"]))
    return f"{value} {quantity.short_moe(known_number(row['moe']))}"


def value_with_margin(row: Mapping[str, Any], quantity: Quantity) -> str:
    """Return an estimate with its margin and without its unit, for lists."""
    value = quantity.value(known_number(row["estimate"]), known_number(row["moe"]), unit=False)
    return f"{value} {quantity.short_moe(known_number(row['moe']))}"


def kind_words(kind: str) -> str:
    """Return a kind of area as people write it."""
    if kind.startswith(OWN_PLACES):
        return f"places “{kind.removeprefix(OWN_PLACES)}”"
    return level_words(kind)


def hatch_phrase(rule: HatchRule) -> str:
    """Say when an area is hatched."""
    if rule.measure == "never":
        return "never hatched"
    if rule.measure == "moe":
        return f"margin over {rule.limit * 100:g}{NO_BREAK}points"
    return f"CV over {rule.limit * 100:g}{NO_BREAK}%"


def comparison_sentence(
    names: tuple[str, str], difference: Difference, quantity: Quantity, *, of_first: bool = False
) -> str:
    """Say what was found of the difference of two areas, and at which level.

    Parameters
    ----------
    names
        The two areas.
    difference
        The first less the second.
    quantity
        What kind of number was estimated.
    of_first
        Whether the sentence is about the first even where it is the lower one.
    """
    value, moe = difference.difference, difference.moe
    if not (math.isfinite(value) and math.isfinite(moe)):
        return "One of the two has no margin of error, so the difference cannot be tested."
    size = f"{quantity.difference(value, moe)} ({quantity.short_moe(moe)})"
    level = f"{difference.confidence * 100:g}{NO_BREAK}%"
    among = _among(difference.comparisons)
    if difference.is_significant:
        subject, other = names if value > 0 or of_first else names[::-1]
        direction = "lower" if of_first and value < 0 else "higher"
        return f"{subject} is {direction} than {other} by {size}, at the {level} level{among}."
    told = f"At the {level} level{among}, the difference of {size} could be chance"
    if difference.p_value < 1.0 - difference.confidence:
        return (
            f"{told}: it would stand out by itself, but among so many comparisons one as large is to"
            " be expected."
        )
    return f"{told}: we can't say which is higher."


def _among(comparisons: int) -> str:
    if comparisons == 1:
        return ""
    return f" and allowing for its choice among {comparisons:,} comparisons"


def test_phrase(difference: Difference) -> str:
    """Say how the difference was tested, in one line under what was found."""
    if not math.isfinite(difference.p_value):
        return difference.assumption
    parts = [f"p {_p_text(difference.p_value)}"]
    if difference.comparisons > 1:
        adjusted = f"adjusted for {difference.comparisons:,} comparisons"
        parts.append(f"{adjusted} p {_p_text(difference.p_adjusted)}")
    if math.isfinite(difference.ratio) and math.isfinite(difference.ratio_moe):
        parts.append(
            f"the first is {difference.ratio:.2f} (±{difference.ratio_moe:.2f}) times the second"
        )
    return f"{'; '.join(parts)}. {difference.assumption}".strip()


def _p_text(value: float) -> str:
    return f"= {value:.2g}" if value >= _SMALLEST_P else "< 0.001"


def _finite(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def known_number(value: object) -> float | None:
    """Return a finite number, or nothing."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
