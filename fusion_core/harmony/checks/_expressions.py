"""Find expressions that cannot be run, or that other years, alike among themselves, write otherwise."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from fusion_core.errors import ExpressionError, InputError
from fusion_core.harmony.checks._amounts import typed_factor
from fusion_core.harmony.checks.findings import Case, Finding, Fix
from fusion_core.harmony.editing import edits as editing
from fusion_core.harmony.expressions import check_condition, check_expression, mentioned_columns
from fusion_core.harmony.fusiondata import translate_adjustment
from fusion_core.harmony.model import SIDES, Harmony, Side, SideName
from fusion_core.surveys.model import Variable

Columns = Mapping[str, Variable | None] | Collection[str]


def invalid_expressions(case: Case) -> Iterator[Finding]:
    """Find adjustments and universes that are not allowed, or name what does not exist.

    Without a survey's dictionary only the form is checked.
    """
    for name in SIDES:
        side = case.side(name)
        kinds = (
            ("adjustment", side.adjustment, check_expression),
            ("universe", side.universe, check_condition),
        )
        for label, text, check in kinds:
            if not text.strip():
                continue
            try:
                columns = _columns(case, name, text)
                checked = check(text, columns, where=f"{name} {label}")
            except InputError as error:
                yield Finding(
                    f"invalid-{label}",
                    "error",
                    f"The {name}'s {label} cannot be run and must be written again: {error}",
                    name,
                    fix=_translated(case.harmony, name, label, text),
                )
                continue
            for remark in checked.remarks:
                sentence = f"{remark} ({name} {label})"
                yield Finding("unknown-label-in-expression", "warning", sentence, name)


def _columns(case: Case, name: SideName, text: str) -> Columns:
    dictionary = case.dictionaries[name]
    if dictionary is None:
        return mentioned_columns(text, where=name)
    respondent = case.side(name).respondent
    return {key: item for key, item in dictionary.items() if item.respondent == respondent}


def _translated(harmony: Harmony, name: SideName, label: str, text: str) -> Fix | None:
    """Offer the translation of text that R understands."""
    side = harmony.side(name)
    try:
        translation = translate_adjustment(text, side.variable)
    except ExpressionError:
        return None
    written = translation.adjustment
    if not written or written == text:
        return None
    changed = (
        replace(side, adjustment=written)
        if label == "adjustment"
        else replace(side, universe=written)
    )
    return Fix(f"Write it as {written[:80]}", harmony.with_side(name, changed))


_YEAR: Final = re.compile(r"\b(?:19|20)\d\d\b")
_STRICT: Final = re.compile(r"(<|>)(?!=)\s*(\d+)(?![\d.])")
_TERMS: Final = re.compile(r"[\w.]+(?:\+[\w.]+)+")
_SIMPLE_FACTOR: Final = re.compile(r"\w+[*/][\d.]+")


def adjustment_unlike_siblings(case: Case, siblings: Sequence[Harmony]) -> Iterator[Finding]:
    """Find an expression that other years, alike among themselves, write otherwise.

    Years, price factors, plain factors (which have rules of their own), the order of terms and how
    limits of whole numbers are written do not count.
    """
    for name in SIDES:
        side = case.side(name)
        own, theirs = _plain(side), [_plain(harmony.side(name)) for harmony in siblings]
        if own is None or not theirs or None in theirs:
            continue
        common, votes = Counter(theirs).most_common(1)[0]
        alike_in_form = all(
            bool(h.side(name).breakpoints) == bool(side.breakpoints) for h in siblings
        )
        if common in {own, None} or votes != len(theirs) or not alike_in_form:
            continue
        written = siblings[0].side(name).adjustment or "the variable as it is"
        same = {harmony.side(name).adjustment for harmony in siblings}
        fixed = editing.set_adjustment(case.harmony, name, siblings[0].side(name).adjustment)
        yield Finding(
            "adjustment-unlike-siblings",
            "warning" if len(theirs) > 1 else "hint",
            f"The {name} is computed as {side.adjustment or 'the variable as it is'}, "
            f"in other years as {written}",
            name,
            fix=Fix("Compute it as there", fixed) if len(same) == 1 else None,
        )


def _plain(side: Side) -> str | None:
    """Return what an expression says, however it is written; ``None`` for a factor alone."""
    text = re.sub(r"\s+", " ", side.adjustment.strip().lower())
    if not text or text == side.variable.lower():
        return side.variable.lower()
    if typed_factor(text) is not None or _SIMPLE_FACTOR.fullmatch(text.replace(" ", "")):
        return None
    text = _YEAR.sub("year", text)
    text = _STRICT.sub(
        lambda found: f"<={int(found[2]) - 1}" if found[1] == "<" else f">={int(found[2]) + 1}",
        text,
    ).replace(" ", "")
    if _TERMS.fullmatch(text):
        return "+".join(sorted(text.split("+")))
    return text


__all__ = ["adjustment_unlike_siblings", "invalid_expressions"]
