"""Data sets of single runs and of combinations alike: published, checked and opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from fusion_core.arguments import PathLike, path_of
from fusion_core.publishing.combined import (
    OpenedCombination,
    PublishedCombination,
    is_published_combination,
    open_combined,
    publish_combination,
    read_combination,
)
from fusion_core.publishing.opening import Opened, open_published
from fusion_core.publishing.publish import publish_run
from fusion_core.publishing.published_folder import Publication, check_folder, is_published
from fusion_core.workspace.combinations import Combination

if TYPE_CHECKING:
    from pathlib import Path

    from fusion_core.publishing.documents import Terms
    from fusion_core.surveys.model import SurveyId
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run

Progress = Callable[[float, str], None]


def publish(
    workspace: Workspace,
    source: Run | Combination,
    to: PathLike,
    *,
    terms: Terms | None = None,
    with_recipient: bool = True,
    progress: Progress | None = None,
) -> Publication | PublishedCombination:
    """Publish a run or a combination; see `publish_run` and `publish_combination`."""
    if isinstance(source, Combination):
        return publish_combination(
            workspace, source, to, terms=terms, with_recipient=with_recipient, progress=progress
        )
    return publish_run(
        workspace, source, to, terms=terms, with_recipient=with_recipient, progress=progress
    )


def open_data_set(
    workspace: Workspace,
    source: PathLike,
    *,
    recipient: SurveyId | None = None,
    name: str = "",
    progress: Progress | None = None,
) -> Opened | OpenedCombination:
    """Open what was published of a run or a combination; see `open_published` and `open_combined`."""
    opens = open_combined if is_published_combination(source) else open_published
    return opens(workspace, source, recipient=recipient, name=name, progress=progress)


def check_data_set(source: PathLike) -> None:
    """Refuse a folder that holds no data set, or one that was altered.

    Raises
    ------
    InputError, CorruptFileError
        As `check_folder` and `read_combination`.
    """
    folder = path_of(source, "source")
    if not is_published_combination(folder):
        check_folder(folder)
        return
    for item in read_combination(folder)["parts"]:
        check_folder(folder / str(item["folder"]))


def published_in(folder: Path) -> list[Path]:
    """Return the data sets in a folder of publications, the newest first."""
    if not folder.is_dir():
        return []
    found = [
        item for item in folder.iterdir() if is_published(item) or is_published_combination(item)
    ]
    return sorted(found, key=lambda item: item.stat().st_mtime, reverse=True)


__all__ = ["check_data_set", "open_data_set", "publish", "published_in"]
