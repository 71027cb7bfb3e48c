"""Harmonies transferred to another vintage of either survey."""

from fusion_core.harmony.vintages.levels import (
    transfer_levels,
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
    "rebase_prices",
    "transfer_levels",
    "transfer_to_vintage",
]
