"""Donor variables that need no harmony, and why: nothing matches, or they are outcomes to fuse.

One small file per pair of surveys, for everybody. A variable with a saved harmony needs no decision;
one without either is undecided, and may say what the decision waits for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, get_args

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.harmony.model import RecordReader, SurveyPair
from fusion_core.records import Checked
from fusion_core.workspace.files import (
    file_stamp,
    read_json,
    set_aside_damaged,
    write_json,
)
from fusion_core.workspace.locks import one_writer

NoHarmony = Literal["nothing matches", "not a predictor"]
"""Why a donor variable gets no harmony: the recipient asks nothing alike, or it is to be fused."""

Verdict = NoHarmony | Literal["undecided"]
"""What is known of a donor variable without a harmony; what an undecided one waits for is its reason."""

_VERDICTS: Final = (*get_args(NoHarmony), "undecided")

REASON_LIMIT: Final = 500
"""Longest reason in characters."""

_LOCK_SECONDS: Final = 10
_FIELDS: Final = frozenset({"verdict", "reason", "author", "when"})


@dataclass(frozen=True, slots=True)
class Decision(Checked):
    """Why a donor variable gets no harmony, or what its decision waits for.

    Attributes
    ----------
    verdict
        What was decided.
    reason
        Why, in a person's words; may be empty unless it is undecided.
    author
        Who decided it.
    when
        ISO 8601 time in UTC.
    """

    verdict: Verdict
    reason: str = ""
    author: str = ""
    when: str = ""

    @property
    def sets_aside(self) -> bool:
        """Whether the variable needs no harmony any more."""
        return self.verdict != "undecided"


class DecisionFile:
    """The decisions of a pair on disk.

    Parameters
    ----------
    folder
        The harmonies folder.
    pair
        The two surveys.
    """

    def __init__(self, folder: Path, pair: SurveyPair) -> None:
        self.path = folder / "decisions" / f"{pair}.json"
        self._title = pair.title

    def load(self) -> dict[str, Decision]:
        """Return the decisions by donor variable, with the undecided ones that say why.

        Raises
        ------
        CorruptFileError
            If the file is damaged.
        """
        if not self.path.exists():
            return {}
        variables = read_json(self.path).get("variables")
        if not isinstance(variables, dict):
            raise CorruptFileError(
                "The file of decisions is damaged: it lists no variables",
                where=str(self.path),
                fix="Restore it from a backup, or delete it and decide again",
            )
        return {name: _read(record, f"{self.path}: {name}") for name, record in variables.items()}

    def set_aside(self) -> frozenset[str]:
        """Return the donor variables that need no harmony any more.

        Raises
        ------
        CorruptFileError
            If the file is damaged.
        """
        return names_set_aside(self.load())

    def change(self, changes: Mapping[str, Decision | None]) -> dict[str, Decision | None]:
        """Set decisions, or with ``None`` take them back; return what was decided before.

        Only the variables named are changed, so that two people can decide at once. To undo, pass
        what was returned.

        Raises
        ------
        CorruptFileError
            If the file is damaged; it stays as it is.
        InputError
            If someone else is changing it for long, or the folder may not be written.
        """
        what = f"The decisions of {self._title}"
        with one_writer(self.path.with_suffix(".lock"), what, seconds=_LOCK_SECONDS):
            return self._change(changes)

    def _change(self, changes: Mapping[str, Decision | None]) -> dict[str, Decision | None]:
        found = self.load()
        before = {name: found.get(name) for name in changes}
        merged = {**found, **changes}
        kept = {name: item for name, item in sorted(merged.items()) if item is not None}
        if kept != found:
            write_json(
                {"format": 1, "variables": {name: _record(item) for name, item in kept.items()}},
                self.path,
            )
        return before

    def set_aside_damaged(self) -> Path:
        """Rename a file that cannot be read, so that deciding can go on; return the new name."""
        return set_aside_damaged(self.path)

    def stamp(self) -> tuple[int, int]:
        """Return what changes whenever the file does; cheap to ask for."""
        return file_stamp(self.path)


def decide(
    names: Iterable[str], verdict: str, *, author: str, reason: str = ""
) -> dict[str, Decision | None]:
    """Return what `DecisionFile.change` takes to decide alike on several variables.

    Parameters
    ----------
    names
        Donor variables.
    verdict
        A `Verdict`.
    author
        Who decides.
    reason
        Why. An undecided variable is kept with its reason, and not at all without one.

    Raises
    ------
    InputError
        If there is no such verdict, or the reason is too long.
    """
    reason = reason.strip()
    if len(reason) > REASON_LIMIT:
        raise InputError(
            f"The reason has {len(reason):,} characters", fix=f"Keep it under {REASON_LIMIT:,}"
        )
    if verdict == "undecided" and not reason:
        return dict.fromkeys(names)
    when = datetime.now(UTC).isoformat(timespec="milliseconds")
    for known in _VERDICTS:
        if verdict == known:
            return dict.fromkeys(names, Decision(known, reason, author, when))
    raise InputError.unknown("decision", verdict, _VERDICTS)


def names_set_aside(decided: Mapping[str, Decision]) -> frozenset[str]:
    """Return the variables that were decided to need no harmony."""
    return frozenset(name for name, item in decided.items() if item.sets_aside)


def _record(item: Decision) -> dict[str, Any]:
    record = {"verdict": item.verdict, "author": item.author, "when": item.when}
    return record | ({"reason": item.reason} if item.reason else {})


def _read(record: object, where: str) -> Decision:
    fields = RecordReader(record, where, _FIELDS)
    return Decision(
        fields.choice("verdict", "decision", _VERDICTS),
        fields.text("reason"),
        fields.text("author"),
        fields.text("when"),
    )


__all__ = [
    "REASON_LIMIT",
    "Decision",
    "DecisionFile",
    "NoHarmony",
    "Verdict",
    "decide",
    "names_set_aside",
]
