"""The checks of a pair on the page: what needs attention, and the list of all findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import panel as pn

from fusion_core.errors import InputError
from fusion_core.harmony.checks import SEVERITY_RANK, Finding, accept_finding, withdraw_acceptance
from fusion_core.harmony.model import SIDES, Harmony, SurveyPair, split_key
from fusion_core.harmony.overview import CheckResult
from fusion_core.harmony.store import list_pairs
from harmony_app.harmonize.checks._bulk_check import BulkCheck, shared_checks
from harmony_app.harmonize.match import SEVERITIES, fix_effect
from harmony_app.harmonize.work import Actions, Host, Message, PairSession, messages, require_work

REASON_LIMIT: Final = 1_000


class Checks:
    """The part of the page that shows what the checker says of saved harmonies.

    Parameters
    ----------
    host
        The page.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._service: BulkCheck = shared_checks(host.session.workspace)
        self._told = False
        self._others: set[SurveyPair] = set()
        self._listen()

    @property
    def actions(self) -> Actions:
        """What a message of each kind starts."""
        return {
            "accept": self._accept,
            "reopen": self._reopen,
            "check_all": self._check_all,
            "finding_fix": self._fix_listed,
            "finding_accept": self._accept_listed,
            "finding_reopen": self._reopen_listed,
        }

    def refresh(self) -> None:
        """Have checked what was saved since, and show what is known."""
        work = self._host.work
        if work is None:
            return
        work.verdicts = self._service.verdicts(work.pair)
        if work.unchecked():
            self._have_checked(work.pair)
            work.verdicts = self._service.verdicts(work.pair)
        self.show()

    def _have_checked(self, pair: SurveyPair) -> None:
        """Start the checks of a pair; without a live session make them at once."""
        if _is_live():
            self._service.start(pair)
        else:
            self._service.run(pair)

    def show(self) -> None:
        """Show counts for every harmony, and the list of findings where it is open."""
        work = self._host.work
        if work is None:
            self._host.browser.show(checks={}, findings=None)
            return
        others = {str(pair): checks_record(self._service.verdicts(pair)) for pair in self._others}
        self._host.browser.show(checks=others | {str(work.pair): checks_record(work.verdicts)})
        if self._host.state.view == "findings":
            self._host.browser.show(findings=findings_record(work))

    # News from the checking thread ------------------------------------------------------------

    def _listen(self) -> None:
        document = pn.state.curdoc
        if document is None or document.session_context is None:
            return

        def news(pair: SurveyPair) -> None:
            work = self._host.work
            shown = work is not None and (work.pair == pair or pair in self._others)
            if shown and not self._told:
                self._told = True
                document.add_next_tick_callback(self._show_news)

        end = self._service.listen(news)
        pn.state.on_session_destroyed(lambda _context: end())

    def _show_news(self) -> None:
        self._told = False
        work = self._host.work
        if work is not None:
            work.verdicts = self._service.verdicts(work.pair)
            self._host.show("statuses")
            self.show()

    # One finding of the open harmony ----------------------------------------------------------

    def _open_finding(self, message: Message) -> tuple[Harmony, Finding]:
        current, findings = self._host.state.current, self._host.findings
        index = messages.whole(message.get("index"), "The finding")
        if current is None or not 0 <= index < len(findings):
            raise InputError("The harmony has changed since this was found", fix="Choose it again")
        return current, findings[index]

    def _accept(self, message: Message) -> None:
        current, found = self._open_finding(message)
        reason = messages.text(message, "reason", limit=REASON_LIMIT)
        changed = accept_finding(current, found, reason)
        self._host.edit(changed)

    def _reopen(self, message: Message) -> None:
        current, found = self._open_finding(message)
        self._host.edit(withdraw_acceptance(current, found))

    # The list of all findings -----------------------------------------------------------------

    def _check_all(self, message: Message) -> None:
        """Check the pairs of the chosen harmonies, or every pair; nothing is checked twice."""
        items = message.get("items")
        known = {str(pair): pair for pair in list_pairs(self._host.session.workspace.path)}
        texts = {item.get("pair") for item in items or () if isinstance(item, dict)}
        pairs = [pair for text, pair in known.items() if text in texts or items == "all"]
        self._others |= {*pairs}
        for pair in pairs:
            self._have_checked(pair)
        self.refresh()
        if items != "all":
            self._host.toast("The chosen harmonies are being checked; see the column findings.")

    def _listed(self, message: Message) -> _Listed:
        work, key = require_work(self._host), messages.text(message, "key")
        work.reload()
        index = messages.whole(message.get("index"), "The finding")
        verdict, saved = work.verdicts.get(key), work.saved.get(key)
        current = verdict is not None and saved is not None and verdict.revision == saved.revision
        if verdict is None or saved is None or not current or index >= len(verdict.findings):
            raise InputError(
                f"{key} was saved since this was found", fix="Wait until it is checked again"
            )
        if key in work.drafts:
            raise InputError(f"You have a draft of {key}", fix="Open it, and save or discard it")
        return _Listed(work, saved, verdict.findings[index])

    def _fix_listed(self, message: Message) -> None:
        item = self._listed(message)
        if item.finding.fix is None:
            raise InputError("This finding has no automatic fix", fix="Open the harmony")
        item.work.keep_draft(item.finding.fix.harmony, item.saved.revision)
        self._host.open(item.saved.donor.variable, item.saved.recipient.variable, remember=False)
        self._host.toast(f"A draft of {item.saved.key} holds the fix; open it to look and save.")

    def _accept_listed(self, message: Message) -> None:
        item = self._listed(message)
        reason = messages.text(message, "reason", limit=REASON_LIMIT)
        self._save(item, accept_finding(item.saved, item.finding, reason))
        self._host.toast(f"Accepted in {item.saved.key}, with your reason.")

    def _reopen_listed(self, message: Message) -> None:
        item = self._listed(message)
        self._save(item, withdraw_acceptance(item.saved, item.finding))
        self._host.toast(f"The finding in {item.saved.key} is open again.")

    def _save(self, item: _Listed, changed: Harmony) -> None:
        host = self._host
        item.work.store.save(
            changed, author=host.session.user, expected_revision=item.saved.revision
        )
        item.work.reload()
        if host.state.key == item.saved.key:
            host.open(item.saved.donor.variable, item.saved.recipient.variable, remember=False)


