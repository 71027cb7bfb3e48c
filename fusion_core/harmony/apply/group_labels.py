"""Group codes as categories: one label per group, the same on both sides."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fusion_core.harmony.model import (
    SIDES,
    FloatArray,
    Harmony,
    collapses,
    format_number,
    side_outcome,
)
from fusion_core.surveys.model import RespondentLevel


def group_labels(
    harmony: Harmony, *, respondent: RespondentLevel = "household"
) -> dict[float, str]:
    """Return the label of every group either side uses, in the order of the codes.

    A group without a name is labelled with its code. Where two labels would be equal, the code is
    appended, so that labels always tell groups apart.
    """
    codes: set[float] = set()
    for name in SIDES:
        side = harmony.side(name)
        outcome = side_outcome(side, collapsed=collapses(harmony, name, respondent))
        codes |= {0.0, 1.0} if outcome == "flag" else set(side.group_codes)
    names = {float(code): name.strip() for code, name in harmony.group_names if name.strip()}
    labels = {code: names.get(code, format_number(code)) for code in sorted(codes)}
    seen = list(labels.values())
    return {
        code: label if seen.count(label) == 1 else f"{label} ({format_number(code)})"
        for code, label in labels.items()
    }


def to_categorical(
    values: FloatArray, labels: dict[float, str], harmony: Harmony
) -> pd.Categorical:
    """Turn group codes into a categorical over all groups of the harmony."""
    codes = np.array(list(labels), dtype=np.float64)
    positions = np.searchsorted(codes, values).astype(np.int64)
    positions[np.isnan(values)] = -1
    dtype = pd.CategoricalDtype(list(labels.values()), ordered=harmony.ordered)
    result: pd.Categorical = pd.Categorical.from_codes(positions, dtype=dtype)
    return result


__all__ = ["group_labels", "to_categorical"]
