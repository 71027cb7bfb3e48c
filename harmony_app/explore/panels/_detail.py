"""The card about a chosen area, the comparison of two, and the breakdown table: words from numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harmony_app.explore.panels._parts import panel
from harmony_app.explore.view import words
from harmony_app.shell.look import MISSING, Quantity, page_part, percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from fusion_core.estimates.api import Difference

_STRIP_WIDTH = 270.0
_STRIP_LEFT = 12.0


def area_card(
    row: Mapping[str, Any],
    quantity: Quantity,
    phrase: str,
    *,
    draws: NDArray[np.float64] | None = None,
    truth: float | None = None,
    pin: str = "A",
    local: str = "",
) -> str:
    """Return the card of one area.

    Parameters
    ----------
    row
        Its record in the aligned estimates.
    quantity
        What kind of number was estimated.
    phrase
        What is estimated, in words.
    draws
        The estimate in every implicate; ``None`` while unknown, empty without fusion.
    truth
        The true value where the population is known.
    pin
        Letter of its pin on the map.
    local
        What the run knows of location, in a sentence; empty for a survey alone.
    """
    if not _finite(row["estimate"]):
        return panel("no_estimate", pin, str(row["name"]), words.no_estimate_sentence(row))
    moe, fusion_share = words.known_number(row["moe"]), words.known_number(row.get("fusion_share"))
    several = draws is not None and len(draws) > 1
    card = {
        "pin": pin,
        "name": str(row["name"]),
        "estimate": quantity.value(float(row["estimate"]), moe, unit=False),
        "moe": quantity.moe(moe),
        "phrase": phrase,
        "interval": words.interval_sentence(row, quantity),
        "reliability": str(row["reliability"]),
        "reliability_phrase": words.reliability_phrase(row),
        "fusion_share": "",
        "local": local,
        "allocated": words.allocated_phrase(row),
        "table": words.table_phrase(row, quantity) or words.calibrated_phrase(row, quantity),
        "smoothed": words.smoothed_phrase(row, quantity),
        "bounds": words.bounds_sentence(row, quantity),
        "assumption": str(row.get("assumption") or ""),
        "draws": None,
        "truth": None if truth is None else truth_told(truth, row, quantity),
    }
    if draws is not None and several:
        card["draws"] = draws_strip(draws, row, quantity)
        if fusion_share is not None:
            card["fusion_share"] = percent(fusion_share, decimals=0)
    return panel("area", card)


def truth_told(truth: float, row: Mapping[str, Any], quantity: Quantity) -> dict[str, str]:
    """Say whether the interval holds the true value of a generated population."""
    if not _finite(row["moe"]):
        verdict = "there is no interval to check it against"
    elif row["lower"] <= truth <= row["upper"]:
        verdict = "inside the interval"
    else:
        verdict = "outside the interval, as one in ten should be"
    return {"value": quantity.value(truth, words.known_number(row["moe"])), "verdict": verdict}


def draws_strip(
    draws: NDArray[np.float64], row: Mapping[str, Any], quantity: Quantity
) -> dict[str, Any]:
    """Return the estimate of every implicate as a dot over the 90 % interval, hollow outside it."""
    finite = draws[np.isfinite(draws)]
    ends = [float(value) for value in (row["lower"], row["upper"]) if _finite(value)]
    low, high = float(min([*finite, *ends])), float(max([*finite, *ends]))
    span = (high - low) or 1.0

    def place(value: float) -> float:
        return _STRIP_LEFT + (_STRIP_WIDTH - 2 * _STRIP_LEFT) * (value - low) / span

    moe = words.known_number(row["moe"])
    band = ends if len(ends) == 2 else None  # noqa: PLR2004 - an interval has two ends
    outside = [band is not None and not band[0] <= value <= band[1] for value in finite]
    return {
        "width": f"{_STRIP_WIDTH:.0f}",
        "band": None if band is None else [place(value) for value in band],
        "dots": [
            {"at": place(float(value)), "outside": beyond}
            for value, beyond in zip(finite, outside, strict=True)
        ],
        "outside": sum(outside),
        "middle": place(float(row["estimate"])),
        "low": quantity.value(low, moe, unit=False),
        "high": quantity.value(high, moe, unit=False),
    }


def comparison_card(
    names: tuple[str, str], difference: Difference, quantity: Quantity, *, pins: str = "AB"
) -> str:
    """Return the card that compares two areas, or an area with something else.

    Parameters
    ----------
    names
        What is compared.
    difference
        The first less the second.
    quantity
        What kind of number was estimated.
    pins
        Letters of the pins on the map; a blank for what has none.
    """
    rows = (
        {"estimate": difference.first, "moe": difference.first_moe},
        {"estimate": difference.second, "moe": difference.second_moe},
    )
    lines = [
        (pin, name, words.estimate_phrase(row, quantity))
        for pin, name, row in zip(pins, names, rows, strict=True)
    ]
    sentence = words.comparison_sentence(names, difference, quantity, of_first=" " in pins)
    test = words.test_phrase(difference)
    return panel("comparison", lines, sentence, difference.is_significant, test)


def breakdown_table(frame: pd.DataFrame, column: str, quantity: Quantity, title: str) -> str:
    """Return an area's estimates by another variable as a table.

    Parameters
    ----------
    frame
        One row per level of `column`; ``differs`` as `Estimator.breakdown` gives it.
    column
        The variable.
    quantity
        What kind of number was estimated.
    title
        Heading of the first column.
    """
    rows = [
        {
            "name": str(row[column]),
            "differs": row.get("differs", 0),
            "estimate": quantity.value(
                words.known_number(row["estimate"]), words.known_number(row["moe"]), unit=False
            ),
            "moe": quantity.short_moe(words.known_number(row["moe"])),
            "n": int(row["n"]),
            "reliability": str(row["reliability"]),
            "spoken": words.RELIABILITY_WORDS.get(str(row["reliability"]), ""),
        }
        for row in frame.to_dict("records")
    ]
    if not rows:
        return page_part("line", "p", "facts muted", f"{MISSING} no household to break down")
    note = words.BREAKDOWN_MARKS if any(row["differs"] for row in rows) else ""
    return panel("breakdown", title, rows, note)


def _finite(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
