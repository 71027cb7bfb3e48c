"""The table of all harmonies: of the open pair or of the whole workspace, and what is done to rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final, Literal

from fusion_core.errors import InputError
from fusion_core.harmony.model import Harmony, SurveyPair
from fusion_core.harmony.store import HarmonyStore
from fusion_core.surveys.model import SurveyId
from fusion_core.workspace.layout import Workspace
from harmony_app.harmonize.table._overview import table_rows
from harmony_app.harmonize.vintages import readable_sets, stored_contents, stored_dictionary
from harmony_app.harmonize.work import (
    Actions,
    ChangingPart,
    Message,
    OverviewHost,
    Status,
    Steps,
    harmony_statuses,
    messages,
    parse_pair,
)

Scope = Literal["pair", "all"]
ITEM_LIMIT: Final = 10_000
"""Rows one message may name; a workspace of thirty pairs has a thousand."""


class Tabling(ChangingPart):
    """The part of the page that shows the table and acts on its rows.

    Parameters
    ----------
    host
        The page.
    steps
        What was changed at once, to be undone at once.
    """

    def __init__(self, host: OverviewHost, steps: Steps) -> None:
        super().__init__(host, steps)
        self._scope: Scope = "pair"

    @property
    def actions(self) -> Actions:
        """What a message of each kind starts."""
        return {
            "table_scope": self._choose_scope,
            "open_row": self._open,
            "delete_rows": self._delete,
            "undo_step": self._undo,
        }

    def show(self, statuses: Mapping[str, Status]) -> None:
        """Show the rows of the open pair, or start to gather those of the workspace."""
        host, work = self._host, self._host.work
        if work is None:
            return
        rows = table_rows(
            work.pair,
            (work.saved | work.drafts).values(),
            statuses,
            (
                _texts(host.session.workspace, work.pair.donor),
                _texts(host.session.workspace, work.pair.recipient),
            ),
            work.review,
        )
        if self._scope == "pair":
            host.browser.show(table=_table(self._scope, rows))
            return
        workspace, user, own = host.session.workspace, host.session.visitor, work.pair

        def gather() -> list[dict[str, Any]]:
            return rows + _rows_elsewhere(workspace, user, own)

        def done(found: list[dict[str, Any]]) -> None:
            host.browser.show(table=_table("all", found))

        self._slow_work.start(gather, done, self._failed)

    def _choose_scope(self, message: Message) -> None:
        self._scope = "all" if message.get("scope") == "all" else "pair"
        if self._scope == "pair":
            self._slow_work.cancel()
        work = self._host.work
        if work is not None:
            self.show(work.statuses())

    def _open(self, message: Message) -> None:
        host, key = self._host, messages.text(message, "key")
        pair = parse_pair(messages.text(message, "pair"))
        if host.work is None or pair != host.work.pair:
            host.open_pair(pair)
        host.open_key(key)

    def _delete(self, message: Message) -> None:
        host = self._host
        steps = []
        count = drafts = 0
        for pair, keys in read_items(message).items():
            store = HarmonyStore(host.session.workspace.path, pair)
            saved, kept = store.load(), store.load_drafts(host.session.visitor)
            chosen = {key: found for key in keys if (found := saved.get(key)) is not None}
            step = self._steps.change(
                pair, dict.fromkeys(chosen), {key: item.revision for key, item in chosen.items()}
            )
            steps.append(step)
            count += len(step.after)
            drafts += sum(key in kept and key not in chosen for key in keys)
        host.refresh({(step.pair, key) for step in steps for key in step.after})
        if not count:
            raise InputError(
                "Nothing was deleted: only drafts are selected",
                fix="Open a draft and discard it there",
            )
        text = f"Deleted {count} harmon{'y' if count == 1 else 'ies'}."
        if drafts:
            text += f" {drafts} unsaved draft{'s' if drafts > 1 else ''} stayed."
        host.toast(text, undo=self._steps.remember(steps))


def read_items(message: Message) -> dict[SurveyPair, list[str]]:
    """Read the rows a message is about: keys by pair.

    Raises
    ------
    InputError
        If it names none, or not in the form of rows.
    """
    items = message.get("items")
    if not isinstance(items, list) or not items or len(items) > ITEM_LIMIT:
        raise InputError("No harmony is selected", fix="Tick rows of the table first")
    found: dict[SurveyPair, list[str]] = defaultdict(list)
    for item in items:
        if not isinstance(item, dict):
            raise InputError("The message lists no harmonies")
        found[parse_pair(messages.text(item, "pair"))].append(messages.text(item, "key"))
    return dict(found)


def _table(scope: Scope, rows: list[dict[str, Any]]) -> dict[str, Any]:
    titles = {row["pair"]: parse_pair(row["pair"]).title for row in rows}
    return {"scope": scope, "rows": rows, "titles": titles}


def _rows_elsewhere(workspace: Workspace, user: str, own: SurveyPair) -> list[dict[str, Any]]:
    """Return the rows of all pairs but the open one."""
    rows: list[dict[str, Any]] = []
    for item in readable_sets(workspace):
        if item.pair == own:
            continue
        store = HarmonyStore(workspace.path, item.pair)
        drafts: dict[str, Harmony] = {
            key: draft.harmony for key, draft in store.load_drafts(user).items()
        }
        shown = {harmony.key: harmony for harmony in item.harmonies} | drafts
        statuses = harmony_statuses(item.harmonies, drafts, ())
        texts = (_texts(workspace, item.pair.donor), _texts(workspace, item.pair.recipient))
        reviews = stored_contents(workspace, item.pair).review
        rows += table_rows(item.pair, shown.values(), statuses, texts, reviews)
    return rows


def _texts(workspace: Workspace, survey: SurveyId) -> dict[str, str]:
    dictionary = stored_dictionary(workspace, survey)
    return {name: item.description for name, item in dictionary.items()} if dictionary else {}


__all__ = ["Tabling", "read_items"]
