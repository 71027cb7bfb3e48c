"""What the search of the guide finds."""

import pytest

from harmony_app.help.book import CHAPTERS
from harmony_app.help.searching import search_guide


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_a_chapter_is_found_by_its_title(chapter):
    first = search_guide(chapter.title)[:3]
    assert chapter in [hit.chapter for hit in first]


def test_every_word_must_occur():
    assert search_guide("implicates zebra") == ()


def test_nothing_is_found_for_nothing():
    assert search_guide("  ?! ") == ()


def test_the_beginning_of_a_word_is_enough():
    assert search_guide("implic")


def test_a_typing_error_is_forgiven():
    assert [hit.section for hit in search_guide("implicaets")] == [
        hit.section for hit in search_guide("implicates")
    ]


def test_a_heading_comes_before_a_mention():
    assert search_guide("ranks")[0].section.heading in {
        "Ranks",
        "Margins, ranks and known answers",
    }


def test_extracts_are_short_plain_and_show_the_word():
    for hit in search_guide("recipient"):
        assert len(hit.extract) < 240
        assert "](" not in hit.extract
        assert "recipient" in (hit.extract + hit.section.heading).lower()
