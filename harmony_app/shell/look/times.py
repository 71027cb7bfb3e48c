"""Durations and moments as people say them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 86_400


def duration(seconds: float | None) -> str:
    """Write a duration: ``8 s``, ``4 min``, ``1 h 20 min``; empty when unknown."""
    if seconds is None:
        return ""
    if round(seconds) < _MINUTE:
        return f"{max(round(seconds), 1)} s"
    if round(seconds / _MINUTE) < _MINUTE:
        return f"{round(seconds / _MINUTE)} min"
    hours, rest = divmod(round(seconds / _MINUTE), _MINUTE)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def elapsed(start: str, end: str, now: datetime | None = None) -> float | None:
    """Seconds between two ISO 8601 times; until now while the second is empty."""
    if not start:
        return None
    last = datetime.fromisoformat(end) if end else (now or datetime.now(UTC))
    return max((last - datetime.fromisoformat(start)).total_seconds(), 0.0)


def moment(time: str, now: datetime | None = None) -> str:
    """Write a past moment: ``just now``, ``12 min ago``, ``3 h ago``, else the local date."""
    if not time:
        return ""
    then = datetime.fromisoformat(time)
    age = ((now or datetime.now(UTC)) - then).total_seconds()
    if age < _MINUTE:
        return "just now"
    if age < _HOUR:
        return f"{int(age / _MINUTE)} min ago"
    if age < _DAY:
        return f"{int(age / _HOUR)} h ago"
    return f"{then.astimezone():%d %b %Y, %H:%M}"
