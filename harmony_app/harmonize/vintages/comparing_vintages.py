"""Comparing vintages on the page: where a harmony exists, where it says something else, and how."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fusion_core.errors import InputError
from fusion_core.harmony.model import Harmony, SurveyPair
from fusion_core.harmony.overview import VintageRow, vintage_matrix
from harmony_app.harmonize.vintages._transfer_records import comparison_record
from harmony_app.harmonize.vintages.all_pairs import (
    related_sets,
    stored_dictionary,
    transfer_between,
)
from harmony_app.harmonize.work import (
    Actions,
    Message,
    OverviewHost,
    OverviewPart,
    VintageTask,
    messages,
    parse_pair,
    require_work,
)


class ComparingVintages(OverviewPart):
    """The part of the page that compares vintages.

    Parameters
    ----------
    host
        The page.
    """

    def __init__(self, host: OverviewHost) -> None:
        super().__init__(host)
        self._rows: tuple[VintageRow, ...] = ()

    @property
    def actions(self) -> Actions:
        """What a message of each kind starts."""
        return {
            "compare_vintages": self._compare,
            "vintage_cell": self._show_cell,
            "take_grouping": self._take_grouping,
        }

    def _compare(self, message: Message) -> None:
        host, work = self._host, require_work(self._host)
        workspace = host.session.workspace
        task = VintageTask(keys=messages.names(message.get("keys")))
        keys, pair = set(task.keys), work.pair
        host.show_view("compare", task)

        def compute() -> tuple[list[SurveyPair], tuple[VintageRow, ...]]:
            sets = related_sets(workspace, pair)
            rows = vintage_matrix(
                sets, lambda survey: stored_dictionary(workspace, survey), keys=keys
            )
            return [item.pair for item in sets if item.harmonies or item.pair == pair], rows

        def done(found: tuple[list[SurveyPair], tuple[VintageRow, ...]]) -> None:
            self._rows = found[1]
            host.browser.tell("vintages", **matrix_record(pair, *found))

        self._slow_work.start(compute, done, self._failed)

    def _show_cell(self, message: Message) -> None:
        row, pair = self._find(message)
        cell = row.cells[pair]
        if cell.comparison is None:
            raise InputError("This is the harmony the others are compared with")
        self._host.browser.tell(
            "vintage_cell",
            row=message.get("row"),
            pair=str(pair),
            here=row.reference.title,
            there=pair.title,
            **comparison_record(cell.comparison),
        )

    def _take_grouping(self, message: Message) -> None:
        """Open the harmony of the open pair with the grouping of another vintage as a draft."""
        host, work = self._host, require_work(self._host)
        row, pair = self._find(message)
        harmony = row.cells[pair].harmony
        workspace = host.session.workspace
        (transferred,) = transfer_between(workspace, pair, work.pair, (harmony,)).harmonies
        if transferred.harmony is None:
            raise InputError(f"It cannot be taken over: {transferred.reason}")
        host.open_key(transferred.harmony.key)
        current = host.state.current
        if current is not None:
            taken = transferred.harmony
            host.edit(_with_bookkeeping(taken, current))
        host.toast(f"The grouping of {pair.title} is your draft; save it to keep it.")

    def _find(self, message: Message) -> tuple[VintageRow, SurveyPair]:
        row = messages.whole(message.get("row"), "The row")
        pair = parse_pair(messages.text(message, "pair"))
        if not 0 <= row < len(self._rows) or pair not in self._rows[row].cells:
            raise InputError("There is no such harmony to compare with", fix="Compare again")
        return self._rows[row], pair


def _with_bookkeeping(harmony: Harmony, current: Harmony) -> Harmony:
    return replace(
        harmony, author=current.author, modified=current.modified, revision=current.revision
    )


def matrix_record(
    pair: SurveyPair, pairs: list[SurveyPair], rows: tuple[VintageRow, ...]
) -> dict[str, Any]:
    """Describe the matrix: a column per vintage, the open pair first, and a row per concept."""
    return {
        "pair": str(pair),
        "pairs": [
            {
                "id": str(item),
                "title": item.title,
                "donor": item.donor.title,
                "recipient": item.recipient.title,
            }
            for item in pairs
        ],
        "rows": [
            {
                "key": row.harmony.key,
                "reference": str(row.reference),
                "differs": row.differs,
                "cells": {
                    str(where): {
                        "key": cell.harmony.key,
                        "verdict": cell.comparison.verdict if cell.comparison else "reference",
                        "text": cell.comparison.sentence if cell.comparison else "",
                    }
                    for where, cell in row.cells.items()
                },
            }
            for row in rows
        ],
    }


__all__ = ["ComparingVintages", "matrix_record"]
