"""Harmony files in: uploaded, compared with the workspace, reported, and only then saved."""

from __future__ import annotations

import base64
import binascii
import re
import tempfile
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
from fusion_core.workspace.files import size_text
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
from harmony_app.shell.work import SlowWork

UPLOAD_LIMIT: Final = 12_000_000
"""Characters of one uploaded file in base64; the largest published one is under 130,000."""

FILES_LIMIT: Final = 200

TOGETHER_LIMIT: Final = 50_000_000
"""Bytes of the files of one import, which are in memory until they are saved."""

_FILE_NAME: Final = re.compile(r"[^/\\\x00-\x1f\ud800-\udfff]{1,150}\.(?:[Rr]|json)")
_NAME_BYTES: Final = 255
"""What file systems allow."""

Upload = tuple[str, bytes]


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
        self._uploads: list[Upload] = []
        self._plans: list[PlannedFile] = []
        self._outcomes: list[Mapping[int, Outcome]] = []

    @property
    def actions(self) -> Actions:
        """What a message of each kind starts."""
        own = {
            "import_file": self._receive,
            "import_run": self._run,
            "import_cancel": self._cancel,
            "import_report": self._send_report,
        }
        return messages.by_kind(own, self._exports.actions)

    def _receive(self, message: Message) -> None:
        """Take one file of several; the last one starts the comparison."""
        if message.get("first"):
            self._forget()
        if len(self._uploads) >= FILES_LIMIT:
            raise InputError(
                f"More than {FILES_LIMIT} files at once", fix="Import them in several steps"
            )
        name = messages.text(message, "name")
        data = messages.text(message, "data", limit=UPLOAD_LIMIT)
        try:
            content = base64.b64decode(data, validate=True)
        except binascii.Error as error:
            raise InputError(f"{name[:80]} did not arrive whole", fix="Try again") from error
        if len(content) + sum(len(sent) for _, sent in self._uploads) > TOGETHER_LIMIT:
            self._forget()
            raise InputError(
                f"The files have more than {size_text(TOGETHER_LIMIT)} together",
                fix="Import them in several steps",
            )
        self._uploads.append((name, content))
        if message.get("last"):
            self._plan()

    def _plan(self) -> None:
        workspace, uploads = self._host.session.workspace, tuple(self._uploads)
        tell = progress_teller(self._host.browser, "import_progress")
        self._slow_work.start(
            lambda: plan_uploads(workspace, uploads, tell), self._show_plan, self._fail
        )

    def _show_plan(self, plans: list[PlannedFile]) -> None:
        self._uploads, self._plans, self._outcomes = [], plans, []
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
        self._uploads, self._plans, self._outcomes = [], [], []

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


def plan_uploads(
    workspace: Workspace, uploads: tuple[Upload, ...], tell: Callable[[float, str], None]
) -> list[PlannedFile]:
    """Compare uploaded files with a workspace; nothing is saved.

    Parameters
    ----------
    workspace
        The project folder.
    uploads
        Name and content of each file.
    tell
        Told the share done and what is in hand.
    """
    known: dict[SurveyId, Dictionary | None] = {}

    def dictionary(survey: SurveyId) -> Dictionary | None:
        if survey not in known:
            known[survey] = workspace.dictionary(survey) if workspace.has_survey(survey) else None
        return known[survey]

    plans = []
    with tempfile.TemporaryDirectory() as folder:
        for place, (name, content) in enumerate(uploads):
            tell(place / len(uploads), f"Reading {name}")
            if not _can_be_stored(name):
                error = InputError(
                    "The file is not named like a harmony file",
                    fix="fusionData names them DONOR_VINTAGE__ACS_VINTAGE.R",
                )
                plans.append(PlannedFile(name[:150], error=error))
                continue
            path = Path(folder) / str(place) / name
            path.parent.mkdir()
            path.write_bytes(content)
            plan = plan_import(path, workspace.path, dictionary, needs_surveys=True)
            plans.append(_without_folder(plan, folder))
    return plans


def _can_be_stored(name: str) -> bool:
    """Whether a harmony file may be called so on this server, whatever the visitor's allows."""
    named_alike = _FILE_NAME.fullmatch(name) is not None and not name.startswith(".")
    return named_alike and len(name.encode()) <= _NAME_BYTES


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


__all__ = ["Exchange", "file_record", "plan_uploads", "report_table"]
