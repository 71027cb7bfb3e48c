"""From harmonies to fusion input: predictors with the same meaning in donor and recipient.

`assemble` does what takes time and depends on the pair only, `choose_predictors` decides which
predictors a run uses, `prepare` does both for a run; `pair_overview` shows beforehand what there is.
"""

from fusion_core.prepare.assemble import PredictorPool, assemble
from fusion_core.prepare.choose import choose_predictors, flat_names
from fusion_core.prepare.overview import PairOverview, pair_overview
from fusion_core.prepare.stage import PreparedInput, prepare
from fusion_core.prepare.storage import read_prepared, write_prepared

__all__ = [
    "PairOverview",
    "PredictorPool",
    "PreparedInput",
    "assemble",
    "choose_predictors",
    "flat_names",
    "pair_overview",
    "prepare",
    "read_prepared",
    "write_prepared",
]
