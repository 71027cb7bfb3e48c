"""`harmony fuse`, `runs`, `apply`, `combine`, `validate` and `compare`."""

from fusion_core.cli.runs import apply, combine, commands, compare, fuse, outcome, validate
from fusion_core.cli.runs.commands import run_record
from fusion_core.cli.runs.fuse import IMPLICATES
from fusion_core.cli.runs.running import (
    follow_run,
)
from fusion_core.cli.runs.training import training_settings

__all__ = [
    "IMPLICATES",
    "apply",
    "combine",
    "commands",
    "compare",
    "follow_run",
    "fuse",
    "outcome",
    "run_record",
    "training_settings",
    "validate",
]
