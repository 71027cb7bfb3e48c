"""The form that takes a table of known totals, which estimates are then calibrated to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import panel as pn

from fusion_core.calibration import Method, StoredTotals, keep_totals, read_totals
from fusion_core.errors import InputError
from harmony_app.explore.panels.bringing._form import (
    TIGHT,
    WIDE,
    Bringing,
    BringingForm,
    Brought,
    FormWords,
)

if TYPE_CHECKING:
    from harmony_app.shell.session import Session

_METHODS: Final[dict[str, Method]] = {
    "as closely as their errors deserve": "precision",
    "exactly; unsure estimates move most": "difference",
    "exactly; all in proportion": "ratio",
}
_FACTOR: Final = 2.0
_WORDS: Final = FormWords(
    things="totals",
    file="Table of known totals",
    example="recs-2020",
    keep="Keep and calibrate",
    help="A table of published figures: columns variable, value, one of standard_error, moe or rse, and, where"
    " wanted, level, statistic (mean, total, share, count) and area (all, a state's code, a place).",
)


def calibrating(session: Session, kept: Callable[[str], None], styles: list[str]) -> Bringing:
    """Return the button and form for known totals of what a run fused.

    Parameters
    ----------
    session
        Who looks.
    kept
        Called with the name of totals that were kept.
    styles
        Style sheets of the HTML panes.
    """
    return Bringing(
        "Add known totals",
        lambda: TotalsForm(session, kept, styles),
        lambda source: source.run is not None and session.may("runner"),
    )


class TotalsForm(BringingForm):
    """What is inside: see `calibrating`."""

    def __init__(self, session: Session, kept: Callable[[str], None], styles: list[str]) -> None:
        self.method = pn.widgets.Select(
            label="Meet them", options=dict(_METHODS), margin=TIGHT, **WIDE
        )
        self.factor = pn.widgets.FloatInput(
            label="Largest factor of an estimate",
            value=_FACTOR,
            start=1.01,
            step=0.5,
            margin=TIGHT,
            **WIDE,
        )
        super().__init__(session, kept, styles, _WORDS, (self.method, self.factor))

    def bring(self, brought: Brought) -> None:
        """Keep the totals, if all are of variables that are there."""
        found = read_totals(brought.path)
        known = {} if self.source is None else self.source.columns
        for item in found:
            if item.variable not in known:
                raise InputError.unknown("variable", item.variable, known, where=brought.path.name)
        factor = _FACTOR if self.factor.value is None else float(self.factor.value)
        totals = StoredTotals(brought.name, found, brought.path.name, self.method.value, factor)
        keep_totals(self._session.workspace, totals, may_replace=bool(self.replace.value))
        self.done(totals.name)
