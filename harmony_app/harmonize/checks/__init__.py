"""The checks of all stored harmonies, made in the background."""

from harmony_app.harmonize.checks.checks import (
    Checks,
)

__all__ = [
    "Checks",
]
