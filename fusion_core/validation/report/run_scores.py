"""Two runs side by side: which of them describes households their models have not seen better."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from fusion_core.estimates.variance import holm, margin_multiplier
from fusion_core.validation.internal import LOG, PARTS, jackknife, percent_words
from fusion_core.validation.report.sentences import Finding

if TYPE_CHECKING:
    import pandas as pd

    from fusion_core.validation.internal import Validation
    from fusion_core.validation.report.sentences import Tone


_BEYOND_CHANCE: Final = 0.05


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
        below zero where the first run is better; its 90 % ``margin`` by the delete-a-group jackknife
        over the households (Kott 2001), ``p_value`` adjusted for the number of variables (Holm 1979)
        and whether the runs ``differ`` beyond chance by it – NaN and no where a validation is of an
        earlier version or of other households –; and ``coverage_first`` and ``coverage_second``, the
        shares of true values inside the central 80 % interval.

    Notes
    -----
    The margin is of which households the donor happened to ask. The draws of a run, and so its score,
    would also differ a little with another seed.
    """
    from scipy.special import stdtr

    columns = ["variable", "score", "value"]
    fair = [item.scores.loc[item.scores["score"] != LOG, columns] for item in (first, second)]
    table = fair[0].merge(fair[1], on=["variable", "score"], suffixes=("_first", "_second"))
    table = table.rename(columns={"value_first": "first", "value_second": "second"})
    table["difference"] = table["first"] / table["second"] - 1.0
    error = np.array([_standard_error(first, second, name) for name in table["variable"]])
    freedom = PARTS - 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        chance = 2.0 * stdtr(freedom, -np.abs(table["difference"].to_numpy(dtype=float)) / error)
    table["margin"] = margin_multiplier(np.full(len(table), freedom), 0.90) * error
    table["p_value"] = holm(np.where(error > 0, chance, np.nan))
    table["differ"] = table["p_value"] < _BEYOND_CHANCE
    for name, validation in (("first", first), ("second", second)):
        known = validation.summary.set_index("variable")["coverage"]
        table[f"coverage_{name}"] = known.reindex(table["variable"]).to_numpy()
    return table


def difference_findings(differences: pd.DataFrame) -> list[Finding]:
    """Say of every variable which of two runs describes unseen households better, if chance does not.

    Parameters
    ----------
    differences
        Of `score_differences`; the first run is the one that is looked at.
    """
    found = []
    for row in differences.to_dict("records"):
        size, margin = abs(float(row["difference"])), float(row["margin"])
        told = f"its score is {percent_words(size)}"
        told += f" ± {percent_words(margin)}" if np.isfinite(margin) else ""
        better = float(row["difference"]) < 0
        if not np.isfinite(margin):
            tone: Tone = "fair"
            words = f"{told} {'lower' if better else 'higher'}; whether by chance is not known"
        elif not row["differ"]:
            tone = "fair"
            words = f"no difference beyond chance ({told} {'lower' if better else 'higher'})"
        else:
            tone = "good" if better else "poor"
            words = (
                f"this run is better: {told} lower"
                if better
                else f"the other run is better: {told} higher here"
            )
        found.append(Finding(str(row["variable"]), tone, f"{row['variable']}: {words}."))
    return found


def _standard_error(first: Validation, second: Validation, name: str) -> float:
    parts = [item.score_parts[item.score_parts["variable"] == name] for item in (first, second)]
    return jackknife(*parts)[1]
