"""Harmonies on disk: one file per pair with its history, reviews and drafts."""

from fusion_core.harmony.store.decisions import (
    REASON_LIMIT,
    Decision,
    NoHarmony,
    Verdict,
    decide,
    names_set_aside,
)
from fusion_core.harmony.store.drafts import (
    Draft,
    user_folder,
)
from fusion_core.harmony.store.history import (
    HistoryEntry,
)
from fusion_core.harmony.store.pair_file import (
    READABLE_VERSIONS,
    PairContents,
    render_pair,
)
from fusion_core.harmony.store.review import (
    REMARK_LIMIT,
    Remark,
    Review,
    ReviewStatus,
)
from fusion_core.harmony.store.store import (
    HarmonyStore,
    harmonies_folder,
    list_pairs,
    now,
)

__all__ = [
    "READABLE_VERSIONS",
    "REASON_LIMIT",
    "REMARK_LIMIT",
    "Decision",
    "Draft",
    "HarmonyStore",
    "HistoryEntry",
    "NoHarmony",
    "PairContents",
    "Remark",
    "Review",
    "ReviewStatus",
    "Verdict",
    "decide",
    "harmonies_folder",
    "list_pairs",
    "names_set_aside",
    "now",
    "render_pair",
    "user_folder",
]
