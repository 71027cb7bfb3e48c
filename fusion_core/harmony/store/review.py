"""What colleagues say about a saved harmony: reviewed, needs work, and short remarks.

A verdict is about the revision it was given on. A later save makes the harmony one to review again
by itself, because nobody has looked at what is now saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from fusion_core.errors import InputError
from fusion_core.harmony.model import Record, RecordReader
from fusion_core.records import Checked

Verdict = Literal["reviewed", "needs work", "remark"]
"""``remark`` says something without deciding."""

ReviewStatus = Literal["to review", "reviewed", "needs work"]

REMARK_LIMIT: Final = 2_000
"""Longest remark in characters."""

_FIELDS: Final = frozenset({"when", "who", "verdict", "revision", "text"})


@dataclass(frozen=True, slots=True)
class Remark(Checked):
    """What somebody said about a harmony.

    Attributes
    ----------
    when
        ISO 8601 time in UTC.
    who
        Who said it.
    verdict
        What was decided, if anything.
    revision
        Revision of the harmony it is about.
    text
        The remark; may be empty with a verdict.
    """

    when: str
    who: str
    verdict: Verdict
    revision: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Review(Checked):
    """Where the review of a harmony stands.

    Attributes
    ----------
    status
        The status of the saved revision.
    last
        The latest verdict, which may be about an earlier revision; ``None`` when there is none.
    is_outdated
        Whether the harmony was saved again since `last`.
    """

    status: ReviewStatus = "to review"
    last: Remark | None = None
    is_outdated: bool = False


def review_of(remarks: Sequence[Remark], revision: int) -> Review:
    """Tell where the review of a saved revision stands.

    Parameters
    ----------
    remarks
        All remarks about the harmony, oldest first.
    revision
        The saved revision.
    """
    last = next((item for item in reversed(remarks) if item.verdict != "remark"), None)
    if last is None:
        return Review()
    if last.revision != revision:
        return Review("to review", last, is_outdated=True)
    return Review("reviewed" if last.verdict == "reviewed" else "needs work", last)


def check_remark(verdict: str, text: str) -> Verdict:
    """Return the verdict if the remark can be kept.

    Raises
    ------
    InputError
        If there is no such verdict, or a remark says nothing or too much.
    """
    for known in get_args(Verdict):
        if verdict == known:
            break
    else:
        raise InputError.unknown("verdict", verdict, get_args(Verdict))
    if verdict == "remark" and not text.strip():
        raise InputError("The remark is empty", fix="Write what a colleague should know")
    if len(text) > REMARK_LIMIT:
        raise InputError(
            f"The remark has {len(text):,} characters", fix=f"Keep it under {REMARK_LIMIT:,}"
        )
    found: Verdict = known
    return found


def remark_record(remark: Remark) -> Record:
    """Return the JSON form of a remark."""
    record: Record = {
        "when": remark.when,
        "who": remark.who,
        "verdict": remark.verdict,
        "revision": remark.revision,
    }
    return record | {"text": remark.text} if remark.text else record


def read_remark(record: object, *, where: str) -> Remark:
    """Check a JSON record and return the remark.

    Raises
    ------
    CorruptFileError
        Naming the field that is missing or wrong.
    """
    fields = RecordReader(record, where, _FIELDS)
    return Remark(
        when=fields.text("when"),
        who=fields.text("who"),
        verdict=fields.choice("verdict", "verdict", get_args(Verdict)),
        revision=fields.integer("revision") or 0,
        text=fields.text("text"),
    )


__all__ = [
    "REMARK_LIMIT",
    "Remark",
    "Review",
    "ReviewStatus",
    "Verdict",
    "check_remark",
    "read_remark",
    "remark_record",
    "review_of",
]
