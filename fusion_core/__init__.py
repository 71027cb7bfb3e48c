"""Survey data fusion: harmonize surveys, fuse donor variables onto the ACS, estimate with MOEs.

The functions a notebook needs are importable from here; each is loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fusion_core.estimates import DonorSample as DonorSample
    from fusion_core.estimates import Statistic as Statistic
    from fusion_core.estimates import analyze as analyze
    from fusion_core.estimates import compare as compare
    from fusion_core.estimates import survey_estimates as survey_estimates
    from fusion_core.fusion import FusionModel as FusionModel
    from fusion_core.fusion import Implicates as Implicates
    from fusion_core.fusion import TrainSettings as TrainSettings
    from fusion_core.fusion import fuse as fuse
    from fusion_core.fusion import train as train
    from fusion_core.validation import Validation as Validation
    from fusion_core.validation import validate as validate

# Public name -> the part of the engine that defines it.
_PARTS = {
    "DonorSample": "estimates",
    "FusionModel": "fusion",
    "Implicates": "fusion",
    "Statistic": "estimates",
    "TrainSettings": "fusion",
    "Validation": "validation",
    "analyze": "estimates",
    "compare": "estimates",
    "fuse": "fusion",
    "survey_estimates": "estimates",
    "train": "fusion",
    "validate": "validation",
}


def __getattr__(name: str) -> Any:
    if name not in _PARTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PARTS[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_PARTS})
