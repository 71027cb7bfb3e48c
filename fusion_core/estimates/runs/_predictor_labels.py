"""What the groups of a harmonized predictor are called where a run's estimates are broken down by it.

A prepared predictor holds the names of a harmony's groups, or their numbers where they have none. A
number says nothing to whoever reads a table, so it is replaced by the levels the group is made of.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pandas as pd

from fusion_core.harmony.apply import group_labels
from fusion_core.harmony.model import is_group

if TYPE_CHECKING:
    from fusion_core.harmony.model import Harmony
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run

_MOST_LEVELS: Final = 3


def with_group_labels(table: pd.DataFrame, workspace: Workspace, run: Run) -> pd.DataFrame:
    """Return a prepared recipient with the groups of its predictors in words.

    Predictors whose harmony was changed after the run was prepared keep their numbers: what these
    meant then is not known any more.

    Parameters
    ----------
    table
        The prepared recipient, with one column per predictor.
    workspace, run
        Where the harmonies are, and the run.
    """
    # With the store come the edits and the words of harmonies, which other estimates do without.
    from fusion_core.harmony.store import HarmonyStore

    prepared = (run.input_folder / "recipient.parquet").stat().st_mtime
    renamed = {}
    for harmony in HarmonyStore(workspace.path, run.spec().pair).load().harmonies:
        key = harmony.key
        if key not in table.columns or not isinstance(table[key].dtype, pd.CategoricalDtype):
            continue
        titles = group_titles(harmony)
        known = set(table[key].cat.categories) <= set(titles)
        if known and _changed(harmony) <= prepared:
            renamed[key] = table[key].cat.rename_categories(titles)
    return table.assign(**renamed)


def group_titles(harmony: Harmony) -> dict[str, str]:
    """Return words for every group by the label it has in prepared data.

    Parameters
    ----------
    harmony
        The harmony; a group without a name is called after its levels on the side that has fewer.
    """
    names = {float(code) for code, name in harmony.group_names if name.strip()}
    titles = {}
    for code, label in group_labels(harmony).items():
        levels = [
            [item.level for item in side.levels if is_group(item.group) and item.group == code]
            for side in (harmony.donor, harmony.recipient)
        ]
        shortest = min((found for found in levels if found), key=len, default=[])
        titles[label] = label if code in names or not shortest else _listed(shortest)
    seen = list(titles.values())
    return {
        label: title if seen.count(title) == 1 else f"{title} ({label})"
        for label, title in titles.items()
    }


def _listed(levels: list[str]) -> str:
    shown = " / ".join(levels[:_MOST_LEVELS])
    more = len(levels) - _MOST_LEVELS
    return f"{shown} and {more:,} more" if more > 0 else shown


def _changed(harmony: Harmony) -> float:
    """Return when a harmony was saved last, in seconds since 1970; 0 where that is not known."""
    try:
        moment = datetime.fromisoformat(harmony.modified)
    except ValueError:
        return 0.0
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
