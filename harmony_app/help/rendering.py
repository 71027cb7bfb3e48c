"""HTML of a chapter: Markdown in, links among chapters as addresses of the app out."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from harmony_app.help.book import anchor_of

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_SOURCE: Final = "https://"
_HEADINGS: Final = ("h1", "h2", "h3")


@cache
def chapter_html(text: str) -> str:
    """Return a chapter as HTML.

    Markup within the Markdown is shown, not heeded. Links to ``other.md`` lead to that chapter's
    page, and pictures are those of the app; links to other hosts open beside the app.

    Parameters
    ----------
    text
        The chapter in Markdown.
    """
    markdown = _markdown()
    tokens = markdown.parse(text)
    for position, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag in _HEADINGS:
            token.attrSet("id", anchor_of(tokens[position + 1].content))
        for child in token.children or ():
            _lead(child)
    return str(markdown.renderer.render(tokens, markdown.options, {}))


def _lead(token: Token) -> None:
    """Let a link or a picture lead to where the app has what it names."""
    if token.type == "link_open":
        address = str(token.attrs["href"])
        if address.startswith(_SOURCE):
            token.attrSet("target", "_blank")
            token.attrSet("rel", "noopener")
        else:
            page, mark, anchor = address.partition("#")
            token.attrSet("href", f"{page.removesuffix('.md')}{mark}{anchor}")
    elif token.type == "image":
        name = str(token.attrs["src"]).rpartition("/")[2]
        token.attrSet("src", f"pictures/{name}")
        token.attrSet("loading", "lazy")


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt  # only who asks for help waits for its import

    options: dict[str, Any] = {"html": False, "typographer": False}
    return MarkdownIt("commonmark", options).enable("table")


__all__ = ["chapter_html"]
