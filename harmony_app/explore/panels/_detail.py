"""The card about a chosen area, the comparison of two, and the breakdown table: HTML from numbers.

Every text that comes from data is escaped here, in one place per function.
"""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harmony_app.explore.view import words
from harmony_app.shell.look import MISSING, Quantity, percent

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
    head = f'<div class="area-head">{_pin(pin)}<span>{escape(str(row["name"]))}</span></div>'
    if not _finite(row["estimate"]):
        advice = "Widen the subgroup or choose another area."
        return f'{head}<p class="facts">{escape(words.no_estimate_sentence(row))} {advice}</p>'
    estimate = quantity.value(float(row["estimate"]), _float(row["moe"]), unit=False)
    reliability = str(row["reliability"])
    parts = [
        head,
        (
            f'<div class="big">{escape(estimate)} <small>{escape(quantity.moe(_float(row["moe"])))}'
            "</small></div>"
        ),
        (
            f'<div class="facts"><span class="muted">{escape(phrase)}</span><br>'
            f"{escape(words.interval_sentence(row, quantity))}.<br>"
            f'<span class="dot {escape(reliability)}"></span>{escape(words.reliability_phrase(row))}'
            "</div>"
        ),
    ]
    fusion_share = _float(row.get("fusion_share"))
    if fusion_share is not None and draws is not None and len(draws) > 1:
        parts.append(
            f'<div class="facts muted">{escape(percent(fusion_share, decimals=0))} of the'
            " uncertainty comes from fusion, the rest from sampling.</div>"
        )
    if local:
        parts.append(f'<div class="facts muted">{escape(local)}</div>')
    bounds = words.bounds_sentence(row, quantity)
    if bounds:
        parts.append(f'<div class="facts">{escape(bounds)}.</div>')
    if row.get("assumption"):
        parts.append(f'<div class="facts muted">{escape(str(row["assumption"]))}</div>')
    if draws is not None and len(draws) > 1:
        parts.append(draws_strip(draws, row, quantity))
    if truth is not None:
        parts.append(truth_box(truth, row, quantity))
    return "".join(parts)


def truth_box(truth: float, row: Mapping[str, Any], quantity: Quantity) -> str:
    """Say whether the interval holds the true value of a generated population."""
    if not _finite(row["moe"]):
        verdict = "there is no interval to hold it"
    elif row["lower"] <= truth <= row["upper"]:
        verdict = "inside the interval"
    else:
        verdict = "outside the interval, as one in ten should be"
    value = quantity.value(truth, _float(row["moe"]))
    return (
        f'<div class="truth">True value (demo): <b>{escape(value)}</b> – {escape(verdict)}. '
        '<span class="muted">Known only because this population is generated.</span></div>'
    )


def draws_strip(draws: NDArray[np.float64], row: Mapping[str, Any], quantity: Quantity) -> str:
    """Draw the estimate of every implicate as a dot over the 90 % interval."""
    finite = draws[np.isfinite(draws)]
    ends = [value for value in (row["lower"], row["upper"]) if _finite(value)]
    low, high = float(min([*finite, *ends])), float(max([*finite, *ends]))
    span = (high - low) or 1.0

    def place(value: float) -> float:
        return _STRIP_LEFT + (_STRIP_WIDTH - 2 * _STRIP_LEFT) * (value - low) / span

    band = ""
    if len(ends) == 2:  # noqa: PLR2004 - an interval has two ends
        left, right = place(float(ends[0])), place(float(ends[1]))
        band = f'<rect class="band" x="{left:.1f}" y="4" width="{right - left:.1f}" height="22"/>'
    dots = "".join(
        f'<circle class="draw" cx="{place(float(value)):.1f}" cy="{8 + 7 * (index % 3)}" r="2.6"/>'
        for index, value in enumerate(finite)
    )
    middle = place(float(row["estimate"]))
    moe = _float(row["moe"])
    left_label, right_label = (
        escape(quantity.value(value, moe, unit=False)) for value in (low, high)
    )
    return (
        f'<div class="small-title">Estimate in each of {len(finite)} implicates</div>'
        f'<svg class="strip" viewBox="0 0 {_STRIP_WIDTH:.0f} 46" role="img" aria-label="Estimates of'
        f' {len(finite)} implicates between {left_label} and {right_label}">{band}'
        f'<line class="axis" x1="0" x2="{_STRIP_WIDTH:.0f}" y1="30" y2="30"/>{dots}'
        f'<line class="mean" x1="{middle:.1f}" x2="{middle:.1f}" y1="2" y2="30"/>'
        f'<text x="0" y="43">{left_label}</text>'
        f'<text x="{_STRIP_WIDTH:.0f}" y="43" text-anchor="end">{right_label}</text></svg>'
    )


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
    lines = "".join(
        f'<div class="area-head" style="margin-top:5px">{_pin(pin)}'
        f'<span>{escape(name)} <span style="font-weight:500">'
        f"{escape(words.estimate_phrase(row, quantity))}</span></span></div>"
        for pin, name, row in zip(pins, names, rows, strict=True)
    )
    sentence = words.comparison_sentence(names, difference, quantity, of_first=" " in pins)
    kind = " found" if difference.is_significant else ""
    return (
        f'<div class="card-title">Do they differ?</div>{lines}'
        f'<div class="verdict{kind}">{escape(sentence)}</div>'
        f'<div class="facts muted">{escape(words.test_phrase(difference))}</div>'
    )


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
    rows = []
    for row in frame.to_dict("records"):
        reliability = str(row["reliability"])
        spoken = words.RELIABILITY_WORDS.get(reliability, "")
        rows.append(
            f"<tr><td>{escape(str(row[column]))}</td>"
            f'<td class="right">{_mark(row.get("differs", 0))}'
            f"{escape(quantity.value(_float(row['estimate']), _float(row['moe']), unit=False))}</td>"
            f'<td class="right muted">{escape(quantity.short_moe(_float(row["moe"])))}</td>'
            f'<td class="right muted">{int(row["n"]):,}</td>'
            f'<td><span class="dot {escape(reliability)}" title="{escape(spoken)}"></span></td></tr>'
        )
    if not rows:
        return f'<p class="facts muted">{MISSING} no household to break down</p>'
    note = (
        f'<p class="facts muted">{escape(words.BREAKDOWN_MARKS)}</p>'
        if any(row.get("differs") for row in frame.to_dict("records"))
        else ""
    )
    return (
        f'<table class="groups"><thead><tr><th>{escape(title)}</th><th class="right">estimate</th>'
        '<th class="right">MOE</th><th class="right">n</th><th></th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>{note}"
    )


def _pin(letter: str) -> str:
    return f'<span class="pin">{escape(letter)}</span>' if letter.strip() else ""


def _mark(differs: int) -> str:
    """Return an arrow for a group that differs from its whole area."""
    if not differs:
        return ""
    arrow, spoken = ("▲", "higher") if differs > 0 else ("▼", "lower")
    return f'<span class="muted" title="{spoken} than the whole area">{arrow}</span> '


def _finite(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _float(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
