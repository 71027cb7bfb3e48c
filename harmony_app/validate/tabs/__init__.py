"""What each tab of the Validate page says."""

from harmony_app.validate.tabs import sections
from harmony_app.validate.tabs.compare_tab import CompareTab
from harmony_app.validate.tabs.figure_card import FigureCard, key_html
from harmony_app.validate.tabs.figure_files import FigureFiles
from harmony_app.validate.tabs.known_tab import (
    KnownTab,
)
from harmony_app.validate.tabs.places_card import PlacesCard
from harmony_app.validate.tabs.subsets_tab import SubsetsTab, size_marks
from harmony_app.validate.tabs.table_tab import (
    TableTab,
)
from harmony_app.validate.tabs.unseen_tab import (
    UnseenTab,
)
from harmony_app.validate.tabs.verdict_list import (
    VerdictList,
    verdict_items,
)

__all__ = [
    "CompareTab",
    "FigureCard",
    "FigureFiles",
    "KnownTab",
    "PlacesCard",
    "SubsetsTab",
    "TableTab",
    "UnseenTab",
    "VerdictList",
    "key_html",
    "sections",
    "size_marks",
    "verdict_items",
]
