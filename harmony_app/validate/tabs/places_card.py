"""Where fused estimates are too high or too low: against the donor's own, at the places it publishes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import panel as pn

from harmony_app.explore.map import area_shapes, difference_layer
from harmony_app.figures.intervals import IntervalRows, interval_panel
from harmony_app.figures.printing import Sheet
from harmony_app.shell.look import number, page_part
from harmony_app.shell.work import SlowWork, failure_text, shared_estimates
from harmony_app.validate.figures import difference_map
from harmony_app.validate.tabs._parts import part
from harmony_app.validate.tabs.figure_card import bokeh_pane
from harmony_app.validate.tabs.sections import numbers_html
from harmony_app.validate.view import words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from fusion_core.estimates import Statistic
    from fusion_core.estimates.places import DonorResiduals
    from harmony_app.figures.look import Look
    from harmony_app.shell.session import Session
    from harmony_app.validate.view import ValidatedRun

_PUMA: Final = "puma"
_WIDE: Final[dict[str, Any]] = {"sizing_mode": "stretch_width"}


class PlacesCard:
    """A variable's differences by place, computed when they are asked for.

    Parameters
    ----------
    session
        Who looks.
    record
        The run.
    html
        Settings of every piece of text.
    on_drawn
        Called when another figure is shown, or none.

    Attributes
    ----------
    sheet
        Makes a file of the figure that is shown, from the title of the run and what stands before its caption;
        ``None`` while there is none.
    """

    def __init__(
        self,
        session: Session,
        record: ValidatedRun,
        html: dict[str, Any],
        on_drawn: Callable[[], None],
    ) -> None:
        self._session = session
        self._record = record
        self._on_drawn = on_drawn
        self._work = SlowWork(session.visitor)
        self._variable = ""
        self.sheet: Callable[[str, str], Sheet] | None = None
        self.level = pn.widgets.Select(label="Answer", options=[], width=240, margin=0)
        self.start = pn.widgets.Button(label="Compare places", color="primary", margin=0)
        self.start.on_click(lambda _: self._start())
        self.level.param.watch(lambda _: self._clear(), "value")
        self._heading = pn.pane.HTML("", **html)
        self.message = pn.pane.HTML("", **html)
        self.figures = pn.FlexBox(gap="10px", margin=0, align_items="flex-start", **_WIDE)
        self.numbers = pn.pane.HTML("", **html)
        self.view = pn.Column(
            self._heading,
            pn.FlexBox(
                self.level, self.start, gap="8px", align_items="flex-end", margin=(8, 0, 4, 0)
            ),
            self.message,
            self.figures,
            self.numbers,
            css_classes=["card"],
            margin=0,
            styles={"padding": "14px", "flex": "1 1 100%"},
            **_WIDE,
        )

    def show(self, variable: str) -> None:
        """Offer the comparison of a variable; that of another goes."""
        if variable == self._variable:
            return
        self._variable = variable
        marginals = self._record.inside.marginals
        own = marginals[(marginals["variable"] == variable) & marginals["lower"].isna()]
        levels = own["level"].astype(str).tolist()
        self.level.options, self.level.visible = levels, bool(levels)
        self.level.value = levels[-1] if levels else None
        title = f"{variable} at the donor's places"
        self._heading.object = part("panel", title, words.PLACES_HELP)
        self._clear()

    def _clear(self) -> None:
        self._work.cancel()
        self.message.object = self.numbers.object = ""
        self.figures[:] = []
        self.sheet = None
        self._on_drawn()

    def _statistic(self) -> Statistic:
        from fusion_core.estimates import Statistic

        if self.level.visible:
            return Statistic("share", self._variable, level=self.level.value)
        return Statistic("mean", self._variable)

    def _start(self) -> None:
        self._clear()
        self.message.object = page_part("status", "Estimating …", busy=True)
        workspace, run, statistic = self._session.workspace, self._record.run, self._statistic()

        def compute() -> DonorResiduals:
            from fusion_core.estimates.places import donor_residuals

            return donor_residuals(workspace, run, statistic, cache=shared_estimates())

        self._work.start(compute, partial(self._show, statistic), self._failed)

    def _show(self, statistic: Statistic, found: DonorResiduals) -> None:
        table, theme = found.table, self._session.theme
        share = statistic.kind == "share"
        beyond = int((~table["within_moe"]).sum())
        self.message.object = page_part(
            "line", "p", "help", words.places_told(found.own.sentence, beyond, len(table)), "status"
        )
        draw = partial(residual_panel, table, share=share)
        self.figures[:] = [
            pn.Column(view, margin=0, styles={"flex": "1 1 420px", "min-width": "0"})
            for view in (*self._map(found, share=share), bokeh_pane(draw, theme))
        ]
        rows = [
            (
                row["place"],
                f"{row['n']:,.0f}",
                f"{number(row['external'])} ± {number(row['external_moe'])}",
                f"{number(row['estimate'])} ± {number(row['moe'])}",
                f"{number(row['difference'])} ± {number(row['difference_moe'])}",
            )
            for row in table.to_dict("records")
        ]
        head = ("place", "households asked", "donor alone", "fused", "difference")
        self.numbers.object = numbers_html("The numbers", head, rows)
        said = f"{self._variable}: {statistic.level}" if statistic.level else self._variable
        self.sheet = partial(
            _sheet, table, f"{said} at the places of {found.own.donor.title}", draw
        )
        self._on_drawn()

    def _map(self, found: DonorResiduals, *, share: bool) -> list[pn.viewable.Viewable]:
        """Return the map of differences, where the workspace can draw one."""
        from fusion_core.geography.drawn import can_be_drawn

        workspace, theme = self._session.workspace, self._session.theme
        if not can_be_drawn(workspace, _PUMA):
            return []
        shapes = area_shapes(workspace, _PUMA)
        areas = found.of_areas(shapes.areas["area_id"])
        layer = difference_layer(areas, theme, relative=False, share=share)
        return [difference_map(shapes, layer, areas, theme, beside="donor alone")]

    def _failed(self, error: Exception) -> None:
        text = failure_text(error, "The places could not be compared")
        self.message.object = page_part("error", text)


def residual_panel(table: pd.DataFrame, look: Look, *, share: bool) -> Any:
    """Return differences with their margins, a row per place, those beyond chance in colour.

    Parameters
    ----------
    table
        `fusion_core.estimates.places.DonorResiduals.table`.
    look
        Where it is drawn.
    share
        Whether differences are of shares.
    """
    ordered = table.sort_values("difference", ascending=False, kind="stable")
    middle, margin = (
        ordered[name].to_numpy(dtype=float) for name in ("difference", "difference_moe")
    )
    tones: Sequence[str] = np.where(ordered["within_moe"], "muted", "bad").tolist()
    rows = IntervalRows(
        names=ordered["place"].astype(str).tolist(),
        middle=middle,
        low=middle - margin,
        high=middle + margin,
        title="",
        across="fused less the donor's own, with the 90 % margin of both",
        share=share,
        reference=0.0,
        colours=[look.colours[tone] for tone in tones],
    )
    return interval_panel(rows, look)


def _sheet(
    table: pd.DataFrame, said: str, draw: Callable[[Look], Any], title: str, note: str
) -> Sheet:
    return Sheet(
        title=f"{said}, {title}",
        caption=f"{note} {words.PLACES_HELP}".strip(),
        draw=draw,
        columns=1,
        panel=0.14 + 0.022 * len(table),
    )
