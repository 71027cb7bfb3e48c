"""The fusion model: what is asked for, checked, fitted per variable, and kept on disk."""

from fusion_core.fusion.model.calibration import (
    calibrated,
    tempered,
    tempered_chance,
)
from fusion_core.fusion.model.chain import (
    ModelPart,
    Step,
    VariableModel,
)
from fusion_core.fusion.model.donors import (
    Donors,
    read_donors,
)
from fusion_core.fusion.model.expectations import (
    FittedVariable,
    VariableTask,
    fit_variable,
    predict_rows,
    rising_quantiles,
)
from fusion_core.fusion.model.files import (
    model_checksum,
)
from fusion_core.fusion.model.fusion_model import (
    FusionModel,
)
from fusion_core.fusion.model.inputs import (
    FEWEST_IN_CLASS,
    check_implicates,
    check_name,
    check_numbers,
    check_predictors,
    check_seed,
    checked_settings,
    encode_recipient,
    fusion_notes,
    normalise_steps,
)
from fusion_core.fusion.model.manifest import (
    MANIFEST_FILE,
    software_version,
)
from fusion_core.fusion.model.neighbours import (
    DonorPool,
    fixed_k_pool,
    variable_k_pool,
)

__all__ = [
    "FEWEST_IN_CLASS",
    "MANIFEST_FILE",
    "DonorPool",
    "Donors",
    "FittedVariable",
    "FusionModel",
    "ModelPart",
    "Step",
    "VariableModel",
    "VariableTask",
    "calibrated",
    "check_implicates",
    "check_name",
    "check_numbers",
    "check_predictors",
    "check_seed",
    "checked_settings",
    "encode_recipient",
    "fit_variable",
    "fixed_k_pool",
    "fusion_notes",
    "model_checksum",
    "normalise_steps",
    "predict_rows",
    "read_donors",
    "rising_quantiles",
    "software_version",
    "tempered",
    "tempered_chance",
    "variable_k_pool",
]
