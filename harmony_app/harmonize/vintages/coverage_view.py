"""What is harmonized of a donor survey: a row per theme, a column per vintage of the recipient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fusion_core.errors import HarmonyError
from fusion_core.harmony.model import SurveyPair
from fusion_core.harmony.overview import Coverage, coverage
from fusion_core.harmony.store import HarmonyStore
from fusion_core.workspace.layout import Workspace
from harmony_app.harmonize.vintages.all_pairs import stored_contents
from harmony_app.harmonize.work import Actions, Message, OverviewHost, require_work
from harmony_app.shell.work import SlowWork


class CoverageView:
    """The part of the page that shows how far the work is.

    Parameters
    ----------
    host
        The page.
    """

    def __init__(self, host: OverviewHost) -> None:
        self._host = host
        self._slow_work = SlowWork(host.session.visitor)

    @property
    def actions(self) -> Actions:
        """What a message of each kind starts."""
        return {"coverage": self._show}

    def _show(self, message: Message) -> None:
        del message
        host, work = self._host, require_work(self._host)
        workspace, pair, donor = host.session.workspace, work.pair, work.surveys.donor.dictionary
        host.show_view("coverage")

        def count() -> dict[SurveyPair, tuple[Coverage, ...]]:
            found = {}
            for other in recipient_vintages(workspace, pair):
                try:
                    decided = HarmonyStore(workspace.path, other).decisions.set_aside()
                    found[other] = coverage(donor, stored_contents(workspace, other), decided)
                except HarmonyError:
                    continue  # opening that pair says what is wrong with its file
            return found

        self._slow_work.start(
            count,
            lambda found: host.browser.tell("coverage", **coverage_record(pair, found)),
            self._failed,
        )

    def _failed(self, error: Exception) -> None:
        raise error


def recipient_vintages(workspace: Workspace, pair: SurveyPair) -> list[SurveyPair]:
    """List the donor of a pair with every vintage of its recipient, by year."""
    return [
        SurveyPair(pair.donor, survey)
        for survey in sorted(workspace.survey_ids())
        if survey.name == pair.recipient.name
    ]


def coverage_record(
    pair: SurveyPair, found: Mapping[SurveyPair, tuple[Coverage, ...]]
) -> dict[str, Any]:
    """Describe the table; every pair counts the same variables, so they have the same themes."""
    rows: dict[str, dict[str, Any]] = {}
    for other, themes in found.items():
        for item in themes:
            row = rows.setdefault(
                item.theme, {"theme": item.theme, "total": item.total, "cells": {}}
            )
            row["cells"][str(other)] = {
                "done": item.harmonized,
                "aside": item.set_aside,
                "to_review": item.to_review,
                "needs_work": item.needs_work,
            }
    return {
        "pair": str(pair),
        "donor": pair.donor.title,
        "pairs": [{"id": str(other), "recipient": other.recipient.title} for other in found],
        "rows": list(rows.values()),
    }


__all__ = ["CoverageView", "coverage_record", "recipient_vintages"]
