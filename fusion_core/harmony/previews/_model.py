"""What a preview holds: plain frozen objects, ready to be drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fusion_core.harmony.checks import Finding
from fusion_core.harmony.model import FloatArray, GroupCode, SideName
from fusion_core.records import Checked


@dataclass(frozen=True, slots=True)
class GroupPreview(Checked):
    """One group: who is in it on either side.

    Attributes
    ----------
    code, name
        The group and its label.
    donor_levels, recipient_levels
        Levels (or bin labels) assigned to it.
    donor_share, recipient_share
        Weighted share of households (or persons) in it; ``None`` without microdata, and for groups
        whose codes are added up rather than compared.
    """

    code: float
    name: str
    donor_levels: tuple[str, ...]
    recipient_levels: tuple[str, ...]
    donor_share: float | None
    recipient_share: float | None


@dataclass(frozen=True, slots=True)
class LevelPreview(Checked):
    """One level of a side: its group and the weighted share of rows of its own table."""

    level: str
    group: GroupCode
    share: float | None


@dataclass(frozen=True, slots=True)
class UnmatchedLevel:
    """A level whose rows meet nobody on the other side.

    Attributes
    ----------
    side, level, group
        Which level; its group, or ``None`` when it has none yet.
    share
        Weighted share of rows of its own table; ``None`` without microdata.
    """

    side: SideName
    level: str
    group: GroupCode
    share: float | None


@dataclass(frozen=True)
class NumericPreview:
    """The distribution of a numeric outcome on bins shared by both sides.

    Attributes
    ----------
    edges
        Bin edges, one more than bins; values beyond the outer edges count in the outer bins.
    donor_shares, recipient_shares
        Weighted share of rows per bin; ``None`` without microdata.
    probabilities, donor_quantiles, recipient_quantiles
        Weighted quantiles at the given probabilities.
    donor_mean, recipient_mean
        Weighted means.
    """

    edges: FloatArray
    donor_shares: FloatArray | None
    recipient_shares: FloatArray | None
    probabilities: tuple[float, ...]
    donor_quantiles: FloatArray | None
    recipient_quantiles: FloatArray | None
    donor_mean: float | None
    recipient_mean: float | None


@dataclass(frozen=True)
class Histogram(Checked):
    """Weighted distribution of a side's number before it is binned, adjusted and deflated.

    Attributes
    ----------
    edges
        Bin edges, one more than `shares`; values beyond the outer edges count in the outer bins.
    shares
        Weighted share of rows per bin.
    minimum, maximum
        Smallest and largest value.
    """

    edges: FloatArray
    shares: FloatArray
    minimum: float
    maximum: float


@dataclass(frozen=True)
class HarmonyPreview(Checked):
    """Everything a person needs to judge a harmony.

    Attributes
    ----------
    outcome
        Whether the result is a number or a group; ``None`` when the sides do not fit together.
    groups
        One entry per group in the order of the codes.
    donor_levels, recipient_levels
        Every level of either side in table order.
    donor_values, recipient_values
        For a side that is a number: its distribution before binning, where bins can be set.
    numeric
        Distribution of a numeric outcome.
    similarity
        Score of `fusion_core.harmony.apply.similarity`; ``None`` where a side has no rows or microdata.
    unmatched
        Levels without a group, or in a group the other side does not use.
    findings
        What the checker says.
    problems
        Why (part of) the harmony cannot be applied, as sentences.
    """

    outcome: Literal["number", "group"] | None
    groups: tuple[GroupPreview, ...]
    donor_levels: tuple[LevelPreview, ...]
    recipient_levels: tuple[LevelPreview, ...]
    donor_values: Histogram | None
    recipient_values: Histogram | None
    numeric: NumericPreview | None
    similarity: float | None
    unmatched: tuple[UnmatchedLevel, ...]
    findings: tuple[Finding, ...]
    problems: tuple[str, ...]


__all__ = [
    "GroupPreview",
    "HarmonyPreview",
    "Histogram",
    "LevelPreview",
    "NumericPreview",
    "UnmatchedLevel",
]
