"""The Places place: boundaries and spatial tables, what they cover, and adding more."""

from harmony_app.places.page import build

__all__ = ["build"]
