"""Survey data fusion: harmonize surveys, fuse donor variables onto the ACS, estimate with MOEs.

The functions a notebook needs are importable from here; each is loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fusion_core.fusion import FusionModel as FusionModel
    from fusion_core.fusion import Implicates as Implicates
    from fusion_core.fusion import TrainSettings as TrainSettings
    from fusion_core.fusion import fuse as fuse
    from fusion_core.fusion import train as train

# Public name -> the part of the engine that defines it.
_PARTS = {
    "FusionModel": "fusion",
    "Implicates": "fusion",
    "TrainSettings": "fusion",
    "fuse": "fusion",
    "train": "fusion",
}


def __getattr__(name: str) -> Any:
    if name not in _PARTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PARTS[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_PARTS})
