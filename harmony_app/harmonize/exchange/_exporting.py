"""Harmonies out: as files for fusionData, this program and spreadsheets, or as documentation."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Mapping
from functools import partial
from typing import Final

from fusion_core.errors import InputError
from fusion_core.harmony.exchange import (
    Exported,
    ExportOrder,
    NotExported,
    export_pairs,
    parse_format,
)
from fusion_core.harmony.model import SurveyPair
from fusion_core.surveys.model import SurveyId
from fusion_core.surveys.source import SurveySource
from fusion_core.workspace.layout import Workspace
from harmony_app.harmonize.work import (
    Actions,
    Host,
    Message,
    failure_words,
    load_survey,
    messages,
    parse_pair,
    progress_teller,
    require_work,
)
from harmony_app.shell.work import SlowWork

ITEMS_LIMIT: Final = 20_000
_ARCHIVE: Final = "harmonies.zip"

Wanted = dict[SurveyPair, tuple[str, ...] | None]
"""Keys per pair; ``None`` for all of its harmonies."""


class Exports:
    """The part of the page that gives harmonies out.

    Parameters
    ----------
    host
        The page.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._slow_work = SlowWork(host.session.visitor)

    @property
    def actions(self) -> Actions:
        """What a message of each kind starts."""
        return {
            "export": self._export,
            "export_selected": self._export,
            "export_cancel": self._cancel,
        }

    def _export(self, message: Message) -> None:
        """Ask for the form of the file, or make it."""
        wanted = self._wanted(message)
        form = messages.text(message, "format")
        if not form:
            self._host.browser.tell("export_ask", items=message.get("items"), title=_title(wanted))
            return
        host, workspace = self._host, self._host.session.workspace
        order = ExportOrder(
            parse_format(form),
            workspace.title,
            host.session.user,
            with_shares=message.get("shares") is not False,
            with_findings=message.get("findings") is True,
        )
        tell = progress_teller(host.browser, "export_progress")
        self._slow_work.start(
            lambda: export_pairs(
                workspace.path, wanted, order, partial(_open_survey, workspace), progress=tell
            ),
            self._send,
            self._fail,
        )

    def _cancel(self, message: Message) -> None:
        del message
        self._slow_work.cancel()

    def _wanted(self, message: Message) -> Wanted:
        items = message.get("items")
        if items is None:
            return {require_work(self._host).pair: None}
        if not isinstance(items, list) or len(items) > ITEMS_LIMIT:
            raise InputError("The message lists no harmonies", fix="Select the rows again")
        found: dict[SurveyPair, list[str]] = {}
        for item in items:
            if not isinstance(item, Mapping):
                raise InputError("The message lists no harmonies", fix="Select the rows again")
            pair = parse_pair(messages.text(item, "pair"))
            found.setdefault(pair, []).append(messages.text(item, "key"))
        if not found:
            raise InputError("No harmony is selected", fix="Select rows of the table first")
        return {pair: tuple(keys) for pair, keys in found.items()}

    def _send(self, made: tuple[list[Exported], list[NotExported]]) -> None:
        files, failed = made
        if not files:
            self._fail(InputError(" ".join(map(str, failed)), fix="Look at each pair by itself"))
            return
        lost = [
            {"key": item.key, "sentence": item.sentence, "left_out": item.left_out}
            for file in files
            for item in file.remarks
        ]
        lost += [
            {"key": item.pair.title, "sentence": item.sentence, "left_out": True} for item in failed
        ]
        name = files[0].name if len(files) == 1 else _ARCHIVE
        if len(files) == 1:
            self._host.browser.tell("download", name=name, text=files[0].text, media=files[0].media)
        else:
            self._host.browser.tell(
                "download", name=name, data=_zipped(files), media="application/zip"
            )
        self._host.browser.tell("export_done", file=name, files=len(files), remarks=lost)

    def _fail(self, error: Exception) -> None:
        self._host.browser.tell("export_failed", message=failure_words(error))


def _open_survey(workspace: Workspace, survey: SurveyId) -> SurveySource | None:
    return load_survey(workspace, survey) if workspace.has_survey(survey) else None


def _title(wanted: Wanted) -> str:
    """Say what is exported."""
    keys = [key for chosen in wanted.values() for key in chosen or ()]
    pairs = ", ".join(pair.title for pair in wanted)
    if not keys:
        return f"all harmonies of {pairs}"
    count = f"{len(keys)} {'harmony' if len(keys) == 1 else 'harmonies'}"
    return f"{count} of {pairs}" if len(wanted) == 1 else f"{count} of {len(wanted)} pairs"


def _zipped(files: list[Exported]) -> str:
    """Pack several files into one; base64, as messages hold text."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.writestr(file.name, file.text)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


__all__ = ["Exports"]
