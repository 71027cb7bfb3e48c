"""Derived outcomes of a run or combination: tried on its data, and stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusion_core.derived.outcomes import put_outcome, read_outcomes
from fusion_core.errors import ConflictError, InputError
from fusion_core.estimates.runs.estimate_cache import EstimateCache
from fusion_core.estimates.runs.estimate_run import estimate_in_source
from fusion_core.estimates.statistics import Statistic

if TYPE_CHECKING:
    import pandas as pd

    from fusion_core.derived.definition import DerivedVariable
    from fusion_core.workspace.combinations import Combination
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run


def try_outcome(
    workspace: Workspace,
    source: Run | Combination,
    outcome: DerivedVariable,
    *,
    may_replace: bool = False,
    cache: EstimateCache | None = None,
) -> pd.DataFrame:
    """Estimate what an outcome would be over all households; nothing is stored.

    Parameters
    ----------
    workspace, source
        The run or combination it is built from.
    outcome
        Its definition, of a household variable.
    may_replace
        Whether an outcome of this name may be there already.
    cache
        As in `fusion_core.estimates.runs.area_estimates`.

    Returns
    -------
    DataFrame
        The mean of a number, or the share of every level.

    Raises
    ------
    ConflictError
        If there is an outcome of this name that may not be replaced.
    InputError
        If the name is taken, the expression is not allowed, or no household has a value.
    """
    if outcome.aggregate is not None or outcome.respondent != "household":
        raise InputError(
            "A derived outcome is of households", where=outcome.name, fix="Leave the level out"
        )
    known = any(item.name == outcome.name for item in read_outcomes(source.derived_path))
    if known and not may_replace:
        raise ConflictError(
            f"There is a derived outcome '{outcome.name}' already",
            fix="Replace it, or choose another name",
        )
    loaded = (EstimateCache() if cache is None else cache).source(workspace, source)
    found = loaded.trial(outcome)
    has_levels = found.variables()[outcome.name].is_categorical
    statistic = Statistic("share" if has_levels else "mean", outcome.name)
    estimates = estimate_in_source(found, statistic)
    if estimates["estimate"].isna().all():
        raise InputError(
            "No household has a value",
            where=outcome.name,
            fix="Check the variables it is built from, and what it compares them with",
        )
    return estimates


def save_outcome(
    workspace: Workspace,
    source: Run | Combination,
    outcome: DerivedVariable,
    *,
    may_replace: bool = False,
    cache: EstimateCache | None = None,
) -> pd.DataFrame:
    """Store an outcome with a run or combination once it has been tried; see `try_outcome`."""
    found = try_outcome(workspace, source, outcome, may_replace=may_replace, cache=cache)
    put_outcome(source.derived_path, outcome, may_replace=may_replace)
    return found
