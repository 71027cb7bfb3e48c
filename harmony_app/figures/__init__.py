"""Figures as files: `harmony figure`, which draws what the pages draw."""

from harmony_app.figures.commands import app

__all__ = ["app"]
