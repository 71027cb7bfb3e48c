"""The years of a recipient: a line per chosen area with its margins, and the numbers below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import panel as pn

from fusion_core.errors import HarmonyError
from harmony_app.explore.data import EVERYBODY, followed_view
from harmony_app.explore.panels._parts import panel
from harmony_app.explore.view import words
from harmony_app.figures.look import Look
from harmony_app.figures.years import year_marks, year_panel, year_sheet
from harmony_app.shell.look import page_part
from harmony_app.shell.work import SlowWork, failure_text

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from harmony_app.explore.data import Answer, Estimator, Followed, Source
    from harmony_app.explore.view import EstimateRequest, ExploreState
    from harmony_app.figures.printing import Sheet
    from harmony_app.shell.look import Quantity
    from harmony_app.shell.session import Session

_WIDE: Final[dict[str, Any]] = {"sizing_mode": "stretch_width"}
_HEIGHT: Final = 300


class Years:
    """What the middle of the page shows of years.

    Parameters
    ----------
    estimator
        Answers the question.
    session
        Whose question it is, and how the page looks.
    tell
        Called with a text that says what is going on, and with what went wrong.
    changed
        Called when there is something else to take away.
    styles
        Style sheets of the HTML panes.
    """

    def __init__(
        self,
        estimator: Estimator,
        session: Session,
        tell: Callable[[str, str], None],
        changed: Callable[[], None],
        styles: list[str],
    ) -> None:
        self._estimator, self._theme = estimator, session.theme
        self._tell, self._changed = tell, changed
        self._work = SlowWork(session.visitor)
        self._asked: EstimateRequest | None = None
        self.followed: Followed | None = None
        html = {"stylesheets": styles, "margin": 0, **_WIDE}
        self.figure = pn.pane.Bokeh(None, margin=0, height=_HEIGHT, **_WIDE)
        self.legend = pn.pane.HTML("", **html)
        self.table = pn.pane.HTML("", **html)
        self.panel = pn.Column(
            self.figure,
            self.legend,
            self.table,
            margin=0,
            sizing_mode="stretch_both",
            visible=False,
            scroll="y-auto",
            styles={"flex": "1 1 0", "min-height": "0"},
        )

    def show(self, state: ExploreState, source: Source, answer: Answer) -> None:
        """Show the years of a view where it asks for them; the same question is asked once."""
        if state.view != "years":
            return
        request = answer.request
        if self.followed is not None and self.followed.request == request:
            self._tell("", "")
            self._draw(state, source, answer, self.followed)
            return
        if self._asked == request:
            return
        self.forget()
        self._asked = request
        self._tell("Asking every year …", "")

        def shown(followed: Followed) -> None:
            self._asked, self.followed = None, followed
            self._tell("", "")
            self._draw(state, source, answer, followed)
            self._changed()

        def failed(error: Exception) -> None:
            self._asked = None
            if isinstance(error, HarmonyError):  # there is one year only
                self._tell("", "")
                self.table.object = page_part("line", "p", "facts", error.message)
            else:
                self._tell("", failure_text(error, "The years could not be computed"))

        self._work.start(lambda: self._estimator.over_years(source, request), shown, failed)

    def forget(self) -> None:
        """Take away the years of an earlier question."""
        self._work.cancel()
        self._asked = self.followed = None
        self.figure.object = None
        self.legend.object = self.table.object = ""

    def _draw(
        self, state: ExploreState, source: Source, answer: Answer, followed: Followed
    ) -> None:
        quantity = words.quantity_of(followed.request.statistic, source.columns)
        areas = chosen_areas(state, answer)
        view = followed_view(
            followed, areas, quantity, words.statistic_phrase(followed.request.statistic, quantity)
        )
        look = Look(theme=self._theme, height=_HEIGHT)
        renderer = look.hv.Store.renderers["bokeh"]
        self.figure.object = renderer.get_plot(year_panel(view, look)).state
        self.legend.object = panel("year_legend", year_marks(view, self._theme))
        rows = [
            {"name": name, "years": year_rows(followed.of(stored), quantity)}
            for stored, name in (("", EVERYBODY), *areas)
        ]
        self.table.object = panel("years", rows, followed.notes, not areas)


def chosen_areas(state: ExploreState, answer: Answer) -> list[tuple[str, str]]:
    """Return the chosen areas as the survey writes them, and their names."""
    table = answer.table.set_index("area_id")[["stored", "name"]].astype(str)
    return [tuple(table.loc[area]) for area in state.areas if area in table.index]


def year_rows(years: pd.DataFrame, quantity: Quantity) -> list[dict[str, str]]:
    """Return the lines of a table: a year, its estimate, and what changed since the first."""
    rows = []
    for row in years.to_dict("records"):
        estimate, moe = words.known_number(row["estimate"]), words.known_number(row["moe"])
        change, beside = words.known_number(row["change"]), words.known_number(row["change_moe"])
        verdict = ""
        if change is not None:
            verdict = "changed" if row["changed"] is True else "could be chance"
        rows.append(
            {
                "year": str(row["year"]),
                "estimate": quantity.value(estimate, moe, unit=False),
                "moe": quantity.short_moe(moe),
                "change": "" if change is None else _signed(change, beside, quantity),
                "change_moe": "" if change is None else quantity.short_moe(beside),
                "verdict": verdict,
            }
        )
    return rows


def followed_sheet(
    followed: Followed, state: ExploreState, source: Source, answer: Answer, note: str
) -> Sheet:
    """Return the lines with their words, for a file."""
    request = followed.request
    quantity = words.quantity_of(request.statistic, source.columns)
    phrase = words.statistic_phrase(request.statistic, quantity)
    view = followed_view(followed, chosen_areas(state, answer), quantity, phrase)
    caption = f"{phrase}, {words.subgroup_phrase(state)}. {note}"
    return year_sheet(view, title=words.view_title(request, source.columns), caption=caption)


def _signed(change: float, moe: float | None, quantity: Quantity) -> str:
    size = quantity.difference(abs(change), moe)
    rounds_to_none = not any(letter in "123456789" for letter in size)
    sign = "" if rounds_to_none else "+" if change > 0 else "−"
    return f"{sign}{size}"


__all__ = ["Years", "followed_sheet"]
