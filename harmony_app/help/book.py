"""The chapters of the guide, in reading order, and the place of the app each belongs to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "chapters"
PICTURES: Final = Path(__file__).parent / "pictures"
_HEADING: Final = re.compile(r"^(#{1,3}) +(.+?) *$", flags=re.MULTILINE)
_FENCE: Final = re.compile(r"^```.*?^```", flags=re.MULTILINE | re.DOTALL)
_NO_ANCHOR: Final = re.compile(r"[^\w\- ]")


@dataclass(frozen=True)
class Chapter:
    """A chapter of the guide.

    Attributes
    ----------
    name
        Its file without ``.md``, and its address below ``help/``.
    part
        The part of the guide it is listed under.
    place
        Path of the place of the app it explains; empty where it explains none.
    """

    name: str
    part: str
    place: str = ""

    @property
    def text(self) -> str:
        """The chapter in Markdown."""
        return _text_of(self.name)

    @property
    def title(self) -> str:
        """Its first heading."""
        return self.sections[0].heading

    @property
    def sections(self) -> tuple[Section, ...]:
        """Its sections, in their order; the first is what stands under the title."""
        return _sections_of(self.name)


@dataclass(frozen=True)
class Section:
    """What stands under one heading.

    Attributes
    ----------
    heading
        The heading.
    anchor
        Its place within the chapter's page; empty for the top.
    text
        The Markdown below it, up to the next heading.
    """

    heading: str
    anchor: str
    text: str


CHAPTERS: Final = (
    Chapter("start", "First steps", "begin"),
    Chapter("public_files", "First steps"),
    Chapter("two_donors", "First steps"),
    Chapter("surveys", "Place by place", "surveys"),
    Chapter("places", "Place by place", "places"),
    Chapter("harmonize", "Place by place", "harmonize"),
    Chapter("fuse", "Place by place", "fuse"),
    Chapter("validate", "Place by place", "validate"),
    Chapter("explore", "Place by place", "explore"),
    Chapter("margins", "In depth"),
    Chapter("survey_files", "In depth"),
    Chapter("small_areas", "In depth"),
    Chapter("publishing", "In depth"),
    Chapter("commands", "In depth"),
    Chapter("administration", "In depth"),
    Chapter("words", "In depth"),
)


def chapter_for(place: str) -> Chapter:
    """Return the chapter a place of the app opens; the first one where it has none."""
    return next((each for each in CHAPTERS if each.place == place), CHAPTERS[0])


def anchor_of(heading: str) -> str:
    """Return where a heading stands in its page, by the rule code hosts and MyST have in common."""
    return _NO_ANCHOR.sub("", heading.lower()).replace(" ", "-")


@cache  # package data do not change while the app runs
def _text_of(name: str) -> str:
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8")


@cache
def _sections_of(name: str) -> tuple[Section, ...]:
    text = _text_of(name)
    # A comment in a block of commands looks like a heading.
    blank = _FENCE.sub(lambda block: "·" * len(block[0]), text)
    headings = list(_HEADING.finditer(blank))
    ends = [*(each.start() for each in headings[1:]), len(text)]
    return tuple(
        Section(
            found[2].replace("`", ""),
            "" if number == 0 else anchor_of(found[2]),
            text[found.end() : end].strip(),
        )
        for number, (found, end) in enumerate(zip(headings, ends, strict=True))
    )


__all__ = ["CHAPTERS", "FOLDER", "PICTURES", "Chapter", "Section", "anchor_of", "chapter_for"]
