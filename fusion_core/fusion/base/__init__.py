"""What training and fusing share: settings, kinds of variables, random streams, workers."""

from fusion_core.fusion.base.predictor_lists import (
    candidates_of,
    check_lists,
    normalise_predictors,
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
    POSITIONAL,
    Purpose,
    Stream,
    cell_uniforms,
    common_seed,
    integer_seed,
    origin,
    random_seed,
    refuse_mixed_streams,
    refuse_shared_streams,
    shared_streams,
    some_rows,
    stream,
)
from fusion_core.fusion.base.tree_options import (
    tree_parameters,
)
from fusion_core.fusion.base.variables import (
    MOST_LEVELS,
    VariableType,
    detect_type,
    detect_types,
    encode,
    encode_frame,
    exact_values,
)
from fusion_core.fusion.base.workers import (
    Report,
    Shares,
    Stop,
    Workers,
    no_cancel,
    one_blas_thread,
    workers_of,
)

__all__ = [
    "CHUNK_ROWS",
    "MOST_LEVELS",
    "POSITIONAL",
    "Method",
    "Preset",
    "Purpose",
    "Report",
    "Shares",
    "Stop",
    "Stream",
    "TrainSettings",
    "VariableType",
    "Workers",
    "candidates_of",
    "cell_uniforms",
    "check_lists",
    "common_seed",
    "detect_type",
    "detect_types",
    "encode",
    "encode_frame",
    "exact_values",
    "integer_seed",
    "no_cancel",
    "normalise_predictors",
    "one_blas_thread",
    "origin",
    "random_seed",
    "read_setting",
    "refuse_mixed_streams",
    "refuse_shared_streams",
    "require_names",
    "setting_text",
    "shared_streams",
    "some_rows",
    "stream",
    "tree_parameters",
    "tupled",
    "workers_of",
]
