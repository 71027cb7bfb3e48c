"""Numbers as people read them: ``12.4 %``, ``3.1 million``, ``$1,240``, ``±0.8``.

An estimate is never printed with more digits than its margin of error can bear, so a reader cannot
mistake noise for precision.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

NO_BREAK: Final = "\N{NO-BREAK SPACE}"
MISSING: Final = "–"
_MILLION: Final = 1_000_000
_BILLION: Final = 1_000_000_000
_WORDS: Final = ((_BILLION, "billion"), (_MILLION, "million"))
_MOST_DECIMALS: Final = 9


def number(value: float | None, *, digits: int = 3, step: float | None = None) -> str:
    """Write a number with thousands separators, and a word for millions and billions.

    Parameters
    ----------
    value
        The number; ``None`` and not-a-number become a dash.
    digits
        Significant digits; whole parts below one million are never rounded away.
    step
        Smallest difference worth showing, such as the unit of the last digit of a margin of error;
        replaces `digits` below one million.
    """
    if value is None or not math.isfinite(value):
        return MISSING
    size = abs(value)
    for scale, word in _WORDS:
        if size >= scale * 0.9995:
            return _signed(f"{value / scale:,.{1 if size < 100 * scale else 0}f}{NO_BREAK}{word}")
    if step:
        decimals = min(6, max(0, -math.floor(math.log10(step))))
        coarse = round(value / step) * step if step > 1 else value
        return _signed(f"{coarse:,.{decimals}f}")
    if size == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(size)))
    text = f"{value:,.{decimals}f}"
    return _signed(text.rstrip("0").rstrip(".") if "." in text else text)


def axis_numbers(values: Sequence[float], *, share: bool = False, exact: bool = False) -> list[str]:
    """Write the ticks of one axis alike, with just enough digits to tell them apart.

    Parameters
    ----------
    values
        Different numbers.
    share
        Whether they are shares, written in percent.
    exact
        Whether they are round numbers, none of which may read like another: 0.25 as 0.25, not 0.2.
    """
    largest = max((abs(value) for value in values), default=0.0)
    scale, word = next(((scale, word) for scale, word in _WORDS if largest >= scale), (1.0, ""))
    if share:
        scale, word = 0.01, "%"
    texts: list[str] = []
    for decimals in range(_MOST_DECIMALS + 1):
        texts = [_signed(f"{value / scale:,.{decimals}f}") for value in values]
        near = 1e-6 * largest / scale
        true = not exact or all(
            abs(round(value / scale, decimals) - value / scale) <= near for value in values
        )
        if true and len(set(texts)) == len(set(values)):
            break
    return [f"{text}{NO_BREAK}{word}" if word else text for text in texts]


def percent(share: float | None, *, decimals: int = 1) -> str:
    """Write a share between 0 and 1 as a percentage.

    A positive share too small for the decimals is written as "under 0.1 %", never as zero.
    """
    if share is None or not math.isfinite(share):
        return MISSING
    smallest = 10.0**-decimals
    if 0 < share * 100 < smallest / 2:
        return f"under{NO_BREAK}{smallest:.{decimals}f}{NO_BREAK}%"
    return _signed(f"{share * 100:.{decimals}f}{NO_BREAK}%")


def count(value: float, one: str, many: str | None = None) -> str:
    """Write a whole count with its noun: ``1 area``, ``2,351 areas``."""
    noun = one if round(value) == 1 else (many or f"{one}s")
    return f"{round(value):,}{NO_BREAK}{noun}"


def margin_step(moe: float | None) -> float | None:
    """Return the unit of the second significant digit of a margin of error."""
    if moe is None or not math.isfinite(moe) or moe <= 0:
        return None
    return float(10.0 ** (math.floor(math.log10(moe)) - 1))


def joined(words: list[str] | tuple[str, ...], *, last: str = "and") -> str:
    """Join words as a sentence does: ``a, b and c``."""
    if len(words) <= 1:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def _signed(text: str) -> str:
    """Write the sign of a number as a minus sign, and none before a zero, whatever unit follows."""
    some = any(letter in "123456789" for letter in text)
    return f"−{text[1:]}" if text.startswith("-") and some else text.lstrip("-")


@dataclass(frozen=True, slots=True)
class Quantity:
    """What kind of number an estimate is, and so how it and its margin of error are written.

    Attributes
    ----------
    share
        Whether the number is a share between 0 and 1, written in percent.
    unit
        Unit of any other number, e.g. ``"kWh per year"`` or ``"dollars per year"``; may be empty.
    """

    share: bool = False
    unit: str = ""

    @property
    def _dollars(self) -> bool:
        return self.unit.lower().startswith(("dollar", "$", "usd"))

    def value(self, value: float | None, moe: float | None = None, *, unit: bool = True) -> str:
        """Write an estimate, no finer than its margin of error allows."""
        if value is None or not math.isfinite(value):
            return MISSING
        if self.share:
            return percent(value, decimals=_share_decimals(moe))
        text = number(value, step=_plain_step(moe))
        if self._dollars:
            text = f"−${text[1:]}" if text.startswith("−") else f"${text}"
            rest = self.unit.partition(" ")[2]
        else:
            rest = self.unit
        return f"{text}{NO_BREAK}{rest}" if rest and unit else text

    def moe(self, moe: float | None) -> str:
        """Write a margin of error: ``±0.8 points`` for a share, ``±$120`` for dollars."""
        if moe is None or not math.isfinite(moe):
            return f"±{MISSING}"
        if self.share:
            return f"±{moe * 100:.{_share_decimals(moe)}f}{NO_BREAK}points"
        return f"±{self.value(moe, moe, unit=False)}"

    def short_moe(self, moe: float | None) -> str:
        """Write a margin of error without its unit, for use right behind an estimate."""
        return self.moe(moe).removesuffix(f"{NO_BREAK}points")

    def interval(self, lower: float, upper: float, moe: float | None = None) -> str:
        """Write the two ends of an interval: ``60.0 and 63.6 %``."""
        low, high = self.value(lower, moe, unit=False), self.value(upper, moe)
        if self.share and low.endswith("%") and not low.startswith("under"):
            low = low.removesuffix(f"{NO_BREAK}%")
        return f"{low} and {high}"

    def difference(self, value: float, moe: float | None = None) -> str:
        """Write the size of a difference: points for shares, the unit otherwise."""
        if self.share:
            return f"{abs(value) * 100:.{_share_decimals(moe)}f}{NO_BREAK}points"
        return self.value(abs(value), moe)


def _share_decimals(moe: float | None) -> int:
    """Return one decimal in percent, more only where the margin of error is smaller than that."""
    if moe is None or not math.isfinite(moe) or moe <= 0:
        return 1
    return min(3, max(1, 1 - math.floor(math.log10(moe * 100)) - 1))


def _plain_step(moe: float | None) -> float | None:
    return margin_step(moe)
