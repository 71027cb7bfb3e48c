"""The independent table that is chosen, called something else or removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import panel as pn

from fusion_core.errors import HarmonyError
from fusion_core.workspace.independent_tables import put_back, remove_table, rename_table
from harmony_app.shell.look import page_part

if TYPE_CHECKING:
    from collections.abc import Callable

    from fusion_core.workspace.independent_tables import RemovedTable, StoredTable
    from harmony_app.shell.session import Session

_WIDE: Final[dict[str, Any]] = {"sizing_mode": "stretch_width"}
_TIGHT: Final = (0, 0, 7, 0)


class KeptTables:
    """What can be done to the table that estimates are compared with.

    Parameters
    ----------
    session
        Who looks.
    changed
        Called when tables have another title, are fewer, or one is back.
    styles
        Style sheets of the HTML panes.
    """

    def __init__(self, session: Session, changed: Callable[[], None], styles: list[str]) -> None:
        self._session = session
        self._changed = changed
        self._table: StoredTable | None = None
        self._removed: RemovedTable | None = None
        self.rename = pn.widgets.Button(label="Rename table", margin=_TIGHT, **_WIDE)
        self.remove = pn.widgets.Button(label="Remove table", margin=_TIGHT, **_WIDE)
        self.title = pn.widgets.TextInput(
            label="Title of the table", visible=False, margin=_TIGHT, **_WIDE
        )
        self.message = pn.pane.HTML("", visible=False, margin=_TIGHT, stylesheets=styles, **_WIDE)
        self.undo = pn.widgets.Button(label="Undo", visible=False, margin=_TIGHT, **_WIDE)
        self._buttons = pn.Column(self.rename, self.remove, margin=0, visible=False, **_WIDE)
        self.panel = pn.Column(
            self._buttons, self.title, self.message, self.undo, margin=0, **_WIDE
        )
        self.rename.on_click(lambda _: self._ask_title())
        self.remove.on_click(lambda _: self._try(self._remove))
        self.undo.on_click(lambda _: self._try(self._put_back))
        self.title.param.watch(self._typed, "value")

    def show(self, table: StoredTable | None) -> None:
        """Offer what can be done to a table; nothing while none is chosen.

        Parameters
        ----------
        table
            The one that estimates are compared with.
        """
        if table is not self._table:
            self._table, self.title.visible = table, False
            if table is not None:  # another is looked at: what was removed before is settled
                self._tell("", removed=None)
        self._buttons.visible = table is not None and self._session.may("runner")

    def _ask_title(self) -> None:
        if self._table is None:
            return
        with pn.io.hold():
            self.title.visible = not self.title.visible
            self.title.value = self._table.title

    def _typed(self, event: Any) -> None:
        table = self._table
        if table is None or not self.title.visible or event.new.strip() == table.title:
            return

        def work() -> None:
            self._session.require("runner", "Renaming a table")
            rename_table(self._session.workspace, table.name, event.new)
            self._session.record("table renamed", table=table.name)
            self.title.visible = False
            self._tell("", removed=None)
            self._changed()

        self._try(work)

    def _remove(self) -> None:
        table = self._table
        if table is None:
            return
        self._session.require("runner", "Removing a table")
        removed = remove_table(self._session.workspace, table.name)
        self._session.record("table removed", table=table.name)
        self._changed()
        self._tell(f"Removed “{table.title}” from the workspace.", removed=removed)

    def _put_back(self) -> None:
        if self._removed is None:
            return
        self._session.require("runner", "Keeping a table")
        put_back(self._session.workspace, self._removed)
        self._session.record("table kept", table=self._removed.table.name)
        title = self._removed.table.title
        self._changed()
        self._tell(f"“{title}” is back; choose it above.", removed=None)

    def _try(self, work: Callable[[], None]) -> None:
        try:
            work()
        except HarmonyError as error:
            self.message.object = page_part("line", "div", "error", error.message, "alert")
            self.message.visible = True

    def _tell(self, text: str, *, removed: RemovedTable | None) -> None:
        self._removed = removed
        self.message.object = page_part("line", "div", "told", text, "status") if text else ""
        self.message.visible = bool(text)
        self.undo.visible = removed is not None


__all__ = ["KeptTables"]
