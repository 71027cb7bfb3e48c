"""Whatever text an object holds, its summary stays short, on its lines and free of markup."""

from dataclasses import dataclass
from html.parser import HTMLParser

from effort import examples
from hypothesis import given
from hypothesis import strategies as st

from fusion_core.summaries import Summarized, listed

LIMIT = 2_000


class Tags(HTMLParser):
    """Collects tags and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag, attrs):
        self.tags |= {tag, *(name for name, _ in attrs)}


@dataclass(frozen=True, repr=False)
class Thing(Summarized):
    name: str
    facts: dict[str, str]

    def _title(self):
        return self.name

    def _facts(self):
        return self.facts


@examples(100)
@given(st.text(), st.dictionaries(st.text(), st.text(), max_size=8))
def test_no_text_breaks_a_line_a_tag_or_the_limit(name, facts):
    thing = Thing(name, facts)
    assert len(repr(thing)) < LIMIT
    assert len(repr(thing).split("\n")) <= 1 + len(facts)
    assert all(part.isprintable() for part in repr(thing).split("\n"))
    outline = Tags()
    outline.feed(thing._repr_html_())
    assert outline.tags <= {"table", "caption", "tr", "th", "td", "style"}


@examples(50)
@given(st.lists(st.text(max_size=60), max_size=40))
def test_a_list_of_names_says_how_many_there_are(names):
    assert listed(names).startswith(f"{len(names):,}")
    assert len(listed(names)) < 200
