"""The harmony: how one concept, measured differently by two surveys, becomes one predictor.

A harmony has two sides, donor and recipient. A side names a variable, optionally adjusts it with an
expression, optionally bins it, assigns its levels (or bins) to groups, and says how persons become
a household. Groups with the same code on the two sides are the same answer, so one-to-one,
one-to-many, many-to-one and many-to-many correspondences all fall out of one table.

Everything here is frozen: an edit yields a new harmony, which is what makes undo trivial.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, Literal

from fusion_core.harmony.model.keys import earlier_key, harmony_key
from fusion_core.records import Checked
from fusion_core.summaries import Summarized, counted, listed
from fusion_core.surveys.model import RespondentLevel, SurveyId

Aggregator = Literal[
    "automatic", "reference", "sum", "minimum", "maximum", "mean", "median", "any", "count"
]
"""How several persons become one household value.

``automatic`` follows fusionData: numbers are averaged, ordered groups take the highest, unordered
groups the reference person. ``any`` is 1 where some member's value is not zero, ``count`` counts
such members.
"""

SideName = Literal["donor", "recipient"]
SIDES: Final[tuple[SideName, SideName]] = ("donor", "recipient")
OTHER_SIDE: Final[dict[SideName, SideName]] = {"donor": "recipient", "recipient": "donor"}
"""The side across, by side."""

DROP: Final = "drop"
"""Group of levels whose rows leave the comparison (e.g. persons in group quarters)."""

GroupCode = float | Literal["drop"] | None
"""A group: a number (it may be summed), `DROP`, or ``None`` when not yet decided."""


def as_number(group: GroupCode) -> float:
    """Return a group's code, NaN for levels left open or dropped."""
    return float("nan") if group is None or group == DROP else float(group)


def is_group(group: GroupCode) -> bool:
    """Whether a level has a group that takes part in the comparison."""
    return group is not None and group != DROP


@dataclass(frozen=True, slots=True)
class LevelGroup(Checked):
    """A level (or the label of a bin) and the group it belongs to."""

    level: str
    group: GroupCode = None


@dataclass(frozen=True, slots=True, repr=False)
class Side(Checked, Summarized):
    """One survey's half of a harmony.

    Attributes
    ----------
    variable
        Variable of the survey, lower case.
    respondent
        Whether the variable belongs to households or persons.
    adjustment
        Scalar SQL expression over columns of the same table that replaces the variable's value;
        empty for the variable itself (see `fusion_core.harmony.expressions.expression`).
    breakpoints
        Increasing bin edges, left-closed: (−∞, b₁), [b₁, b₂), …, [b_k, ∞). Empty for no bins.
    levels
        Groups of the variable's levels, or of its bins in order; empty when the number itself is
        the outcome.
    aggregator
        How persons become a household.
    universe
        Condition on the rows the question was put to; empty for everybody.
    outside_universe
        Group of the rows outside `universe`.
    missing
        Group of rows without an answer; ``None`` makes a missing answer an error.
    deflate_to_year
        Year whose prices the (adjusted) dollar amount is converted to with the consumer price
        index, from the price year of the survey; ``None`` for no conversion.
    recode
        Name of the recode the groups are taken from (see `fusion_core.harmony.recodes`); empty for
        groups of its own. The groups stand in `levels` all the same.
    """

    variable: str
    respondent: RespondentLevel = "household"
    adjustment: str = ""
    breakpoints: tuple[float, ...] = ()
    levels: tuple[LevelGroup, ...] = ()
    aggregator: Aggregator = "automatic"
    universe: str = ""
    outside_universe: GroupCode = None
    missing: GroupCode = None
    deflate_to_year: int | None = None
    recode: str = ""

    @property
    def is_grouped(self) -> bool:
        """Whether the side assigns groups, as opposed to using the number itself."""
        return bool(self.levels)

    @property
    def group_codes(self) -> tuple[float, ...]:
        """The distinct numeric group codes of the side, in increasing order."""
        codes = [item.group for item in self.levels]
        codes += [self.outside_universe, self.missing]
        return tuple(sorted({code for code in codes if code is not None and code != DROP}))

    def _title(self) -> str:
        return self.variable

    def _facts(self) -> dict[str, object]:
        levels = counted(len(self.levels), "bin" if self.breakpoints else "level")
        groups = counted(len(self.group_codes), "group")
        return {
            "adjusted": self.adjustment,
            "outcome": f"{levels} in {groups}" if self.is_grouped else "the number itself",
            "universe": self.universe,
            "asked of": f"{self.respondent}s",
            "per household": self.aggregator if self.respondent == "person" else "",
            "in prices of": self.deflate_to_year,
            "recode": self.recode,
        }


