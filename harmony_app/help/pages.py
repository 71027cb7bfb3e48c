"""The guide's pages in the app: a chapter, the results of a search, and the pictures."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any, Final

from bokeh.server.views.auth_request_handler import AuthRequestHandler
from tornado.web import StaticFileHandler, authenticated

from fusion_core.html_templates import html_templates
from harmony_app.help.book import CHAPTERS, PICTURES, Chapter
from harmony_app.help.rendering import chapter_html
from harmony_app.help.searching import search_guide
from harmony_app.shell.session import THEME_COOKIE

_TEMPLATES: Final = Path(__file__).parent / "templates"
_STYLES: Final = (
    Path(__file__).parents[1] / "shell" / "assets" / "frame.css",
    Path(__file__).parent / "assets" / "help.css",
)
_LONGEST_QUERY: Final = 200


class HelpHandler(AuthRequestHandler):
    """Answers ``/help/`` and ``/help/<chapter>``, ``?q=`` with what a search finds.

    The guide asks for the same sign-in as the places and needs no workspace.
    """

    def initialize(self, **options: Any) -> None:
        """Take the prefix from the address table."""
        self._root: str = options.pop("root")
        super().initialize(**options)

    @authenticated
    async def get(self, name: str = "") -> None:
        """Send a page of the guide; instead of a chapter it has not, what a search for its name finds."""
        query = self.get_query_argument("q", "")[:_LONGEST_QUERY].strip()
        chapter = next((each for each in CHAPTERS if each.name == name), None)
        if name and chapter is None:
            self.set_status(404)
            query = query or name.replace("_", " ")
        elif not name and not query:
            self.redirect(f"{self._root}help/{CHAPTERS[0].name}")
            return
        dark = self.get_cookie(THEME_COOKIE) == "dark"
        self.write(help_page(chapter, query, theme="dark" if dark else "light", root=self._root))


def help_page(chapter: Chapter | None, query: str, *, theme: str, root: str) -> str:
    """Return a page of the guide.

    Parameters
    ----------
    chapter
        The chapter to show; ``None`` shows what the search finds.
    query
        What is searched for; it stands in the search field.
    theme
        ``light`` or ``dark``.
    root
        Address of the app's first page.
    """
    around = _around(chapter) if chapter is not None else (None, None)
    return (
        html_templates(_TEMPLATES)
        .get_template("help.html")
        .render(
            style="".join(path.read_text(encoding="utf-8") for path in _STYLES),
            theme=theme,
            root=root,
            parts=[(part, list(each)) for part, each in groupby(CHAPTERS, lambda item: item.part)],
            chapter=chapter,
            body=chapter_html(chapter.text) if chapter is not None else "",
            before=around[0],
            after=around[1],
            query=query,
            hits=search_guide(query) if query else (),
        )
    )


def help_patterns(prefix: str = "") -> list[tuple[str, type, dict[str, Any]]]:
    """Return the address table entries the server needs; `prefix` stands before every address."""
    return [
        (r"/help/pictures/([a-z0-9_-]+\.png)", StaticFileHandler, {"path": PICTURES}),
        (r"/help/?([a-z_]*)", HelpHandler, {"root": f"{prefix}/"}),
    ]


def _around(chapter: Chapter) -> tuple[Chapter | None, Chapter | None]:
    """Return the chapters before and after one."""
    position = CHAPTERS.index(chapter)
    before = CHAPTERS[position - 1] if position else None
    return before, CHAPTERS[position + 1] if position + 1 < len(CHAPTERS) else None


__all__ = ["HelpHandler", "help_page", "help_patterns"]
