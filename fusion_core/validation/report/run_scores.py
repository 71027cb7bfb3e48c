"""Two runs side by side: which of them describes households their models have not seen better."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusion_core.validation.internal import LOG

if TYPE_CHECKING:
    import pandas as pd

    from fusion_core.validation.internal import Validation


def score_differences(first: Validation, second: Validation) -> pd.DataFrame:
    """Compare the scores of two runs, variable by variable.

    Both are validations by unseen households. Fused back onto the donors it learned from, a run that
    draws from the leaves of forests often draws a household's own answers and would always win.

    Parameters
    ----------
    first, second
        Out-of-fold validations of two runs on the same donor, whatever their methods.

    Returns
    -------
    DataFrame
        One row per variable of both: ``variable``; ``score``, CRPS of a number or Brier score of a
        category; its values ``first`` and ``second``; their ``difference`` as a share of the second,
        below zero where the first run is better; and ``coverage_first`` and ``coverage_second``, the
        shares of true values inside the central 80 % interval.
    """
    columns = ["variable", "score", "value"]
    fair = [item.scores.loc[item.scores["score"] != LOG, columns] for item in (first, second)]
    table = fair[0].merge(fair[1], on=["variable", "score"], suffixes=("_first", "_second"))
    table = table.rename(columns={"value_first": "first", "value_second": "second"})
    table["difference"] = table["first"] / table["second"] - 1.0
    for name, validation in (("first", first), ("second", second)):
        known = validation.summary.set_index("variable")["coverage"]
        table[f"coverage_{name}"] = known.reindex(table["variable"]).to_numpy()
    return table