@dataclass(frozen=True, slots=True)
class Acceptance(Checked):
    """A finding a person has looked at and leaves as it is.

    Attributes
    ----------
    rule
        Name of the checker's rule.
    reason
        Why the harmony is right all the same.
    side, levels
        What the finding concerned; one that concerns further levels is a new finding.
    """

    rule: str
    reason: str
    side: SideName | Literal[""] = ""
    levels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Harmony(Checked, Summarized):
    """How one concept becomes one predictor with the same meaning in donor and recipient.

    Attributes
    ----------
    donor, recipient
        The two sides.
    ordered
        Whether the groups have an order that increases with their code.
    group_names
        Words for group codes, as ``(code, name)`` pairs; a code without a name shows its levels.
    comment, author, modified, revision
        Bookkeeping; `modified` is an ISO 8601 time in UTC, `revision` counts saves from 1.
    accepted
        Findings of the checker that were looked at and left as they are, with the reason.
    """

    donor: Side
    recipient: Side
    ordered: bool = False
    group_names: tuple[tuple[float, str], ...] = ()
    comment: str = ""
    author: str = ""
    modified: str = ""
    revision: int = 0
    accepted: tuple[Acceptance, ...] = ()

    @property
    def key(self) -> str:
        """``donorvariable__recipientvariable``: unique within a pair, and the predictor's name."""
        return harmony_key(self.donor.variable, self.recipient.variable)

    def _title(self) -> str:
        return self.key

    def _facts(self) -> dict[str, object]:
        codes = {*self.donor.group_codes, *self.recipient.group_codes}
        order = "ordered" if self.ordered else "unordered"
        return {
            **{name: _side_text(self.side(name)) for name in SIDES},
            "groups": f"{len(codes)}, {order}" if codes else "",
            "named": listed([name for _, name in self.group_names]) if self.group_names else "",
            "comment": self.comment,
            "revision": f"{self.revision} by {self.author}" if self.revision else "",
        }

    def has_earlier_key(self, key: str) -> bool:
        """Whether earlier versions of the program called it so."""
        return key == earlier_key(self.donor.variable, self.recipient.variable)

    def side(self, name: SideName) -> Side:
        """Return one side by name."""
        return self.donor if name == "donor" else self.recipient

    def with_side(self, name: SideName, side: Side) -> Harmony:
        """Return the harmony with one side replaced."""
        return replace(self, donor=side) if name == "donor" else replace(self, recipient=side)


def _side_text(side: Side) -> str:
    levels = counted(len(side.levels), "bin" if side.breakpoints else "level")
    said = (side.variable, levels if side.is_grouped else "number", side.adjustment and "adjusted")
    return ", ".join(part for part in said if part)


@dataclass(frozen=True, slots=True)
class SurveyPair(Checked):
    """A donor and a recipient survey: what a set of harmonies belongs to."""

    donor: SurveyId
    recipient: SurveyId

    def __str__(self) -> str:
        return f"{self.donor}__{self.recipient}"

    @property
    def title(self) -> str:
        """The form people read, such as ``RECS 2015 → ACS 2019``."""
        return f"{self.donor.title} → {self.recipient.title}"


@dataclass(frozen=True, slots=True, repr=False)
class HarmonySet(Checked, Summarized):
    """All harmonies of one pair of surveys, by key."""

    pair: SurveyPair
    harmonies: tuple[Harmony, ...] = field(default=())

    def _title(self) -> str:
        return self.pair.title

    def _facts(self) -> dict[str, object]:
        return {"harmonies": listed([item.key for item in self.harmonies], most=3)}

    def get(self, key: str) -> Harmony | None:
        """Return the harmony with this key, or ``None``."""
        return next((item for item in self.harmonies if item.key == key), None) or next(
            (item for item in self.harmonies if item.has_earlier_key(key)), None
        )
