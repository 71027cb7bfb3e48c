"""`harmony fuse`, `runs`, `apply`, `validate` and `compare`."""

from fusion_core.cli.runs import apply, commands, compare, fuse, validate
from fusion_core.cli.runs.running import (
    follow_run,
)

__all__ = [
    "apply",
    "commands",
    "compare",
    "follow_run",
    "fuse",
    "validate",
]
