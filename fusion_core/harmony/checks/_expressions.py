"""Find expressions that cannot be run: mistyped, hostile, or still written in R."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from fusion_core.errors import ExpressionError, InputError
from fusion_core.harmony.checks.findings import Case, Finding, Fix
from fusion_core.harmony.expressions import check_condition, check_expression, mentioned_columns
from fusion_core.harmony.fusiondata import translate_adjustment
from fusion_core.harmony.model import SIDES, Harmony, SideName
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


__all__ = ["invalid_expressions"]
