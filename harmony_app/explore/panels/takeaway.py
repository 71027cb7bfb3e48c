"""What a visitor takes away: the table, the map as a picture, the answer on a page to print."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, Literal

import panel as pn

from fusion_core.errors import InputError
from harmony_app.explore.data import FORMATS, file_stem, followed_rows, view_figure
from harmony_app.explore.map import two_way_columns
from harmony_app.explore.panels.years import followed_sheet
from harmony_app.figures.printing import sheet_bytes
from harmony_app.shell.look import FigureSaver, page_part

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from fusion_core.estimates.places import DonorResolution
    from harmony_app.explore.data import Answer, Estimator, Followed, MethodNote, Source
    from harmony_app.explore.map import AreaShapes
    from harmony_app.explore.view import ExploreState

_WIDE: Final[dict[str, Any]] = {"sizing_mode": "stretch_width"}
_SMALL_BUTTON: Final = ".bk-btn { padding: 4px 9px; }"
_COPY_LINK: Final = """
const address = window.location.href;
const done = () => { const old = button.label; button.label = "Copied";
  setTimeout(() => { button.label = old; }, 1600); };
if (navigator.clipboard && window.isSecureContext) navigator.clipboard.writeText(address).then(done);
else {
  const field = document.createElement("textarea");
  field.value = address; document.body.append(field); field.select();
  document.execCommand("copy"); field.remove(); done();
}
"""


@dataclass(frozen=True)
class Shown:
    """What the page shows: the view, its numbers, where they come from, the donor beside, the years."""

    state: ExploreState
    source: Source
    answer: Answer
    note: MethodNote
    shapes: AreaShapes
    donor: DonorResolution | None = None
    followed: Followed | None = None


class TakeAway:
    """The buttons of downloads and figures.

    Parameters
    ----------
    estimator
        Answers what the answer sheet asks.
    shown
        Returns what the page shows; ``None`` while there are no numbers.

    Attributes
    ----------
    buttons
        All buttons; they can be pressed once the whole answer is there.
    """

    def __init__(self, estimator: Estimator, shown: Callable[[], Shown | None]) -> None:
        self._estimator = estimator
        self._shown = shown
        self._saver = FigureSaver(width=0, height=0, margin=0)
        self.buttons = [
            *(self._table(name) for name in FORMATS),
            *(self._figure_button(kind) for kind in ("png", "svg")),
            self._sheet(),
        ]
        told = (
            "Download the table, the map as a picture (PNG, SVG), or an answer sheet: one page that "
            "says whether the figure may be published"
        )
        self.panel = pn.Column(
            pn.pane.HTML(page_part("small", told), margin=(8, 0, 3, 0)),
            pn.FlexBox(*self.buttons, gap="4px", margin=0, **_WIDE),
            self._saver,
            margin=0,
            **_WIDE,
        )

    def allow(self, *, ready: bool, sheet: bool = True) -> None:
        """Let files be taken, or not; the answer sheet only of what it can be made of."""
        for button in self.buttons:
            button.disabled = not ready
        self.buttons[-1].disabled = not (ready and sheet)

    def figure(self) -> str:
        """Return the map, or the line of years, as SVG for paper; empty while there is none."""
        shown = self._shown()
        if shown is None:
            return ""
        if shown.followed is not None:
            note = shown.note.figure_note()
            parts = (shown.followed, shown.state, shown.source, shown.answer, note)
            return sheet_bytes(followed_sheet(*parts), "svg").decode()
        return view_figure(
            shown.state,
            shown.source,
            shown.answer,
            shown.note,
            shown.shapes,
            donor=shown.donor,
        )

    def _needed(self) -> Shown:
        shown = self._shown()
        if shown is None:
            raise InputError("There are no estimates to take away yet", fix="Wait a moment")
        return shown

    def _table(self, name: str) -> pn.widgets.FileDownload:
        extension, write = FORMATS[name]

        def content() -> BytesIO:
            shown = self._needed()
            button.filename = f"{_stem(shown)}.{extension}"
            return BytesIO(write(_rows(shown), shown.note, shown.shapes.frame))

        button = _download(content, f"estimates.{extension}", name)
        return button

    def _figure_button(self, kind: Literal["svg", "png"]) -> pn.widgets.Button:
        def save(_: object) -> None:
            figure = self.figure()
            if figure:
                self._saver.save(figure, _stem(self._needed()), kind)

        button = pn.widgets.Button(label=kind.upper(), margin=0, stylesheets=[_SMALL_BUTTON])
        button.on_click(save)
        return button

    def _sheet(self) -> pn.widgets.FileDownload:
        def content() -> BytesIO:
            shown = self._needed()
            button.filename = f"{_stem(shown)}-answer.html"
            area = next(iter(shown.state.areas), "")
            answer = shown.answer
            sheet = self._estimator.sheet(shown.source, answer.request, answer.table, area)
            return BytesIO(sheet.html(self.figure()).encode("utf-8"))

        button = _download(content, "answer.html", "Answer sheet")
        return button


def _download(content: Callable[[], BytesIO], filename: str, label: str) -> pn.widgets.FileDownload:
    return pn.widgets.FileDownload(
        callback=content,
        filename=filename,
        label=label,
        margin=0,
        icon=None,
        stylesheets=[_SMALL_BUTTON],
    )


def _rows(shown: Shown) -> pd.DataFrame:
    """Return the areas that are asked for; of two variables with their classes, of years all of them."""
    answer = shown.answer
    if shown.followed is not None:
        return followed_rows(shown.followed, answer)
    if answer.request.second is None:
        return answer.rows
    return two_way_columns(answer.rows, shown.state)


def _stem(shown: Shown) -> str:
    request = shown.answer.request
    asked = request.statistic
    second = "" if request.second is None else f"and {request.second.variable}"
    title = f"{asked.kind} {asked.variable} {asked.level or ''} {second} {request.within}"
    years = f" {shown.followed.years[0]} to {shown.followed.years[-1]}" if shown.followed else ""
    return file_stem(title + years, shown.state.area_kind)


def copy_link_button() -> pn.widgets.Button:
    """Return a button that copies the address of what is shown."""
    link = pn.widgets.Button(label="Copy link", margin=(8, 0, 0, 0), **_WIDE)
    link.js_on_click(args={"button": link}, code=_COPY_LINK)
    return link


__all__ = ["Shown", "TakeAway", "copy_link_button"]
