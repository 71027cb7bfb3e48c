"""What a reader is: the files it takes, the editions it knows, and what it does with a request.

Every family of files has one, declared beside its code; `fusion_core.ingest.readers` lists them all,
and the command line and the import wizard build their fields from that list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fusion_core.errors import InputError
from fusion_core.ingest.generic import Choices
from fusion_core.surveys.model import Survey, SurveyId

Progress = Callable[[float, str], None]

TABLES: Final = (".csv", ".zip", ".gz", ".parquet")
"""Endings of the tables that statistical offices publish."""
_FIRST_YEAR, _LAST_YEAR = 1900, 2100
CODEBOOKS: Final = (".csv", ".xlsx")


@dataclass(frozen=True, slots=True)
class FileSlot:
    """A file a reader takes.

    Attributes
    ----------
    key, title
        Name in code and for people.
    required
        Whether the reader needs it.
    suffixes
        Endings of the files it accepts.
    help
        What to put there, in a sentence.
    """

    key: str
    title: str
    required: bool
    suffixes: tuple[str, ...]
    help: str = ""


@dataclass(frozen=True)
class ImportRequest:
    """What a user asks to import.

    Attributes
    ----------
    reader
        Key of the reader to use.
    files
        The files, by slot.
    name, vintage
        Name and vintage of the survey; ignored by readers that find them in the files.
    title
        Full name, optional.
    choices
        Corrections of what was inferred, for the generic reader; the encoding is that of both
        files.
    price_year
        Year whose prices dollar amounts are in, for the generic reader; 0 takes the year of the
        vintage, where it is one.
    """

    reader: str
    files: Mapping[str, Path]
    name: str = ""
    vintage: str = ""
    title: str = ""
    choices: Choices | None = None
    price_year: int = 0

    @property
    def survey(self) -> SurveyId:
        """Name and vintage the survey gets."""
        return SurveyId(self.name, self.vintage)


def check_price_year(year: int) -> int:
    """Return a year of prices, or 0 for none.

    Raises
    ------
    InputError
        If it is no year.
    """
    if year and not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise InputError(
            f"{year} is not a year that prices can be of",
            fix="Give four digits, such as 2017, or leave it out for the year of the vintage",
        )
    return year


@dataclass(frozen=True, slots=True)
class PublishedTotal:
    """How many households, or housing units, a statistical office says there are.

    Attributes
    ----------
    households
        The number.
    source
        Where it is published.
    tolerance
        Share by which the weights of the file may differ from it.
    """

    households: float
    source: str
    tolerance: float = 0.001


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader a user can choose.

    Attributes
    ----------
    key, title, help
        Name in code, for people, and what it reads.
    slots
        The files it takes.
    read
        Reads the files of a request; told how to say how far it is.
    name
        Survey name it proposes; empty when the user must say.
    names_itself
        Whether name and vintage stand in the files.
    takes_choices
        Whether a person can say what columns, weights and codes are.
    variance
        Replicate method, with its source.
    published
        Published totals by vintage, against which the weights are checked.
    """

    key: str
    title: str
    help: str
    slots: tuple[FileSlot, ...]
    read: Callable[[ImportRequest, Progress], Survey]
    name: str = ""
    names_itself: bool = False
    takes_choices: bool = False
    variance: str = ""
    published: Mapping[str, PublishedTotal] = field(default_factory=dict)

    def slot(self, key: str) -> FileSlot | None:
        """Return a slot by its key, ``None`` if the reader has none of that name."""
        return next((slot for slot in self.slots if slot.key == key), None)


def say_nothing(share: float, sentence: str) -> None:
    """Tell nobody how far reading is."""
