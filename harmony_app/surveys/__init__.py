"""The Surveys place: what is stored, what its variables mean, and importing more."""

from harmony_app.surveys.page import build

__all__ = ["build"]
