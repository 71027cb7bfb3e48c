"""Candidates for a donor variable: ranked by wording at once, by distributions a moment later."""

from __future__ import annotations

from fusion_core.errors import HarmonyError
from harmony_app.harmonize.work import Host
from harmony_app.shell.work import SlowWork


class Ranking:
    """The part of the page that compares the answers behind the candidates.

    Parameters
    ----------
    host
        The page.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._slow_work = SlowWork(host.session.visitor)

    def refine(self) -> None:
        """Compare the distributions for the chosen donor variable, once per variable."""
        host = self._host
        work, donor = host.work, host.state.donor
        if work is None or donor in work.fits:
            return

        def show(found: dict[str, float]) -> None:
            work.fits[donor] = found
            if found and host.work is work and host.state.donor == donor:
                host.show("subject")

        self._slow_work.start(lambda: work.find_fits(donor), show, self._report)

    def _report(self, error: Exception) -> None:
        if not isinstance(error, HarmonyError):
            raise error
        self._host.toast(
            f"The candidates are ranked by wording only: {error.message}", severity="error"
        )


__all__ = ["Ranking"]
