"""What training and fusing share: settings, kinds of variables, random streams, workers."""

from fusion_core.fusion.base.predictor_lists import (
    candidates_of,
    check_lists,
    normalise_predictors,
    refuse_repeats,
    require_names,
)
from fusion_core.fusion.base.setting_texts import (
    read_setting,
    setting_text,
)
from fusion_core.fusion.base.settings import (
    Method,
    Preset,
    TrainSettings,
    tupled,
)
from fusion_core.fusion.base.streams import (
    CHUNK_ROWS,
    Purpose,
    cell_uniforms,
    integer_seed,
    some_rows,
    stream,
)
from fusion_core.fusion.base.tree_options import (
    tree_parameters,
)
from fusion_core.fusion.base.variables import (
    VariableType,
    detect_type,
    detect_types,
    encode,
    encode_frame,
)
from fusion_core.fusion.base.workers import (
    Report,
    Shares,
    Stop,
    Workers,
    carry_on,
    workers_of,
)

__all__ = [
    "CHUNK_ROWS",
    "Method",
    "Preset",
    "Purpose",
    "Report",
    "Shares",
    "Stop",
    "TrainSettings",
    "VariableType",
    "Workers",
    "candidates_of",
    "carry_on",
    "cell_uniforms",
    "check_lists",
    "detect_type",
    "detect_types",
    "encode",
    "encode_frame",
    "integer_seed",
    "normalise_predictors",
    "read_setting",
    "refuse_repeats",
    "require_names",
    "setting_text",
    "some_rows",
    "stream",
    "tree_parameters",
    "tupled",
    "workers_of",
]
