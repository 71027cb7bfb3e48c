"""The guide: chapters in Markdown with pictures, which the app shows and the documentation builds on."""

from harmony_app.help.book import CHAPTERS, Chapter, chapter_for
from harmony_app.help.pages import help_patterns

__all__ = ["CHAPTERS", "Chapter", "chapter_for", "help_patterns"]
