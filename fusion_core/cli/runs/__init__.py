"""`harmony fuse`, `runs`, `apply`, `combine`, `validate` and `compare`."""

from fusion_core.cli.runs import apply, combine, commands, compare, fuse, outcome, validate
from fusion_core.cli.runs.commands import run_record
from fusion_core.cli.runs.compare import (
    AreaColumnOption,
    CountedOption,
    HouseholdsOption,
    KindOption,
    MarginColumnOption,
    RelatedOption,
    SourceArgument,
    TableArgument,
    TableQuestion,
    ValueColumnOption,
    compare_as_asked,
)
from fusion_core.cli.runs.fuse import IMPLICATES
from fusion_core.cli.runs.running import (
    follow_run,
)
from fusion_core.cli.runs.training import training_settings

__all__ = [
    "IMPLICATES",
    "AreaColumnOption",
    "CountedOption",
    "HouseholdsOption",
    "KindOption",
    "MarginColumnOption",
    "RelatedOption",
    "SourceArgument",
    "TableArgument",
    "TableQuestion",
    "ValueColumnOption",
    "apply",
    "combine",
    "commands",
    "compare",
    "compare_as_asked",
    "follow_run",
    "fuse",
    "outcome",
    "run_record",
    "training_settings",
    "validate",
]
