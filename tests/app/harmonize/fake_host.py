"""A page that is none: it stands in for the host of a part and remembers what the part asked for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from fusion_core.harmony.checks import Finding
from fusion_core.harmony.model import Harmony, SurveyPair
from harmony_app.harmonize.work import PairSession, Shown, ViewState, VintageTask
from harmony_app.harmonize.work import state as states
from harmony_app.shell.session import Session


@dataclass
class FakeBrowser:
    """Remembers what it was sent."""

    shown: dict[str, Any] = field(default_factory=dict)
    told: list[dict[str, Any]] = field(default_factory=list)

    def show(self, **parts: Any) -> None:
        self.shown |= parts

    def tell(self, kind: str, **content: Any) -> None:
        self.told.append({"kind": kind, **content})


@dataclass
class FakeHost:
    """Satisfies `OverviewHost` without a server, a session of Panel or any other part."""

    session: Session
    work: PairSession | None
    state: ViewState
    findings: tuple[Finding, ...] = ()
    browser: FakeBrowser = field(default_factory=FakeBrowser)
    toasts: list[str] = field(default_factory=list)
    undoing: list[dict[str, Any] | None] = field(default_factory=list)
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def toast(
        self, text: str, *, severity: str = "note", undo: dict[str, Any] | None = None
    ) -> None:
        self.toasts.append(text if severity == "note" else f"{severity}: {text}")
        self.undoing.append(undo)

    def edit(self, harmony: Harmony) -> None:
        self.state = states.edit(self.state, harmony)

    def show(self, *what: Shown) -> None:
        self.asked.append(("show", what))

    def schedule(self) -> None:
        self.asked.append(("schedule", ()))

    def open(self, donor: str, recipient: str, *, remember: bool = True) -> None:
        self.asked.append(("open", (donor, recipient, remember)))

    def open_pair(self, pair: SurveyPair) -> None:
        self.asked.append(("open_pair", pair))

    def open_key(self, key: str) -> None:
        self.asked.append(("open_key", key))

    def show_view(self, view: states.View, task: VintageTask | None = None) -> None:
        self.asked.append(("show_view", (view, task)))

    def refresh(self, changed: Collection[tuple[SurveyPair, str]]) -> None:
        self.asked.append(("refresh", changed))
