"""The page of one session: its parts, put together."""

from harmony_app.harmonize.page.page import (
    HarmonizePage,
    build,
)

__all__ = [
    "HarmonizePage",
    "build",
]
