"""Other vintages: transfer, comparison and coverage."""

from harmony_app.harmonize.vintages.all_pairs import (
    readable_sets,
    stored_contents,
    stored_dictionary,
)
from harmony_app.harmonize.vintages.comparing_vintages import (
    ComparingVintages,
)
from harmony_app.harmonize.vintages.coverage_view import (
    CoverageView,
)
from harmony_app.harmonize.vintages.transferring import (
    Transferring,
)

__all__ = [
    "ComparingVintages",
    "CoverageView",
    "Transferring",
    "readable_sets",
    "stored_contents",
    "stored_dictionary",
]
