"""The Begin place: how far a workspace is and what comes next; and the page where one is chosen."""

from harmony_app.begin.page import build
from harmony_app.begin.start import start_page

__all__ = ["build", "start_page"]
