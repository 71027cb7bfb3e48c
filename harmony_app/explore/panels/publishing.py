"""A run or a combination published as data that others open without donor or models."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import panel as pn

from fusion_core.errors import InputError
from fusion_core.workspace.files import size_text
from harmony_app.explore.panels._parts import Drawer, panel
from harmony_app.shell.look import page_part
from harmony_app.shell.work import SlowWork, failure_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fusion_core.publishing import Publication, PublishedCombination, Terms
    from fusion_core.workspace.combinations import Combination
    from fusion_core.workspace.runs import Run
    from harmony_app.explore.data import Source
    from harmony_app.shell.session import Session

_WIDE: Final[dict[str, Any]] = {"sizing_mode": "stretch_width"}
_TIGHT: Final = (0, 0, 7, 0)
_PERIOD_MS: Final = 500
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
LARGEST_DOWNLOAD: Final = 2 * 2**30
"""Bytes of a data set that is offered as a download; a larger one is fetched from its folder."""


class Publishing:
    """The card in which what is shown is published.

    Parameters
    ----------
    session
        Who publishes.
    styles
        Style sheets of the HTML panes.
    """

    def __init__(self, session: Session, styles: list[str]) -> None:
        self._session = session
        self._styles = styles
        self._source: Source | None = None
        self.drawer = Drawer("Publish as data", self._build)
        self.panel = self.drawer.panel

    def show(self, source: Source) -> None:
        """Offer to publish a source."""
        self._source = source
        self.panel.visible = source.run is not None and self._session.may("runner")
        if self.drawer.form is not None:
            self.drawer.form.show(source)

    def _build(self) -> PublishForm:
        form = PublishForm(self._session, self._styles)
        if self._source is not None:
            form.show(self._source)
        return form


class PublishForm:
    """What is inside the card: see `Publishing`."""

    def __init__(self, session: Session, styles: list[str]) -> None:
        self._session = session
        self._source: Source | None = None
        self._work = SlowWork(session.visitor)
        self._progress = (0.0, "")
        html = {"margin": _TIGHT, "stylesheets": styles, **_WIDE}
        self.about = pn.pane.HTML(panel("publish_about"), **html)
        self.title = pn.widgets.TextInput(label="Title", margin=_TIGHT, **_WIDE)
        self.creators = pn.widgets.TextInput(
            label="Made by", placeholder="Energy Office; Jane Doe", margin=_TIGHT, **_WIDE
        )
        self.licence = pn.widgets.TextInput(
            label="Licence", placeholder="CC-BY-4.0", margin=_TIGHT, **_WIDE
        )
        self.name = pn.widgets.TextInput(label="Name of the folder", margin=_TIGHT, **_WIDE)
        self.with_recipient = pn.widgets.Checkbox(
            label="with the recipient's own households", value=True, margin=_TIGHT
        )
        self.publish = pn.widgets.Button(label="Publish", color="primary", margin=_TIGHT, **_WIDE)
        self.publish.on_click(lambda _: self._publish())
        self.bar = pn.indicators.Progress(value=0, visible=False, margin=_TIGHT, height=6, **_WIDE)
        self.message = pn.pane.HTML("", visible=False, **html)
        self.earlier = pn.pane.HTML("", **html)
        self.panel = pn.Column(
            self.about,
            self.title,
            self.creators,
            self.licence,
            self.name,
            self.with_recipient,
            self.publish,
            self.bar,
            self.message,
            self.earlier,
            margin=0,
            **_WIDE,
        )

    def show(self, source: Source) -> None:
        """Offer to publish a source."""
        if self._source is source:
            return
        self._source = source
        called = source.title.partition(" · ")[0]
        self.title.placeholder = called
        self.name.value = re.sub(r"[^A-Za-z0-9]+", "-", called).strip("-").lower() or "data"
        self._tell("")
        self._list()

    def _publish(self) -> None:
        from fusion_core.publishing import Terms

        source = self._source
        if source is None or source.run is None:
            return
        name = self.name.value.strip()
        terms = Terms(
            self.title.value.strip(),
            tuple(filter(None, (item.strip() for item in self.creators.value.split(";")))),
            self.licence.value.strip(),
        )
        run, with_recipient = source.run, bool(self.with_recipient.value)
        self._progress = (0.0, "Reading the run")
        self.publish.disabled = self.bar.visible = True
        self._show_progress()
        stop = self._watched()

        def work() -> Publication | PublishedCombination:
            return self._published(run, name, terms, with_recipient=with_recipient)

        def done(found: Publication | PublishedCombination) -> None:
            self._ended(stop)
            self._list()
            too_large = found.size > LARGEST_DOWNLOAD
            self._say(
                panel(
                    "published",
                    len(found.files),
                    size_text(found.size),
                    str(found.folder),
                    "" if too_large else _address(found.folder),
                    found.notes,
                )
            )

        def failed(error: Exception) -> None:
            self._ended(stop)
            self._tell(failure_text(error, "The data could not be published"), is_error=True)

        self._work.start(work, done, failed)

    def _published(
        self, run: Run | Combination, name: str, terms: Terms, *, with_recipient: bool
    ) -> Publication | PublishedCombination:
        from fusion_core.publishing import publish

        self._session.require("runner", "Publishing")
        if not _NAME.fullmatch(name):
            raise InputError(
                f"'{name[:80]}' cannot be the name of a folder",
                fix="Use letters, digits, hyphens and underscores",
            )
        workspace = self._session.workspace
        found = publish(
            workspace,
            run,
            workspace.published_folder / name,
            terms=terms,
            with_recipient=with_recipient,
            progress=self._report,
        )
        self._session.record("published", run=run.id, name=name)
        return found

    def _report(self, share: float, sentence: str) -> None:
        self._progress = (share, sentence)

    def _watched(self) -> Callable[[], None]:
        """Show progress now and then; returns what ends that."""
        document = pn.state.curdoc
        if document is None or document.session_context is None:
            return lambda: None
        watch = pn.state.add_periodic_callback(self._show_progress, period=_PERIOD_MS)
        stop: Callable[[], None] = watch.stop
        return stop

    def _show_progress(self) -> None:
        share, sentence = self._progress
        self.bar.value = int(100 * share)
        self._say(page_part("status", f"{sentence} …", busy=True))

    def _ended(self, stop: Callable[[], None]) -> None:
        stop()
        self.publish.disabled = self.bar.visible = False

    def _list(self) -> None:
        """List what was published earlier."""
        from fusion_core.publishing import published_in

        folders = published_in(self._session.workspace.published_folder)
        self.earlier.object = panel("published_earlier", [(f.name, _address(f)) for f in folders])

    def _tell(self, text: str, *, is_error: bool = False) -> None:
        kind = ("error", "alert") if is_error else ("told", "status")
        self._say(page_part("line", "div", kind[0], text, kind[1]) if text else "")

    def _say(self, html: str) -> None:
        self.message.object = html
        self.message.visible = bool(html)


def _address(folder: Path) -> str:
    return f"download/{quote(folder.name)}/published"


__all__ = ["Publishing"]