@dataclass(frozen=True)
class _Listed:
    """A finding of the list and the harmony it is about."""

    work: PairSession
    saved: Harmony
    finding: Finding


def checks_record(verdicts: Mapping[str, CheckResult]) -> dict[str, dict[str, Any]]:
    """Return score, number of open findings and the gravest of them for every checked harmony."""
    return {
        key: {
            "similarity": found.similarity,
            "errors": found.count("error"),
            "warnings": found.count("warning"),
            "hints": found.count("hint"),
            "reasons": found.reasons(),
        }
        for key, found in verdicts.items()
    }


def findings_record(work: PairSession) -> dict[str, Any]:
    """Return all findings of a pair, the gravest first and accepted ones last."""
    entries = [
        (finding, key, index)
        for key, verdict in work.verdicts.items()
        for index, finding in enumerate(verdict.findings)
        if key in work.saved and work.saved[key].revision == verdict.revision
    ]
    entries.sort(key=lambda entry: (bool(entry[0].accepted), SEVERITY_RANK[entry[0].severity]))
    return {
        "items": [
            {
                "key": key,
                "open": dict(zip(SIDES, split_key(key), strict=True)),
                "index": index,
                "rule": finding.rule,
                "side": finding.side,
                "severity": SEVERITIES[finding.severity],
                "headline": finding.sentence,
                "fix": finding.fix.label if finding.fix else None,
                "accepted": finding.accepted,
                "draft": key in work.drafts,
            }
            | fix_effect(work.saved[key], finding, work.verdicts[key].similarity)
            for finding, key, index in entries
        ],
        "unchecked": len(work.unchecked()),
        "total": len(work.saved),
    }


def _is_live() -> bool:
    document = pn.state.curdoc
    return document is not None and document.session_context is not None


__all__ = ["Checks", "checks_record", "findings_record"]
