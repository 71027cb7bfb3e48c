"""What lets several people, and several windows of one, work on the same harmonies safely."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harmony_app.harmonize.team._colleagues import Colleagues, notice
from harmony_app.harmonize.team._conflicts import Conflicts
from harmony_app.harmonize.team._drafting import Drafting
from harmony_app.harmonize.team._history_view import Past
from harmony_app.harmonize.team._saving import Saving
from harmony_app.harmonize.team.reviewing import Reviewing, review_record
from harmony_app.harmonize.work import Actions, by_kind

if TYPE_CHECKING:
    from harmony_app.harmonize.page import HarmonizePage


class Teamwork:
    """Saving, drafts, conflicts, history, review, and what others do, for one page.

    Parameters
    ----------
    page
        The page.
    """

    def __init__(self, page: HarmonizePage) -> None:
        self._page = page
        self._drafting = Drafting(page)
        self._colleagues = Colleagues(page)
        conflicts = Conflicts(page)
        saving = Saving(page, conflicts)
        conflicts.save = saving.write
        self.actions: Actions = by_kind(
            saving.actions,
            conflicts.actions,
            Past(page).actions,
            Reviewing(page).actions,
            self._colleagues.actions,
        )

    def keep(self) -> None:
        """Keep the current harmony as a draft if it says something that is not saved."""
        self._drafting.keep()

    def opened(self) -> None:
        """Take notice of what is on disk when a harmony is opened."""
        self._colleagues.opened()

    def watch(self) -> None:
        """Take notice of what others do from now on."""
        self._colleagues.watch()

    def look(self) -> None:
        """Take notice of what others did since the last look."""
        self._colleagues.look()

    def show(self) -> None:
        """Show where the review stands, and what the person should know about others."""
        work, key = self._page.work, self._page.state.key
        if work is None or not key:
            self._page.desk.show(teamwork=None)
            return
        notices = self._colleagues.notices()
        if self._drafting.problem:
            notices.insert(
                0, notice("warn", f"Your edits are not kept as a draft. {self._drafting.problem}")
            )
        self._page.desk.show(
            teamwork={
                "key": key,
                "notices": notices,
                "is_kept": not self._drafting.problem,
                "review": review_record(work, key),
            }
        )
