"""Harmonies out: as files for fusionData, this program and spreadsheets, or as documentation."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Final

from fusion_core.errors import InputError
from fusion_core.harmony.checks import sibling_sets
from fusion_core.harmony.exchange import (
    DocumentFacts,
    Exported,
    Format,
    Provenance,
    SurveyFacts,
    export_harmonies,
    parse_format,
    preview_harmonies,
    survey_facts,
)
from fusion_core.harmony.model import HarmonySet, SideName, SurveyPair
from fusion_core.harmony.store import HarmonyStore
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

Wanted = dict[SurveyPair, tuple[str, ...] | None]
"""Keys per pair; ``None`` for all of its harmonies."""


@dataclass(frozen=True)
class _Order:
    """What file a person wants, and whether documentation has shares and findings."""

    form: Format
    author: str
    shares: bool
    findings: bool


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
        order = _Order(
            parse_format(form),
            host.session.user,
            message.get("shares") is not False,
            message.get("findings") is True,
        )
        tell = progress_teller(host.browser, "export_progress")
        self._slow_work.start(
            lambda: [
                _exported(workspace, pair, keys, order, tell) for pair, keys in wanted.items()
            ],
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

    def _send(self, files: list[Exported]) -> None:
        remarks = [
            {
                "file": item.name,
                "key": remark.key,
                "sentence": remark.sentence,
                "left_out": remark.left_out,
            }
            for item in files
            for remark in item.remarks
        ]
        if len(files) == 1:
            (file,) = files
            self._host.browser.tell("download", name=file.name, text=file.text, media=file.media)
        else:
            data = _zipped(files)
            self._host.browser.tell(
                "download", name="harmonies.zip", data=data, media="application/zip"
            )
        self._host.browser.tell("export_done", files=[item.name for item in files], remarks=remarks)

    def _fail(self, error: Exception) -> None:
        self._host.browser.tell("export_failed", message=failure_words(error))


def _exported(
    workspace: Workspace,
    pair: SurveyPair,
    keys: tuple[str, ...] | None,
    order: _Order,
    tell: Callable[[float, str], None],
) -> Exported:
    harmonies = HarmonyStore(workspace.path, pair).load()
    if keys is not None:
        chosen = tuple(item for item in harmonies.harmonies if item.key in set(keys))
        harmonies = HarmonySet(pair, chosen)
    donor, recipient = load_survey(workspace, pair.donor), load_survey(workspace, pair.recipient)
    previews = {}
    if order.form == "html" and (order.shares or order.findings):
        previews = preview_harmonies(
            harmonies, donor, recipient, others=sibling_sets(workspace.path, pair), progress=tell
        )
    source = Provenance(
        workspace.title,
        datetime.now().astimezone().isoformat(timespec="minutes"),
        order.author,
        version("survey-harmonization-tool"),
    )
    surveys: dict[SideName, SurveyFacts] = {
        "donor": survey_facts(donor),
        "recipient": survey_facts(recipient),
    }
    facts = DocumentFacts(
        source, surveys, previews, with_shares=order.shares, with_findings=order.findings
    )
    return export_harmonies(harmonies, order.form, facts)


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
