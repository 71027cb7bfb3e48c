"""The fusion model: its chain, donors and expectations, and its way to disk and back."""

from fusion_core.fusion.model.calibration import (
    best_temperature,
    both_chances,
    tempered,
    tempered_chance,
)
from fusion_core.fusion.model.chain import ModelPart, PartRole, Step, VariableModel
from fusion_core.fusion.model.expectations import (
    as_expectations,
    predict_part,
    predict_rows,
    rising_quantiles,
)
from fusion_core.fusion.model.files import model_checksum
from fusion_core.fusion.model.fusion_model import FusionModel
from fusion_core.fusion.model.manifest import MANIFEST_FILE, software_version
from fusion_core.fusion.model.neighbours import DonorPool, fixed_k_pool, variable_k_pool

__all__ = [
    "MANIFEST_FILE",
    "DonorPool",
    "FusionModel",
    "ModelPart",
    "PartRole",
    "Step",
    "VariableModel",
    "as_expectations",
    "best_temperature",
    "both_chances",
    "fixed_k_pool",
    "model_checksum",
    "predict_part",
    "predict_rows",
    "rising_quantiles",
    "software_version",
    "tempered",
    "tempered_chance",
    "variable_k_pool",
]
