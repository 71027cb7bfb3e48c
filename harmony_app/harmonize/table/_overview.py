"""All harmonies as one table: a row for each, as people read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fusion_core.harmony.model import Harmony, Side, SurveyPair, format_number
from fusion_core.harmony.store import Review
from fusion_core.surveys.model import SurveyId
from harmony_app.harmonize.work import Status

Texts = Mapping[str, str]
"""What variables measure, by name."""


def table_rows(
    pair: SurveyPair,
    harmonies: Iterable[Harmony],
    statuses: Mapping[str, Status],
    texts: tuple[Texts, Texts],
    reviews: Callable[[str], Review] | None = None,
) -> list[dict[str, Any]]:
    """Return one row per harmony, for people.

    Parameters
    ----------
    pair
        The two surveys.
    harmonies
        Saved harmonies and drafts, one per key.
    statuses
        Status by key.
    texts
        What the variables of the donor and of the recipient measure; empty for an unknown survey.
    reviews
        Tells where the review of a saved harmony stands, by key.
    """
    surveys = zip((pair.donor, pair.recipient), texts, strict=True)
    lacking = " and ".join(survey.title for survey, known in surveys if not known)
    return [
        _row(harmony, pair, texts)
        | {
            "pair": str(pair),
            "lacking": lacking,
            "status": statuses.get(harmony.key, "saved"),
            "review": reviews(harmony.key).status if reviews and harmony.revision else "",
        }
        for harmony in harmonies
    ]


def correspondence(harmony: Harmony) -> str:
    """Name how the levels of the two sides meet, such as ``many to one``."""
    if not harmony.donor.is_grouped and not harmony.recipient.is_grouped:
        return "number to number"
    if not (harmony.donor.is_grouped and harmony.recipient.is_grouped):
        return "groups to number" if harmony.donor.is_grouped else "number to groups"
    donor, recipient = (_most_levels(side) for side in (harmony.donor, harmony.recipient))
    return f"{'many' if donor > 1 else 'one'} to {'many' if recipient > 1 else 'one'}"


def _most_levels(side: Side) -> int:
    counts: dict[float, int] = {}
    for item in side.levels:
        if isinstance(item.group, int | float):
            counts[float(item.group)] = counts.get(float(item.group), 0) + 1
    return max(counts.values(), default=0)


def _text(variable: str, survey: SurveyId, texts: Texts) -> str:
    """Return what a variable measures, or that its survey has it no longer."""
    if texts and variable not in texts:
        return f"not in {survey.title}: this harmony is broken"
    return texts.get(variable, "")


def _row(harmony: Harmony, pair: SurveyPair, texts: tuple[Texts, Texts]) -> dict[str, Any]:
    codes = {*harmony.donor.group_codes, *harmony.recipient.group_codes}
    return {
        "key": harmony.key,
        "donor": harmony.donor.variable,
        "donor_text": _text(harmony.donor.variable, pair.donor, texts[0]),
        "recipient": harmony.recipient.variable,
        "recipient_text": _text(harmony.recipient.variable, pair.recipient, texts[1]),
        "kind": correspondence(harmony) + (", ordered" if harmony.ordered else ""),
        "groups": len(codes),
        "settings": harmony_settings(harmony),
        "comment": harmony.comment,
        "by": harmony.author,
        "saved": harmony.modified[:10],
        "revision": harmony.revision,
    }


def harmony_settings(harmony: Harmony) -> str:
    """Sum up in one line what both sides do before their levels are grouped."""
    sides = (
        ("donor", side_settings(harmony.donor)),
        ("recipient", side_settings(harmony.recipient)),
    )
    return "; ".join(f"{name}: {text}" for name, text in sides if text)


def side_settings(side: Side) -> str:
    """Sum up in one line what a side does before its levels are grouped."""
    parts = []
    if side.adjustment:
        parts.append(f"= {side.adjustment}")
    if side.breakpoints:
        parts.append("bins " + " | ".join(map(format_number, side.breakpoints)))
    if side.universe:
        parts.append(f"if {side.universe}")
    if side.deflate_to_year is not None:
        parts.append(f"in {side.deflate_to_year} dollars")
    if side.aggregator != "automatic":
        parts.append(side.aggregator)
    return " · ".join(parts)


__all__ = ["correspondence", "harmony_settings", "side_settings", "table_rows"]
