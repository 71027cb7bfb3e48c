"""What a visitor of the Validate page is looking at: one frozen value and pure functions on it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pandas as pd

EVERY_SUBSET: Final = ""
SINGLE: Final = "single"
PAIRS: Final = "pairs"
BY_PREFIX: Final = "by:"
SUBSETS: Final = "subsets"
TABS: Final = {
    "Subsets": SUBSETS,
    "Distributions": "distributions",
    "Households": "draws",
    "Predictors": "predictors",
    "Implicates": "implicates",
    "Unseen": "unseen",
    "Known answers": "known",
    "Other table": "table",
    "Other run": "run",
}


@dataclass(frozen=True, slots=True)
class ValidateState:
    """One view of the Validate page.

    Attributes
    ----------
    run
        Identifier of a finished run.
    variable
        The variable in detail; empty shows all alike.
    family
        Which subsets count: all, ``single`` (levels of one variable), ``pairs``, or
        ``by:VARIABLE`` (subsets formed with that variable).
    tab
        Which part of the validation is shown, see `TABS`.
    unseen
        Whether figures are those of households the models never saw.
    """

    run: str = ""
    variable: str = ""
    family: str = EVERY_SUBSET
    tab: str = SUBSETS
    unseen: bool = False


def from_query(query: Mapping[str, str]) -> ValidateState:
    """Read a view from the page's address."""
    return ValidateState(
        query.get("run", ""),
        query.get("var", ""),
        query.get("subsets", ""),
        query.get("tab", SUBSETS),
        query.get("unseen", "") == "1",
    )


def to_query(state: ValidateState) -> dict[str, str | None]:
    """Write a view as arguments of the page's address."""
    return {
        "run": state.run or None,
        "var": state.variable or None,
        "subsets": state.family or None,
        "tab": state.tab if state.tab != SUBSETS else None,
        "unseen": "1" if state.unseen else None,
    }


def toggle_variable(state: ValidateState, variable: str) -> ValidateState:
    """Show a variable in detail, or all alike when it is shown already."""
    return dataclasses.replace(state, variable="" if state.variable == variable else variable)


def repair(
    state: ValidateState, variables: Sequence[str], families: Sequence[str]
) -> ValidateState:
    """Make a view read from an old address fit what exists now."""
    if state.variable and state.variable not in variables:
        state = dataclasses.replace(state, variable="")
    if state.family not in families:
        state = dataclasses.replace(state, family=EVERY_SUBSET)
    if state.tab not in TABS.values():
        state = dataclasses.replace(state, tab=SUBSETS)
    return state


def families(metrics: pd.DataFrame) -> dict[str, str]:
    """Return the families of subsets a validation has, by title."""
    names: dict[str, None] = {}
    for label in metrics["subset_variables"].unique():
        names.update(dict.fromkeys(subset_parts(str(label))))
    several = any(
        len(subset_parts(str(label))) > 1 for label in metrics["subset_variables"].unique()
    )
    found = {"all subsets": EVERY_SUBSET}
    if several:
        found |= {"levels of one variable": SINGLE, "pairs of levels": PAIRS}
    return found | {f"with {name}": f"{BY_PREFIX}{name}" for name in names}


def in_family(metrics: pd.DataFrame, family: str) -> pd.DataFrame:
    """Return the analyses of one family of subsets."""
    if family == EVERY_SUBSET:
        return metrics
    parts = metrics["subset_variables"].map(lambda label: subset_parts(str(label)))
    if family == SINGLE:
        return metrics[parts.map(len) == 1]
    if family == PAIRS:
        return metrics[parts.map(len) > 1]
    name = family.removeprefix(BY_PREFIX)
    return metrics[parts.map(lambda found: name in found)]


def subset_parts(label: str) -> tuple[str, ...]:
    """Return the variables that form a subset."""
    return tuple(part.strip() for part in label.split("×"))
