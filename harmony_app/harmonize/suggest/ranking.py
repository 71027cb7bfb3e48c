"""Candidates for a donor variable: ranked by wording at once, by distributions a moment later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusion_core.errors import HarmonyError
from harmony_app.shell.work import LatestWork

if TYPE_CHECKING:
    from harmony_app.harmonize.page import HarmonizePage


class Ranking:
    """The part of the page that compares the answers behind the candidates.

    Parameters
    ----------
    page
        The page.
    """

    def __init__(self, page: HarmonizePage) -> None:
        self._page = page
        self._background = LatestWork()

    def refine(self) -> None:
        """Compare the distributions for the chosen donor variable, once per variable."""
        page = self._page
        work, donor = page.work, page.state.donor
        if work is None or not page.is_loaded or donor in work.fits:
            return

        def show(found: dict[str, float]) -> None:
            work.fits[donor] = found
            if found and page.work is work and page.state.donor == donor:
                page.screen.show_subject(work, page.state)

        self._background.start(lambda: work.find_fits(donor), show, self._report)

    def _report(self, error: Exception) -> None:
        if not isinstance(error, HarmonyError):
            raise error
        self._page.toast(
            f"The candidates are ranked by wording only: {error.message}", severity="error"
        )


__all__ = ["Ranking"]
