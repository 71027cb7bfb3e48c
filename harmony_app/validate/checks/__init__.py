"""Checks of a finished run, started and watched from the page."""

from harmony_app.validate.checks.check_watch import (
    CheckWatch,
    ended_html,
    is_running,
    progress_html,
)
from harmony_app.validate.checks.repeat_bar import (
    RepeatBar,
)

__all__ = [
    "CheckWatch",
    "RepeatBar",
    "ended_html",
    "is_running",
    "progress_html",
]
