"""`harmony fuse`, `runs`, `apply`, `combine`, `validate` and `compare`."""

from fusion_core.cli.runs import apply, combine, commands, compare, fuse, outcome, validate
from fusion_core.cli.runs.running import (
    follow_run,
)

__all__ = [
    "apply",
    "combine",
    "commands",
    "compare",
    "follow_run",
    "fuse",
    "outcome",
    "validate",
]
