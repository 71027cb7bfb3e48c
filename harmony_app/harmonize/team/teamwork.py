"""What lets several people, and several windows of one, work on the same harmonies safely."""

from __future__ import annotations

from harmony_app.harmonize.team._colleagues import Colleagues, notice
from harmony_app.harmonize.team._conflicts import Conflicts
from harmony_app.harmonize.team._drafting import Drafting
from harmony_app.harmonize.team._history_view import HistoryView
from harmony_app.harmonize.team._saving import Saving
from harmony_app.harmonize.team.deciding import Deciding
from harmony_app.harmonize.team.reviewing import Reviewing, review_record
from harmony_app.harmonize.work import Actions, Host, by_kind


class Teamwork:
    """Saving, drafts, conflicts, history, review, and what others do, for one page.

    Parameters
    ----------
    host
        The page.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._drafting = Drafting(host)
        self._colleagues = Colleagues(host, self.show)
        conflicts = Conflicts(host, self.save)
        self._saving = Saving(host, show_conflict=conflicts.show, opened=self.opened)
        self.actions: Actions = by_kind(
            self._saving.actions,
            conflicts.actions,
            HistoryView(host).actions,
            Reviewing(host).actions,
            Deciding(host).actions,
            self._colleagues.actions,
        )

    def keep(self) -> None:
        """Keep the current harmony as a draft if it says something that is not saved."""
        self._drafting.keep()

    def save(self) -> None:
        """Save the current harmony, or show what someone else saved first."""
        self._saving.write()

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
        work, key = self._host.work, self._host.state.key
        if work is None or not key:
            self._host.browser.show(teamwork=None)
            return
        notices = self._colleagues.notices()
        if self._drafting.problem:
            notices.insert(
                0, notice("warn", f"Your edits are not kept as a draft. {self._drafting.problem}")
            )
        self._host.browser.show(
            teamwork={
                "key": key,
                "notices": notices,
                "is_kept": not self._drafting.problem,
                "review": review_record(work, key),
            }
        )
