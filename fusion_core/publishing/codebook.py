"""The codebook of a published data set: one row per column of its data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from fusion_core.surveys.model import HOUSEHOLD_KEY

if TYPE_CHECKING:
    from fusion_core.fusion.implicates import ImplicateFolder
    from fusion_core.surveys.model import Dictionary, SurveyId

CODEBOOK_COLUMNS = ("column", "description", "survey", "type", "unit", "levels", "note")


def codebook(implicates: ImplicateFolder, dictionary: Dictionary, donor: SurveyId) -> pd.DataFrame:
    """Describe the columns of fused data.

    Parameters
    ----------
    implicates
        The fused variables.
    dictionary
        The donor's, which says what they measure.
    donor
        The donor.
    """
    rows = [
        (HOUSEHOLD_KEY, "Household of the recipient survey", "", "identifier", "", "", ""),
        (
            "implicate",
            f"Simulation of the household's answers, 1 to {implicates.count}",
            "",
            "integer",
            "",
            "",
            "Estimate in every implicate and average; one implicate alone understates uncertainty.",
        ),
    ]
    for name, entry in implicates.entries.items():
        item = dictionary.get(name)
        levels = entry["levels"]
        kind = ("ordered" if entry["ordered"] else "nominal") if levels else "number"
        rows.append(
            (
                name,
                item.description if item else "",
                donor.title,
                kind,
                item.unit if item else "",
                " | ".join(levels),
                " ".join(filter(None, (item.note, item.definition))) if item else "",
            )
        )
    return pd.DataFrame(rows, columns=list(CODEBOOK_COLUMNS))
