"""Harmonies transferred to another vintage of either survey."""

from fusion_core.harmony.vintages.levels import (
    convey_levels,
)
from fusion_core.harmony.vintages.prices import (
    rebase_prices,
)
from fusion_core.harmony.vintages.transfer import (
    Change,
    LevelChange,
    SettingChange,
    Status,
    Transfer,
    TransferredHarmony,
    VariableChange,
)
from fusion_core.harmony.vintages.transferring import (
    Vintages,
    transfer_to_vintage,
)

__all__ = [
    "Change",
    "LevelChange",
    "SettingChange",
    "Status",
    "Transfer",
    "TransferredHarmony",
    "VariableChange",
    "Vintages",
    "convey_levels",
    "rebase_prices",
    "transfer_to_vintage",
]
