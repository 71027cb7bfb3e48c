"""Training: from donor microdata to a fusion model that an interrupted call resumes."""

from fusion_core.fusion.training.checking import (
    FEWEST_IN_CLASS,
    Asked,
    Given,
    Predictors,
    Variables,
    check_asked,
    check_numbers,
)
from fusion_core.fusion.training.checkpoints import record_seed, seed_or_recorded
from fusion_core.fusion.training.training import train

__all__ = [
    "FEWEST_IN_CLASS",
    "Asked",
    "Given",
    "Predictors",
    "Variables",
    "check_asked",
    "check_numbers",
    "record_seed",
    "seed_or_recorded",
    "train",
]
