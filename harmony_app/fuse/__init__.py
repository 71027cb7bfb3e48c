"""The Fuse place."""

from harmony_app.fuse.page import build

__all__ = ["build"]
