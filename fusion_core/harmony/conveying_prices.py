"""Bring price levels of conveyed harmonies to the years of the new surveys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from fusion_core.harmony.model import Harmony, Side, SurveyPair
from fusion_core.harmony.prices import CPI_U, deflation_factor
from fusion_core.surveys.model import SurveyId, Variable

_CONSTANT: Final = re.compile(r"\s*(\w+)\s*([*/])\s*(\d+(?:\.\d+)?)\s*")
_CLOSE: Final = 0.03
"""Largest relative difference of a typed constant from the price index that still means it."""
_MONEY: Final = re.compile(
    r"\b(income|dollars?|cost|costs|rent|amount|expenses?|earnings|wages?|value|taxes)\b",
    re.IGNORECASE,
)


def rebase_prices(
    harmony: Harmony,
    source: SurveyPair,
    target: SurveyPair,
    donor: Mapping[str, Variable],
    recipient: Mapping[str, Variable],
) -> tuple[Harmony, list[str]]:
    """Replace price constants by a deflation to the right year, and move deflations along.

    A constant is taken for a price constant where it agrees with the consumer price index between
    the years of the old surveys. Amounts that needed no deflation because both surveys were of one
    year get one where the years differ now.
    """
    old, new = _years(source), _years(target)
    if old is None or new is None or old == new:
        return harmony, []
    remarks: list[str] = []
    left, said = _side(harmony.donor, *old, *new)
    remarks += said
    right, said = _side(harmony.recipient, *old[::-1], *new[::-1])
    remarks += said
    harmony = replace(harmony, donor=left, recipient=right)
    if not remarks and old[0] == old[1] and new[0] != new[1]:
        harmony, remarks = _needs_deflation(harmony, new[0], donor, recipient)
    return harmony, remarks


def _side(side: Side, own: int, other: int, new_own: int, new_other: int) -> tuple[Side, list[str]]:
    if side.deflate_to_year == other and other != new_other:
        return replace(side, deflate_to_year=new_other), [
            f"{side.variable} is now converted to prices of {new_other} instead of {other}"
        ]
    found = _CONSTANT.fullmatch(side.adjustment)
    if found is None or found[1] != side.variable or float(found[3]) == 0:
        return side, []
    constant = float(found[3]) if found[2] == "*" else 1 / float(found[3])
    if own == other or abs(constant / deflation_factor(own, other) - 1) > _CLOSE:
        return side, []
    year = new_other if new_other != new_own else None
    instead = f"a conversion to prices of {year}" if year else "nothing: the years are the same"
    return replace(side, adjustment="", deflate_to_year=year), [
        f"the price constant in '{side.adjustment}' is replaced by {instead}"
    ]


def _needs_deflation(
    harmony: Harmony, year: int, donor: Mapping[str, Variable], recipient: Mapping[str, Variable]
) -> tuple[Harmony, list[str]]:
    side = harmony.recipient
    is_number = bool(side.breakpoints) or not side.levels
    texts = [
        known[variable].description if variable in known else ""
        for known, variable in ((donor, harmony.donor.variable), (recipient, side.variable))
    ]
    if not is_number or side.deflate_to_year or not all(_MONEY.search(text) for text in texts):
        return harmony, []
    return replace(harmony, recipient=replace(side, deflate_to_year=year)), [
        f"{side.variable} is converted to prices of {year}, the year of the donor"
    ]


def _years(pair: SurveyPair) -> tuple[int, int] | None:
    years = (_year(pair.donor), _year(pair.recipient))
    return None if years[0] is None or years[1] is None else (years[0], years[1])


def _year(survey: SurveyId) -> int | None:
    """Return the last year of a vintage such as 2015 or 2015-2019, where its prices are known."""
    found = re.findall(r"\d{4}", survey.vintage)
    year = int(found[-1]) if found else None
    return year if year in CPI_U else None


__all__ = ["rebase_prices"]
