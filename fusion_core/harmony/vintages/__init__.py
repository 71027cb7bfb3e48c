"""Harmonies transferred to another vintage of either survey."""

from fusion_core.harmony.vintages.levels import (
    convey_levels,
)
from fusion_core.harmony.vintages.prices import (
    rebase_prices,
)
from fusion_core.harmony.vintages.transfer import (
    Change,
    Conveyance,
    ConveyedHarmony,
    LevelChange,
    SettingChange,
    Status,
    VariableChange,
)
from fusion_core.harmony.vintages.transferring import (
    Vintages,
    convey,
)

__all__ = [
    "Change",
    "Conveyance",
    "ConveyedHarmony",
    "LevelChange",
    "SettingChange",
    "Status",
    "VariableChange",
    "Vintages",
    "convey",
    "convey_levels",
    "rebase_prices",
]
