"""Bring price levels of transferred harmonies to the years of the new surveys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from fusion_core.harmony.apply import deflation_factor, price_factor, survey_year
from fusion_core.harmony.model import Harmony, Side, SideName, SurveyPair
from fusion_core.harmony.vintages.transfer import SettingChange
from fusion_core.surveys.model import Variable

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
    *,
    custom: bool = True,
) -> tuple[Harmony, list[SettingChange]]:
    """Replace price constants by a deflation to the right year, and move deflations along.

    A constant is taken for a price constant where it agrees with the consumer price index between
    the years of the old surveys. Amounts that needed no deflation because both surveys were of one
    year get one where the years differ now.

    Parameters
    ----------
    harmony
        The harmony, its variables already those of the new pair.
    source, target
        The old and the new pair.
    donor, recipient
        The new dictionaries.
    custom
        Whether amounts may be given a deflation they had not; not so where people leave them as
        they are for other pairs of different years.
    """
    old, new = _years(source), _years(target)
    if old is None or new is None or old == new:
        return harmony, []
    remarks: list[SettingChange] = []
    left, said = _side("donor", harmony.donor, _Years(*old, *new))
    remarks += said
    right, said = _side("recipient", harmony.recipient, _Years(*old[::-1], *new[::-1]))
    remarks += said
    harmony = replace(harmony, donor=left, recipient=right)
    if custom and not remarks and old[0] == old[1] and new[0] != new[1]:
        harmony, remarks = _needs_deflation(harmony, new[0], donor, recipient)
    return harmony, remarks


@dataclass(frozen=True, slots=True)
class _Years:
    """Price years of a side's own survey and of the other, in the old and the new pair."""

    own: int
    other: int
    new_own: int
    new_other: int


def _side(name: SideName, side: Side, years: _Years) -> tuple[Side, list[SettingChange]]:
    if side.deflate_to_year == years.other and years.other != years.new_other:
        sentence = (
            f"{side.variable} is now converted to prices of {years.new_other} instead of "
            f"{years.other}"
        )
        changed = replace(side, deflate_to_year=years.new_other)
        return changed, [_prices(name, side, sentence, sure=True)]
    constant = price_factor(replace(side, deflate_to_year=None), years.own)
    if not side.adjustment or constant is None or years.own == years.other:
        return side, []
    if abs(constant / deflation_factor(years.own, years.other) - 1) > _CLOSE:
        return side, []
    year = years.new_other if years.new_other != years.new_own else None
    instead = f"a conversion to prices of {year}" if year else "nothing: the years are the same"
    sentence = f"The price constant in '{side.adjustment}' is replaced by {instead}"
    changed = replace(side, adjustment="", deflate_to_year=year)
    return changed, [_prices(name, side, sentence, sure=True)]


def _prices(name: SideName, side: Side, sentence: str, *, sure: bool) -> SettingChange:
    before = (side.adjustment, side.deflate_to_year)
    return SettingChange(name, "prices", sentence, sure, before)


def _needs_deflation(
    harmony: Harmony, year: int, donor: Mapping[str, Variable], recipient: Mapping[str, Variable]
) -> tuple[Harmony, list[SettingChange]]:
    side = harmony.recipient
    is_number = bool(side.breakpoints) or not side.levels
    texts = [
        known[variable].description if variable in known else ""
        for known, variable in ((donor, harmony.donor.variable), (recipient, side.variable))
    ]
    if not is_number or side.deflate_to_year or not all(_MONEY.search(text) for text in texts):
        return harmony, []
    return replace(harmony, recipient=replace(side, deflate_to_year=year)), [
        _prices(
            "recipient",
            side,
            f"{side.variable} is converted to prices of {year}, the year of the donor",
            sure=False,
        )
    ]


def _years(pair: SurveyPair) -> tuple[int, int] | None:
    years = (survey_year(pair.donor), survey_year(pair.recipient))
    return None if years[0] is None or years[1] is None else (years[0], years[1])


__all__ = ["rebase_prices"]
