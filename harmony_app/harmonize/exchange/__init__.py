"""Harmony files in and out of the page."""

from harmony_app.harmonize.exchange.importing import (
    Exchange,
)

__all__ = [
    "Exchange",
]
