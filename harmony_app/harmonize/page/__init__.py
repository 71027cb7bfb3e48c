"""The page of one session: its parts, put together."""

from harmony_app.harmonize.page.page import build

__all__ = [
    "build",
]
