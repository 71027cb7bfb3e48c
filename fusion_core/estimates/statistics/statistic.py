"""What a user wants to know of a variable: its mean, a share, a total, a quantile and so on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from fusion_core.arguments import is_real
from fusion_core.errors import InputError
from fusion_core.records import Checked

StatisticKind = Literal[
    "mean",
    "total",
    "share",
    "count",
    "median",
    "quantile",
    "ratio",
    "share_above",
    "share_below",
    "gini",
]
KINDS: tuple[StatisticKind, ...] = get_args(StatisticKind)
THRESHOLD_SHARES: Final[frozenset[str]] = frozenset({"share_above", "share_below"})
"""Kinds that say how many households lie on one side of a threshold."""
SHARES: Final[frozenset[str]] = THRESHOLD_SHARES | {"share"}
"""Kinds whose values are shares between 0 and 1, to be written in percent."""


@dataclass(frozen=True, slots=True)
class Statistic(Checked):
    """One statistic of one variable; every weighted by the survey weight.

    Attributes
    ----------
    kind
        ``mean``, ``total`` (Σ w·x), ``share`` (of households with a level), ``count`` (weighted
        number of households with a level, or with a number above `threshold`, or – without a
        variable – of all households), ``median``, ``quantile``, ``ratio`` (Σ w·x / Σ w·d),
        ``share_above`` and ``share_below`` (share of households with a number above, or below,
        `threshold`; one equal to it counts in neither) or ``gini`` (how unequally a number is
        spread, see `fusion_core.estimates.statistics._inequality`).
    variable
        A fused variable or a variable of the recipient survey.
    level
        One level of a categorical variable; ``None`` asks for all of them.
    threshold
        Number to be above or below of, for ``share_above``, ``share_below`` and ``count`` of a
        number.
    denominator
        Numeric variable d of a ``ratio``.
    probability
        Probability of a ``quantile``, strictly between 0 and 1.

    Raises
    ------
    InputError
        If a part is missing, superfluous or out of range.
    """

    kind: StatisticKind
    variable: str = ""
    level: str | None = None
    threshold: float | None = None
    denominator: str | None = None
    probability: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError.unknown("statistic", str(self.kind), KINDS)
        Checked.__post_init__(self)
        self._check_numbers()
        if not self.variable and self.kind != "count":
            raise InputError(f"A {self.kind} needs a variable", fix="Name the variable")
        self._check_part("level", self.level is not None, ("share", "count"))
        self._check_part("threshold", self.threshold is not None, (*THRESHOLD_SHARES, "count"))
        self._check_part("denominator", self.denominator is not None, ("ratio",))
        self._check_part("probability", self.probability is not None, ("quantile",))
        if self.level is not None and self.threshold is not None:
            raise InputError("A count has either a level or a threshold", fix="Drop one of them")
        if self.probability is not None and not 0 < self.probability < 1:
            raise InputError(
                f"{self.probability} is not the probability of a quantile",
                fix="Choose a number between 0 and 1, such as 0.9",
            )

    def _check_numbers(self) -> None:
        for part in ("threshold", "probability"):
            value = getattr(self, part)
            if value is not None and not is_real(value):
                raise InputError(
                    f"The {part} of a statistic must be a number; got {value!r:.60}",
                    fix="Give a finite number",
                )

    def _check_part(self, part: str, given: bool, kinds: tuple[str, ...]) -> None:
        if given and self.kind not in kinds:
            raise InputError(f"A {self.kind} has no {part}", fix=f"Leave the {part} out")
        required = self.kind in kinds and self.kind != "count" and part != "level"
        if required and not given:
            raise InputError(
                f"A {self.kind.replace('_', ' ')} needs a {part}", fix=f"Give a {part}"
            )

    @property
    def quantile(self) -> float:
        """Probability of a median or quantile."""
        return 0.5 if self.probability is None else self.probability

    @property
    def label(self) -> str:
        """The statistic in words, for titles and tables."""
        if not self.variable:
            return "number of households"
        if self.kind == "ratio":
            return f"ratio of {self.variable} to {self.denominator}"
        if self.kind == "gini":
            return f"Gini coefficient of {self.variable}"
        if self.kind == "quantile":
            return f"{100 * self.quantile:g} % quantile of {self.variable}"
        if self.kind not in SHARES | {"count"}:
            return f"{self.kind} of {self.variable}"
        noun = "number" if self.kind == "count" else "share"
        side = "below" if self.kind == "share_below" else "above"
        beyond = f" {side} {self.threshold:g}" if self.threshold is not None else ""
        level = f" = {self.level}" if self.level is not None else ""
        return f"{noun} with {self.variable}{beyond}{level}"

    @property
    def short(self) -> str:
        """The statistic in the form `parse` reads."""
        found = f"{self.kind}:{self.variable}"
        side = "<" if self.kind == "share_below" else ">"
        parts = (("=", self.level), (side, self.threshold), ("/", self.denominator))
        for mark, value in (*parts, ("@", self.probability)):
            if value is not None:
                found += f"{mark}{value:.12g}" if isinstance(value, float) else f"{mark}{value}"
        return found

    @classmethod
    def parse(cls, text: str) -> Statistic:
        """Read the short form used on the command line and in addresses.

        ``mean:electricity``, ``share:aircon`` (every level), ``share:aircon=Central``,
        ``share_above:electricity>10000``, ``share_below:income<20000``, ``count:`` (households),
        ``ratio:electricity/income``, ``quantile:electricity@0.9``.

        Raises
        ------
        InputError
            If the text has another form.
        """
        kind, separator, rest = text.partition(":")
        kind = kind.strip()
        if not separator or kind not in KINDS:
            raise InputError(
                f"'{text}' is not a statistic",
                fix="Write it like mean:electricity, share:aircon=Central or quantile:income@0.9",
            )
        parts: dict[str, Any] = {"kind": kind}
        for mark, part, kinds in _MARKS:
            variable, found, value = rest.partition(mark)
            if found and kind in kinds:
                number = part in {"threshold", "probability"}
                parts[part] = _number(value, text) if number else value.strip()
                rest = variable
                break
        return cls(variable=rest.strip(), **parts)


# Marks, the part they begin, and the kinds they mean something in; in others they belong to a name.
_MARKS: Final = (
    ("=", "level", KINDS),
    (">", "threshold", tuple(kind for kind in KINDS if kind != "share_below")),
    ("<", "threshold", ("share_below",)),
    ("/", "denominator", ("ratio",)),
    ("@", "probability", KINDS),
)


def _number(text: str, where: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise InputError(f"'{text.strip()}' is not a number", where=where) from error
