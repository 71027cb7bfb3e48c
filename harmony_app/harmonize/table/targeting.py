"""One recipient variable as all surveys answer it: seen in one table, and changed there."""

from __future__ import annotations

from typing import Any, Final

from fusion_core.errors import InputError
from fusion_core.harmony.model import DROP, GroupCode, Harmony, SideName, SurveyPair
from fusion_core.harmony.overview import (
    TargetColumn,
    TargetPlace,
    TargetTable,
    regroup,
    target_table,
    target_variables,
)
from fusion_core.harmony.store import HarmonyStore
from harmony_app.harmonize.vintages import readable_sets, stored_dictionary
from harmony_app.harmonize.work import (
    Actions,
    ChangingPart,
    Message,
    VintageTask,
    messages,
    parse_pair,
    require_work,
)

_PLACES_AT_MOST: Final = 1_000


class Targeting(ChangingPart):
    """The part of the page that shows a recipient variable across surveys and changes it there."""

    @property
    def actions(self) -> Actions:
        """What a message of each kind starts."""
        return {"target": self._show, "target_set": self._set, "target_undo": self._undo}

    def _show(self, message: Message) -> None:
        variable = messages.text(message, "variable")
        self._host.show_view("target", VintageTask(other=variable))
        self._tell(variable)

    def _tell(self, variable: str) -> None:
        host, work = self._host, require_work(self._host)
        workspace, recipient = host.session.workspace, work.pair.recipient

        def compute() -> dict[str, Any]:
            sets = readable_sets(workspace)
            variables = target_variables(sets)
            wanted = variable if variable in variables else next(iter(variables), "")
            texts = {
                name: item.description
                for survey in dict.fromkeys([recipient, *(item.pair.recipient for item in sets)])
                for name, item in (stored_dictionary(workspace, survey) or {}).items()
            }
            return _record(target_table(sets, wanted), variables, texts)

        self._slow_work.start(
            compute, lambda found: host.browser.tell("target", **found), self._failed
        )

    def _set(self, message: Message) -> None:
        """Put answers into another group in every harmony of a column."""
        host = self._host
        places, side = _places(message), messages.side(message)
        answers = [str(item) for item in messages.names(message.get("answers"))]
        group = _group(message.get("group"))
        if not answers:
            raise InputError("The message names no answers")
        changes = {
            pair: self._changes(pair, revisions, side, answers, group)
            for pair, revisions in places.items()
        }  # all are known to be possible before the first is made
        steps = [
            self._steps.change(pair, changes[pair], revisions) for pair, revisions in places.items()
        ]
        count = sum(len(step.after) for step in steps)
        wanted = sum(len(revisions) for revisions in places.values())
        host.refresh({(step.pair, key) for step in steps for key in step.after})
        if not count:
            raise InputError(
                "Someone else changed these harmonies meanwhile, so nothing was changed",
                fix="Look at the table again, which is up to date now",
            )
        text = f"Changed {count} harmon{'y' if count == 1 else 'ies'}."
        if count < wanted:
            text += f" {wanted - count} that someone else changed in the meantime were left as they are."
        undo = self._steps.remember(steps)
        host.toast(text, undo={**undo, "kind": "target_undo"})
        self._tell(host.state.task.other)

    def _changes(
        self,
        pair: SurveyPair,
        revisions: dict[str, int],
        side: SideName,
        answers: list[str],
        group: GroupCode,
    ) -> dict[str, Harmony | None]:
        session = self._host.session
        store = HarmonyStore(session.workspace.path, pair)
        saved, drafts = store.load(), store.load_drafts(session.visitor)
        changes: dict[str, Harmony | None] = {}
        for key in revisions:
            if key in drafts:
                raise InputError(
                    f"You have an unsaved draft of '{key}'",
                    where=pair.title,
                    fix="Save or discard it first",
                )
            harmony = saved.get(key)
            if harmony is not None:
                changes[key] = regroup(harmony, side, answers, group)
        return changes

    def _undo(self, message: Message) -> None:
        super()._undo(message)
        if self._host.state.view == "target":
            self._tell(self._host.state.task.other)


def _places(message: Message) -> dict[SurveyPair, dict[str, int]]:
    """Read the harmonies a message is about: revisions by key by pair."""
    items = message.get("places")
    if not isinstance(items, list) or not items or len(items) > _PLACES_AT_MOST:
        raise InputError("The message names no harmonies")
    found: dict[SurveyPair, dict[str, int]] = {}
    for item in items:
        if not isinstance(item, dict):
            raise InputError("The message names no harmonies")
        pair = parse_pair(messages.text(item, "pair"))
        revision = messages.whole(item.get("revision"), "The revision")
        found.setdefault(pair, {})[messages.text(item, "key")] = revision
    return found


def _group(value: object) -> GroupCode:
    return DROP if value == DROP else messages.group(value)


def _record(table: TargetTable, variables: dict[str, int], texts: dict[str, str]) -> dict[str, Any]:
    return {
        "variable": table.variable,
        "description": texts.get(table.variable, ""),
        "variables": [[name, count, texts.get(name, "")] for name, count in variables.items()],
        "columns": [_column(column) for column in table.columns],
        "rows": [{"labels": list(row.labels), "keys": list(row.keys)} for row in table.rows],
        "numbers": [_place(place) for place in table.as_number],
    }


def _column(column: TargetColumn) -> dict[str, Any]:
    return {
        "donor": column.donor.title,
        "variable": column.variable,
        "recode": column.recode,
        "places": [_place(place) for place in column.places],
        "groups": [
            {"code": group.code, "name": group.name, "answers": list(group.answers)}
            for group in column.groups
        ],
        "open": list(column.open_answers),
        "cells": dict(column.cells),
    }


def _place(place: TargetPlace) -> dict[str, Any]:
    return {
        "pair": str(place.pair),
        "title": place.pair.title,
        "recipient": place.pair.recipient.title,
        "key": place.key,
        "revision": place.revision,
    }


__all__ = ["Targeting"]
