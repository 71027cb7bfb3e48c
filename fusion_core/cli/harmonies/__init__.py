"""`harmony harmonies`: list, check, exchange, suggest and transfer harmonies."""

from fusion_core.cli.harmonies import commands

__all__ = [
    "commands",
]
