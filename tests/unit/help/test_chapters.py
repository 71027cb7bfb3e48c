"""The guide is whole: its chapters, links, pictures and commands are there."""

import re
import shlex
from collections import Counter

import pytest
from typer.testing import CliRunner

from fusion_core.cli.main import app
from harmony_app.help.book import CHAPTERS, FOLDER, PICTURES, anchor_of, chapter_for
from harmony_app.help.rendering import chapter_html
from harmony_app.serve import PLACES

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^```sh\n(.*?)^```|((?:^ {4}[^\n]*\n|^\n)+)", flags=re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    """All commands that stand in blocks of their own, continued lines joined."""
    blocks = [a or b for chapter in CHAPTERS for a, b in BLOCK.findall(chapter.text)]
    lines = [line.strip() for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [line for line in lines if line.startswith("harmony ")]


def test_every_file_is_a_chapter_and_every_chapter_a_file():
    assert {path.stem for path in FOLDER.glob("*.md")} == {each.name for each in CHAPTERS}


def test_every_place_has_its_chapter():
    assert {chapter_for(place.path).place for place in PLACES} == {place.path for place in PLACES}


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_links_lead_to_sections_that_are_there(chapter):
    known = {each.name: {section.anchor for section in each.sections} for each in CHAPTERS}
    for target in LINK.findall(chapter.text):
        if target.startswith("https://"):
            continue
        page, _, anchor = target.partition("#")
        assert page.endswith(".md"), target
        assert page.removesuffix(".md") in known, target
        assert anchor in known[page.removesuffix(".md")], target


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_headings_of_a_chapter_are_told_apart(chapter):
    anchors = Counter(section.anchor for section in chapter.sections)
    assert [anchor for anchor, times in anchors.items() if times > 1] == []


def test_pictures_are_there_have_a_description_and_are_all_used():
    used = [found for chapter in CHAPTERS for found in PICTURE.findall(chapter.text)]
    assert all(description for description, _ in used)
    assert {path.removeprefix("../pictures/") for _, path in used} == {
        path.name for path in PICTURES.iterdir()
    }


def test_commands_are_found():
    assert len(commands()) > 30


@pytest.mark.parametrize("line", commands())
def test_commands_exist_with_the_options_shown(line):
    words = shlex.split(line, comments=True)[1:]
    depth = 2 if words[0] in GROUPS else 1
    shown = CliRunner().invoke(app, [*words[:depth], "--help"], terminal_width=200)
    assert shown.exit_code == 0, shown.output
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown.output)
    for option in words[depth:]:
        if re.fullmatch(r"--?[a-z][a-z-]*", option):
            assert re.search(rf"(?<![\w-]){option}(?![\w-])", plain), option


GROUPS = frozenset(
    {"survey", "harmonies", "places", "recipe", "small-areas", "figure", "users", "config"}
)


def test_markup_in_a_chapter_is_shown_and_not_heeded():
    shown = chapter_html("# A\n\n<script>alert(1)</script> & <b>bold</b>")
    assert "<script>" not in shown
    assert "&lt;b&gt;" in shown


def test_links_to_chapters_become_addresses_of_the_app_and_others_open_beside_it():
    shown = chapter_html("[a](fuse.md#how) ![p](../pictures/fuse.png) [w](https://example.org)")
    assert 'href="fuse#how"' in shown
    assert 'src="pictures/fuse.png"' in shown
    assert 'target="_blank" rel="noopener"' in shown


def test_headings_can_be_led_to():
    assert anchor_of("What it `means`, for areas") == "what-it-means-for-areas"
    assert '<h2 id="after-that">' in chapter_html("## After that")
