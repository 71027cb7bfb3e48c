"""Harmony files in: uploaded, compared with the workspace, reported, and only then saved."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from fusion_core.errors import HarmonyError, InputError
from fusion_core.harmony.exchange import (
    Outcome,
    PlannedEntry,
    PlannedFile,
    carry_out,
    plan_import,
)
from fusion_core.spreadsheets import csv_text
from fusion_core.surveys.model import Dictionary, SurveyId
from fusion_core.workspace.layout import Workspace
from harmony_app.harmonize.exchange._exporting import Exports
from harmony_app.harmonize.work import (
    Actions,
    Message,
    OverviewHost,
    failure_words,
    messages,
    progress_teller,
)
from harmony_app.shell.inbox import Inbox, InboxOfSeveral, Transfer
from harmony_app.shell.sending import not_received
from harmony_app.shell.uploads import UploadFolder
from harmony_app.shell.work import SlowWork

FILE_LIMIT: Final = 8_000_000
"""Bytes of one file; the largest published one is under 130,000."""

FILES_LIMIT: Final = 200

TOGETHER_LIMIT: Final = 50_000_000
"""Bytes of the files of one import, which are in memory until they are saved."""

_FILE_NAME: Final = re.compile(r".+\.(?:[Rr]|json)")


class Exchange:
    """The part of the page that takes harmony files in, and gives them out.

    Parameters
    ----------
    host
        The page.
    """

    def __init__(self, host: OverviewHost) -> None:
        self._host = host
        self._exports = Exports(host)
        self._slow_work = SlowWork(host.session.visitor)
        self._folder: UploadFolder | None = None
        self._inbox: Inbox | None = None
        self._sent: list[Path] = []
        self._plans: list[PlannedFile] = []
        self._outcomes: list[Mapping[int, Outcome]] = []

    @property
    def actions(self) -> Actions:
        """What a message of each kind starts."""
        own = {
            "import_begin": self._begin,
            "import_sent": self._plan,
            "import_run": self._run,
            "import_cancel": self._cancel,
            "import_report": self._send_report,
        }
        return messages.by_kind(own, self._exports.actions)

    def _begin(self, message: Message) -> None:
        """Tell the browser where to send the files of an import."""
        del message
        self._forget()
        session = self._host.session
        self._folder = session.upload_folder()
        self._inbox = InboxOfSeveral(
            self._folder.path,
            lambda cookies: session.sent(cookies) and session.may("harmonizer"),
            self._hear,
            limit=FILE_LIMIT,
            most=FILES_LIMIT,
            together=TOGETHER_LIMIT,
        )
        self._host.browser.tell("import_ready", key=session.uploads.open(self._inbox))

    def _hear(self, state: Transfer) -> None:
        if state.error is not None:
            self._forget()
            self._fail(not_received(self._host.session, state.name, state.error))
        elif state.file is not None and state.file.exists():  # not of an import given up since
            self._sent.append(state.file)

    def _plan(self, message: Message) -> None:
        """Compare the files that were sent, once the browser has sent the last one."""
        del message
        if not self._sent:
            raise InputError("There are no files to import", fix="Choose the files again")
        workspace, files = self._host.session.workspace, tuple(self._sent)
        tell = progress_teller(self._host.browser, "import_progress")
        self._slow_work.start(
            lambda: plan_files(workspace, files, tell), self._show_plan, self._fail
        )

    def _show_plan(self, plans: list[PlannedFile]) -> None:
        self._forget()
        self._plans = plans
        self._host.browser.tell("import_plan", files=[file_record(plan) for plan in plans])

    def _run(self, message: Message) -> None:
        """Save what was decided per file: left out, only what is new, or the file's version."""
        if not self._plans:
            raise InputError("There are no files to import", fix="Choose the files again")
        choices = message.get("choices")
        if not isinstance(choices, list) or len(choices) != len(self._plans):
            raise InputError("The choices do not fit the files", fix="Choose the files again")
        plans, host = tuple(self._plans), self._host
        folder, author = host.session.workspace.path, host.session.user
        tell = progress_teller(host.browser, "import_progress")

        def save() -> tuple[list[PlannedFile], list[Mapping[int, Outcome]]]:
            done, outcomes = [], []
            for place, (plan, choice) in enumerate(zip(plans, choices, strict=True)):
                tell(place / len(plans), f"Saving {plan.name}")
                saved, outcome = _carried_out(plan, str(choice), folder, author)
                done.append(saved)
                outcomes.append(outcome)
            return done, outcomes

        self._slow_work.start(save, self._show_outcome, self._fail)

    def _show_outcome(self, result: tuple[list[PlannedFile], list[Mapping[int, Outcome]]]) -> None:
        self._plans, self._outcomes = result
        changed = {
            plan.pair
            for plan, outcome in zip(*result, strict=True)
            if set(outcome.values()) & {"added", "replaced"}
        }
        host = self._host
        if host.work is not None and host.work.pair in changed:
            host.open_pair(host.work.pair)
        elif changed:
            host.show("place")
        host.browser.tell(
            "import_done",
            files=[file_record(plan, outcome) for plan, outcome in zip(*result, strict=True)],
        )

    def _fail(self, error: Exception) -> None:
        self._host.browser.tell("import_failed", message=failure_words(error))

    def _cancel(self, message: Message) -> None:
        del message
        self._slow_work.cancel()
        self._forget()

    def _forget(self) -> None:
        if self._folder is not None:
            self._folder.clear()
        self._folder = self._inbox = None
        self._sent, self._plans, self._outcomes = [], [], []

    def _send_report(self, message: Message) -> None:
        del message
        if not self._plans:
            raise InputError("There is no report", fix="Choose the files again")
        self._host.browser.tell(
            "download",
            name="harmony_import_report.csv",
            media="text/csv",
            text=csv_text(report_table(self._plans, self._outcomes)),
        )


