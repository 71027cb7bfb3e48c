"""A fused data set for others: published as a folder, opened elsewhere, and made again."""

from fusion_core.publishing.answer_sheet import AnswerSheet, answer_sheet
from fusion_core.publishing.combined import (
    OpenedCombination,
    PublishedCombination,
    is_published_combination,
    open_combined,
    publish_combination,
    read_combination,
)
from fusion_core.publishing.data_sets import (
    check_data_set,
    open_data_set,
    publish,
    published_in,
)
from fusion_core.publishing.documents import Terms
from fusion_core.publishing.opening import Opened, open_published
from fusion_core.publishing.publish import publish_run
from fusion_core.publishing.published_folder import Publication, check_folder
from fusion_core.publishing.repeating import (
    RepeatedCombination,
    Repetition,
    repeat_combination,
    repeat_run,
)

__all__ = [
    "AnswerSheet",
    "Opened",
    "OpenedCombination",
    "Publication",
    "PublishedCombination",
    "RepeatedCombination",
    "Repetition",
    "Terms",
    "answer_sheet",
    "check_data_set",
    "check_folder",
    "is_published_combination",
    "open_combined",
    "open_data_set",
    "open_published",
    "publish",
    "publish_combination",
    "publish_run",
    "published_in",
    "read_combination",
    "repeat_combination",
    "repeat_run",
]
