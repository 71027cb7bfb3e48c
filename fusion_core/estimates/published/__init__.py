"""What is published of a donor in its place: tables margins follow from, and their files."""

from fusion_core.estimates.published.files import (
    has_published_donor,
    read_published_donor,
    write_published_donor,
)
from fusion_core.estimates.published.published_answers import PublishedAnswers
from fusion_core.estimates.published.published_donor import PublishedDonor
from fusion_core.estimates.published.tabulate import publish_donor

__all__ = [
    "PublishedAnswers",
    "PublishedDonor",
    "has_published_donor",
    "publish_donor",
    "read_published_donor",
    "write_published_donor",
]