def plan_files(
    workspace: Workspace, files: tuple[Path, ...], tell: Callable[[float, str], None]
) -> list[PlannedFile]:
    """Compare files with a workspace; nothing is saved.

    Parameters
    ----------
    workspace
        The project folder.
    files
        As they were sent.
    tell
        Told the share done and what is in hand.
    """
    known: dict[SurveyId, Dictionary | None] = {}

    def dictionary(survey: SurveyId) -> Dictionary | None:
        if survey not in known:
            known[survey] = workspace.dictionary(survey) if workspace.has_survey(survey) else None
        return known[survey]

    plans = []
    for place, path in enumerate(files):
        tell(place / len(files), f"Reading {path.name}")
        if not _is_named_alike(path.name):
            error = InputError(
                "The file is not named like a harmony file",
                fix="fusionData names them DONOR_VINTAGE__ACS_VINTAGE.R",
            )
            plans.append(PlannedFile(path.name, error=error))
            continue
        plan = plan_import(path, workspace.path, dictionary, needs_surveys=True)
        plans.append(_without_folder(plan, str(path.parent)))
    return plans


def _is_named_alike(name: str) -> bool:
    return _FILE_NAME.fullmatch(name) is not None and not name.startswith(".")


def _without_folder(plan: PlannedFile, folder: str) -> PlannedFile:
    """Say what is wrong with a file by the name people know, not by where it was kept."""
    if plan.error is None or folder not in plan.error.where:
        return plan
    error = InputError(plan.error.what, where=plan.name, fix=plan.error.fix)
    return replace(plan, error=error)


def _carried_out(
    plan: PlannedFile, choice: str, folder: Path, author: str
) -> tuple[PlannedFile, Mapping[int, Outcome]]:
    if plan.error is not None or choice == "skip":
        return plan, {}
    try:
        return plan, carry_out(plan, folder, author=author, replace=choice == "theirs")
    except HarmonyError as error:
        # One damaged pair keeps nothing of the other files from coming in.
        return replace(plan, error=error), {}


def file_record(plan: PlannedFile, outcome: Mapping[int, Outcome] | None = None) -> dict[str, Any]:
    """Describe what importing a file would do, or did, for the browser."""
    return {
        "name": plan.name,
        "pair": str(plan.pair) if plan.pair else "",
        "title": plan.pair.title if plan.pair else "",
        "error": plan.error.message if plan.error else "",
        "remarks": list(plan.remarks),
        "entries": [
            _entry_record(item, (outcome or {}).get(place, ""))
            for place, item in enumerate(plan.entries)
        ],
    }


def _entry_record(item: PlannedEntry, outcome: str) -> dict[str, Any]:
    return {
        "key": item.entry.key,
        "status": item.entry.status,
        "standing": item.standing,
        "outcome": outcome,
        "todo": list(item.entry.todo),
        "remarks": list(item.entry.remarks),
        "translations": [list(pair) for pair in item.entry.translations],
        "changes": [change.cells for change in item.changes],
    }


def report_table(plans: list[PlannedFile], outcomes: list[Mapping[int, Outcome]]) -> pd.DataFrame:
    """Return the report on every entry of every file as a table."""
    columns = ("file", "surveys", "harmony", "status", "in the workspace", "outcome", "what")
    rows: list[tuple[str, ...]] = []
    for number, plan in enumerate(plans):
        surveys = plan.pair.title if plan.pair else ""
        if plan.error is not None:
            rows.append((plan.name, surveys, "", "not imported", "", "", plan.error.message))
        rows += [(plan.name, surveys, "", "remark", "", "", said) for said in plan.remarks]
        outcome = outcomes[number] if outcomes else {}
        rows += [
            (
                plan.name,
                surveys,
                item.entry.key,
                item.entry.status,
                item.standing,
                outcome.get(place, "not saved"),
                " ".join(_sentences(item)),
            )
            for place, item in enumerate(plan.entries)
        ]
    return pd.DataFrame(rows, columns=list(columns))


def _sentences(item: PlannedEntry) -> list[str]:
    said = [*item.entry.todo, *item.entry.remarks]
    said += [f"“{before}” became “{after}”." for before, after in item.entry.translations]
    said += [f"{change.what}: {change.before} → {change.after}." for change in item.changes]
    return said


__all__ = ["Exchange", "file_record", "plan_files", "report_table"]
