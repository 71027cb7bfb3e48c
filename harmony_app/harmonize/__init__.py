"""The Harmonize place: how one concept of two surveys becomes one predictor."""

from harmony_app.harmonize.page import build

__all__ = ["build"]
