"""The Explore place: maps of estimates with honest margins of error."""

from harmony_app.explore.place import build

__all__ = ["build"]
