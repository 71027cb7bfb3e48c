"""Parameters of LightGBM beyond those that have a setting of their own.

What would change what a model means is not among them: random forests average their trees, DART changes
trees grown before, so that growing cannot end early, and linear trees have no leaf values to walk to.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fusion_core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class TreeOption:
    """What values a parameter may have.

    Attributes
    ----------
    low, high
        Bounds of a number, both included.
    whole
        Whether it is a whole number.
    choices
        The values of one that is not a number.
    """

    low: float = 0.0
    high: float = math.inf
    whole: bool = False
    choices: tuple[str, ...] = ()

    def read(self, text: str) -> Any:
        """Return the value, or ``None`` if the parameter cannot have it."""
        if self.choices:
            return text if text in self.choices else None
        try:
            value = int(text) if self.whole else float(text)
        except ValueError:
            return None
        return value if self.low <= value <= self.high and math.isfinite(value) else None

    def rule(self) -> str:
        """Say in words what it may be."""
        if self.choices:
            return " or ".join(self.choices)
        kind = "a whole number" if self.whole else "a number"
        upper = f", at most {self.high:g}" if math.isfinite(self.high) else ""
        return f"{kind} of at least {self.low:g}{upper}"


_SHARE: Final = TreeOption(low=0.01, high=1.0)
TREE_OPTIONS: Final = {
    "bagging_fraction": _SHARE,
    "cat_l2": TreeOption(),
    "cat_smooth": TreeOption(),
    "data_sample_strategy": TreeOption(choices=("bagging", "goss")),
    "extra_trees": TreeOption(choices=("false", "true")),
    "feature_fraction_bynode": _SHARE,
    "lambda_l1": TreeOption(),
    "lambda_l2": TreeOption(),
    "max_bin": TreeOption(low=2, high=65_535, whole=True),
    "max_cat_threshold": TreeOption(low=1, high=1_000_000, whole=True),
    "max_depth": TreeOption(low=1, high=1_000, whole=True),
    "min_data_in_bin": TreeOption(low=1, high=1_000_000, whole=True),
    "min_gain_to_split": TreeOption(),
    "other_rate": TreeOption(low=0.01, high=0.5),
    "path_smooth": TreeOption(),
    "top_rate": TreeOption(low=0.01, high=0.5),
}


def tree_parameters(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return parameters in LightGBM's words.

    Parameters
    ----------
    pairs
        Names and values as text.

    Raises
    ------
    InputError
        If a parameter is not offered, its value out of range, or two exclude each other.
    """
    found: dict[str, Any] = {}
    for name, text in pairs:
        option = TREE_OPTIONS.get(name)
        if option is None:
            raise InputError.unknown(
                "parameter of LightGBM", name, sorted(TREE_OPTIONS), where="the setting 'lightgbm'"
            )
        value = option.read(text)
        if value is None:
            raise InputError(
                f"LightGBM's '{name}' cannot be '{text}'",
                where="the setting 'lightgbm'",
                fix=f"Set it to {option.rule()}",
            )
        found[name] = value
    if "bagging_fraction" in found:
        if found.get("data_sample_strategy") == "goss":
            raise InputError(
                "LightGBM cannot draw rows by 'goss' and by 'bagging_fraction' at once",
                where="the setting 'lightgbm'",
                fix="Choose one",
            )
        found["bagging_freq"] = 1  # without it LightGBM does not sample rows
    return found
