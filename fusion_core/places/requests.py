"""What every request to bring a table of areas to PUMAs says, and how its result is stored once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from fusion_core.errors import ConflictError

if TYPE_CHECKING:
    from fusion_core.surveys.model import SurveyId
    from fusion_core.workspace.layout import Workspace


@dataclass(frozen=True, kw_only=True)
class AreaRequest:
    """Which table of areas is meant, and which way it goes to PUMAs.

    Whatever is left out comes from the recipe, or from the file itself.

    Attributes
    ----------
    recipe
        Name of a recipe, or the path of one; empty for none.
    name, title, source
        Name of what is made, and words for people.
    vintage
        ``"always"``, a year or a range of years.
    level, census, key
        What the rows are about, which census defined these areas, and the columns of their codes.
    weight
        What counts in each area: ``"population"``, ``"housing"`` or a column of the table; empty for
        the best the way to PUMAs knows.
    crosswalks
        Files that lead from the areas to PUMAs.
    to_census
        Census whose PUMAs are wanted; empty takes that of the workspace's surveys.
    recipient
        Survey whose PUMAs, homes or answers are used; ``None`` takes the only one with PUMAs.
    encoding
        How text is written.
    """

    recipe: str = ""
    name: str = ""
    title: str = ""
    source: str = ""
    vintage: str = ""
    level: str = ""
    census: str = ""
    key: tuple[str, ...] = ()
    weight: str = ""
    crosswalks: tuple[Path, ...] = ()
    to_census: str = ""
    recipient: SurveyId | None = None
    encoding: str = "utf-8"


class _Named(Protocol):
    @property
    def name(self) -> str: ...


Made = TypeVar("Made", bound=_Named)


def store_made(
    workspace: Workspace,
    made: Made,
    *,
    what: str,
    path: Callable[[Workspace, str], Path],
    write: Callable[[Workspace, Made], None],
    may_replace: bool,
) -> Made:
    """Store what was made of a table of areas, unless its name is taken.

    Parameters
    ----------
    workspace, made
        Where to, and what.
    what
        The word for it in a sentence.
    path, write
        Where one of a name is stored, and how.
    may_replace
        Whether one of the same name is replaced.

    Raises
    ------
    ConflictError
        If there is one of this name that may not be replaced.
    """
    if path(workspace, made.name).exists() and not may_replace:
        raise ConflictError.taken(what, made.name, where=str(workspace.path))
    write(workspace, made)
    return made


__all__ = ["AreaRequest", "store_made"]
