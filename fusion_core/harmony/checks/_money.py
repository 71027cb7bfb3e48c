"""Rules about what amounts are measured in: per month or per year, in the prices of which year."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from fusion_core.harmony.apply import CPI_U, deflation_factor
from fusion_core.harmony.checks._amounts import multiplied
from fusion_core.harmony.checks._sizes import supports_factor
from fusion_core.harmony.checks.findings import Case, Finding, Fix
from fusion_core.harmony.editing import edits as editing
from fusion_core.harmony.labels import quantities
from fusion_core.harmony.model import SIDES, SideName, format_number

_MONEY: Final = re.compile(
    r"\b(?:dollars?|income|earnings|wages?|salary|costs?|price|rent|amount|value|payments?|tax|taxes"
    r"|expenditures?|mortgage|fees?|spent|bill)\b|\$",
    re.IGNORECASE,
)
_PERIODS: Final = tuple(
    (name, per_year, re.compile(pattern, re.IGNORECASE))
    for name, per_year, pattern in (
        ("week", 365.25 / 7, r"\bweekly\b|\bper week\b|\b(?:last|past) week\b"),
        ("month", 12.0, r"\bmonthly\b|\bper month\b|\b(?:last|past) month\b"),
        (
            "year",
            1.0,
            r"\bannual(?:ly)?\b|\byearly\b|\bper year\b|\b(?:last|past) (?:12 months|year)\b",
        ),
    )
)
_LARGE_AMOUNT: Final = 1_000
_NOTEWORTHY: Final = 0.01
_LARGE_DRIFT: Final = 0.1


def periods_differ(case: Case) -> Iterator[Finding]:
    """Find amounts of money described as per month on one side and per year on the other.

    An adjustment may have taken care of it, so sides with one are left alone.
    """
    periods = {name: _period(case, name) for name in SIDES}
    donor, recipient = periods["donor"], periods["recipient"]
    if donor is None or recipient is None or donor == recipient:
        return
    if any(case.side(name).adjustment.strip() for name in SIDES):
        return
    short: SideName = "donor" if donor[1] > recipient[1] else "recipient"
    factor = max(donor[1], recipient[1]) / min(donor[1], recipient[1])
    if not supports_factor(case, factor):
        return  # the amounts in the dictionaries are those of one period
    times = format_number(round(factor, 2))
    yield Finding(
        "periods-differ",
        "warning",
        f"The donor is described as an amount per {donor[0]}, the recipient as one per "
        f"{recipient[0]}",
        short,
        fix=Fix(
            f"Multiply the {short} by {times}", multiplied(case.harmony, short, round(factor, 2))
        ),
    )


def _period(case: Case, name: SideName) -> tuple[str, float] | None:
    """Return the period an amount is for, where its description names just one."""
    variable = case.variable(name)
    if variable is None or not is_amount(case, name):
        return None
    text = f"{variable.description} {variable.unit}"
    found = [(period, per_year) for period, per_year, words in _PERIODS if words.search(text)]
    return found[0] if len(found) == 1 else None


def is_amount(case: Case, name: SideName) -> bool:
    """Whether a side's variable is a number of dollars, as far as its description tells."""
    variable = case.variable(name)
    if variable is None or variable.is_categorical:
        return False
    large = variable.maximum is None or variable.maximum >= _LARGE_AMOUNT
    return large and bool(_MONEY.search(f"{variable.description} {variable.unit}"))


def price_years_differ(case: Case) -> Iterator[Finding]:
    """Find dollars of two years that nobody brought to the prices of one.

    ``warning`` where consumer prices changed by a tenth or more, else ``hint``.
    """
    years = {name: case.price_years.get(name) for name in SIDES}
    donor, recipient = years["donor"], years["recipient"]
    if donor is None or recipient is None or donor not in CPI_U or recipient not in CPI_U:
        return
    sides = [case.side(name) for name in SIDES]
    if any(side.adjustment.strip() or side.deflate_to_year is not None for side in sides):
        return
    amounts = {name: is_amount(case, name) for name in SIDES}
    if not all(amounts[name] or _in_dollars(case, name) for name in SIDES):
        return
    factor = deflation_factor(recipient, donor)
    if abs(factor - 1) < _NOTEWORTHY:
        return
    name: SideName = "recipient" if amounts["recipient"] else "donor"
    target = donor if name == "recipient" else recipient
    yield Finding(
        "price-years-differ",
        "warning" if abs(factor - 1) >= _LARGE_DRIFT else "hint",
        f"The donor is in dollars of {donor}, the recipient in dollars of {recipient}; consumer "
        f"prices changed by {100 * abs(factor - 1):.0f} % in between",
        name,
        fix=Fix(
            f"Convert the {name} to {target} prices with the price index",
            editing.set_deflation(case.harmony, name, target),
        ),
    )


def _in_dollars(case: Case, name: SideName) -> bool:
    side = case.side(name)
    if side.breakpoints:
        return False
    return any(item.unit == "dollar" for item in quantities(side).values())


__all__ = ["is_amount", "periods_differ", "price_years_differ"]
