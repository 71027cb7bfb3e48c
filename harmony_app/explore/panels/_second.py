"""The second variable of a map of two: which one, and which statistic of it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

import panel as pn

from fusion_core.estimates.statistics import THRESHOLD_SHARES
from harmony_app.explore.panels._parts import grouped
from harmony_app.explore.view import SECOND_KINDS, natural_statistic, second_statistic

if TYPE_CHECKING:
    from collections.abc import Callable

    from fusion_core.estimates.statistics import Statistic
    from fusion_core.surveys.model import Variable
    from harmony_app.explore.data import Source

_WIDE: Final[dict[str, Any]] = {"sizing_mode": "stretch_width"}
_TIGHT: Final = (0, 0, 7, 0)
_NOTHING: Final = "nothing (one variable)"


class SecondVariable:
    """The widgets that choose a second statistic.

    Parameters
    ----------
    change
        Called with the statistic after an edit; ``None`` for a map of one variable.
    """

    def __init__(self, change: Callable[[Statistic | None], None]) -> None:
        self._change = change
        self._showing = False
        self._known: dict[str, Variable] = {}
        self._statistic: Statistic | None = None
        self.variable = pn.widgets.Select(label="Together with", margin=_TIGHT, **_WIDE)
        self.kind = pn.widgets.Select(label="Its", options=SECOND_KINDS, margin=_TIGHT, **_WIDE)
        self.level = pn.widgets.Select(label="Its level", margin=_TIGHT, **_WIDE)
        self.threshold = pn.widgets.FloatInput(label="Its threshold", margin=_TIGHT, **_WIDE)
        self.variable.param.watch(self._chosen, "value")
        self.kind.param.watch(self._edited, "value")
        self.level.param.watch(self._edited, "value")
        self.threshold.param.watch(self._edited, "value")
        self.panel = pn.Column(
            self.variable, self.kind, self.level, self.threshold, margin=0, **_WIDE
        )

    def show(self, statistic: Statistic | None, source: Source, first: str) -> None:
        """Set every widget without reporting it as an edit.

        Parameters
        ----------
        statistic
            What is mapped besides the first.
        source
            Where its variables are.
        first
            The first variable, which is not offered.
        """
        self._showing = True
        self._known, self._statistic = dict(source.variables), statistic
        shown = "" if statistic is None else statistic.variable
        others = [name for name in source.variables if name != first or name == shown]
        groups = {"No second": {_NOTHING: ""}, **grouped(others, source)}
        if self.variable.groups != groups:
            self.variable.groups = groups
        self.variable.value = "" if statistic is None else statistic.variable
        variable = None if statistic is None else self._known[statistic.variable]
        numeric = variable is not None and not variable.is_categorical
        self.kind.visible = numeric
        self.level.visible = variable is not None and variable.is_categorical
        self.threshold.visible = statistic is not None and statistic.kind in THRESHOLD_SHARES
        if statistic is not None and variable is not None:
            if numeric:
                self.kind.value = statistic.kind
            else:
                self.level.options = list(variable.levels)
                self.level.value = statistic.level
            self.threshold.value = statistic.threshold
        self._showing = False

    def _chosen(self, event: Any) -> None:
        if not self._showing:
            variable = self._known.get(event.new or "")
            self._change(None if variable is None else natural_statistic(variable))

    def _edited(self, event: Any) -> None:
        before = self._statistic
        if self._showing or before is None or event.new is None or not event.obj.visible:
            return
        if event.obj is self.level:
            self._change(dataclasses.replace(before, level=event.new))
        elif event.obj is self.threshold:
            self._change(dataclasses.replace(before, threshold=float(event.new)))
        else:
            self._change(second_statistic(event.new, self._known[before.variable], before))


__all__ = ["SecondVariable"]
