"""What the worklist and the search boxes show: variables, and how far their harmonies are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from fusion_core.harmony.model import Harmony, split_key, themes_of
from fusion_core.harmony.store import Decision
from fusion_core.surveys.model import Dictionary, Variable

Status = Literal["saved", "draft", "attention"]

SEARCH_TEXT_LIMIT: Final = 12_000
"""Characters of level text sent for searching; an identifier with 34,000 levels is cut off here."""


def variable_entry(variable: Variable, theme: str) -> dict[str, Any]:
    """Describe a variable for the worklist and the search for a recipient variable."""
    text = " · ".join(variable.levels[:600])
    return {
        "name": variable.name,
        "description": variable.description,
        "respondent": variable.respondent,
        "type": variable.type,
        "theme": theme,
        "levels": len(variable.levels),
        "text": text[:SEARCH_TEXT_LIMIT],
    }


ANSWERS_SHOWN: Final = 60
"""Answers listed beside the candidates for a variable; longer lists are seen in the match."""


def variable_card(variable: Variable) -> dict[str, Any]:
    """Describe a variable for the head of the match."""
    return {
        "name": variable.name,
        "description": variable.description,
        "respondent": variable.respondent,
        "type": variable.type,
        "levels": len(variable.levels),
        "answers": list(variable.levels[:ANSWERS_SHOWN]),
        "unit": variable.unit,
        "note": variable.note,
        "minimum": variable.minimum,
        "median": variable.median,
        "mean": variable.mean,
        "maximum": variable.maximum,
    }


def variable_entries(dictionary: Dictionary) -> list[dict[str, Any]]:
    """Describe all variables that can be harmonized, in questionnaire order."""
    themes = themes_of(dictionary)
    return [variable_entry(item, themes[item.name]) for item in dictionary.harmonizable()]


def harmony_statuses(
    saved: Iterable[Harmony], drafts: Collection[str], attention: Collection[str]
) -> dict[str, Status]:
    """Return the status of every harmony, by key.

    Parameters
    ----------
    saved
        The harmonies on disk.
    drafts
        Keys of this user's unsaved versions.
    attention
        Keys of harmonies with an error or warning nobody has decided on.
    """
    statuses: dict[str, Status] = {harmony.key: "saved" for harmony in saved}
    statuses |= dict.fromkeys(drafts, "draft")
    return statuses | {key: "attention" for key in attention if key in statuses}


def worklist_statuses(
    dictionary: Dictionary,
    statuses: Mapping[str, Status],
    done: Collection[str],
    attention: Mapping[str, Sequence[str]] | None = None,
    decided: Mapping[str, Decision] | None = None,
) -> dict[str, Any]:
    """Sum harmony statuses up per donor variable.

    Parameters
    ----------
    dictionary
        The donor's dictionary.
    statuses
        Status of every harmony, by key.
    done
        Donor variables with a saved harmony; they count as covered.
    attention
        Why a harmony needs attention, by key.
    decided
        What was decided of donor variables without a harmony.

    Returns
    -------
    dict
        ``variables`` (name → status, partners and reasons), ``aside`` (name → why it has no
        harmony), ``waiting`` (name → what its decision waits for), ``done`` and ``total`` counts.
    """
    urgency = ("attention", "draft", "saved")
    variables: dict[str, dict[str, Any]] = {}
    for key, status in statuses.items():
        donor, recipient = split_key(key)
        entry = variables.setdefault(donor, {"status": status, "partners": []})
        entry["partners"].append(recipient)
        if status == "attention" and attention:
            entry.setdefault("reasons", []).extend(attention.get(key, ()))
        entry["status"] = min(entry["status"], status, key=urgency.index)
    answers = {variable.name for variable in dictionary.harmonizable()}
    decisions = {
        name: item
        for name, item in (decided or {}).items()
        if name in answers and name not in variables
    }
    return {
        "variables": variables,
        "aside": {
            name: {"verdict": item.verdict, "reason": item.reason}
            for name, item in decisions.items()
            if item.sets_aside
        },
        "waiting": {name: item.reason for name, item in decisions.items() if not item.sets_aside},
        "done": len(answers.intersection(done)),
        "total": len(answers),
    }
