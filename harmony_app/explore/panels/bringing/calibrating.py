"""The form that takes a table of known totals, which estimates are then calibrated to."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import panel as pn

from fusion_core.calibration import Method, StoredTotals, keep_totals, read_totals
from fusion_core.errors import HarmonyError, InputError
from harmony_app.explore.panels._parts import Drawer
from harmony_app.shell.look import page_part

if TYPE_CHECKING:
    from collections.abc import Callable

    from harmony_app.explore.data import Source
    from harmony_app.shell.session import Session

_WIDE: Final[dict[str, Any]] = {"sizing_mode": "stretch_width"}
_TIGHT: Final = (0, 0, 7, 0)
_TITLE: Final = "Add known totals"
_METHODS: Final[dict[str, Method]] = {
    "as closely as their errors deserve": "precision",
    "exactly; unsure estimates move most": "difference",
    "exactly; all in proportion": "ratio",
}
_HELP: Final = (
    "A table of published figures: columns variable, value, one of standard_error, moe or rse, and, where"
    " wanted, level, statistic (mean, total, share, count) and area (all, a state's code, a place)."
)


class Calibrating:
    """The button that opens the form, and the form.

    Parameters
    ----------
    session
        Who looks.
    kept
        Called with the name of totals that were kept.
    styles
        Style sheets of the HTML panes.
    """

    def __init__(self, session: Session, kept: Callable[[str], None], styles: list[str]) -> None:
        self._parts = (session, kept, styles)
        self._source: Source | None = None
        self.drawer = Drawer(_TITLE, self._build)
        self.panel = self.drawer.panel

    def show(self, source: Source) -> None:
        """Take totals of what a source has."""
        self._source = source
        self.panel.visible = source.run is not None and self._parts[0].may("runner")
        if self.drawer.form is not None:
            self.drawer.form.source = source

    def _build(self) -> TotalsForm:
        form = TotalsForm(*self._parts)
        form.source = self._source
        return form


class TotalsForm:
    """What is inside: see `Calibrating`."""

    def __init__(self, session: Session, kept: Callable[[str], None], styles: list[str]) -> None:
        self._session = session
        self._kept = kept
        self.source: Source | None = None
        self.file = pn.widgets.FileInput(
            label="Table of known totals", accept=".csv,.tsv,.xlsx,.parquet", margin=_TIGHT, **_WIDE
        )
        self.name = pn.widgets.TextInput(
            label="Name of the totals", placeholder="recs-2020", margin=_TIGHT, **_WIDE
        )
        self.method = pn.widgets.Select(
            label="Meet them", options=dict(_METHODS), margin=_TIGHT, **_WIDE
        )
        self.factor = pn.widgets.FloatInput(
            label="Largest factor of an estimate",
            value=2.0,
            start=1.01,
            step=0.5,
            margin=_TIGHT,
            **_WIDE,
        )
        self.replace = pn.widgets.Checkbox(
            label="Replace totals of this name", margin=_TIGHT, **_WIDE
        )
        self.keep = pn.widgets.Button(label="Keep and calibrate", margin=_TIGHT, **_WIDE)
        self.message = pn.pane.HTML("", visible=False, margin=_TIGHT, stylesheets=styles, **_WIDE)
        self.keep.on_click(lambda _: self._keep())
        self.panel = pn.Column(
            pn.pane.HTML(page_part("small", _HELP), margin=_TIGHT, **_WIDE),
            self.file,
            self.name,
            self.method,
            self.factor,
            self.replace,
            self.keep,
            self.message,
            margin=0,
            **_WIDE,
        )

    def _keep(self) -> None:
        try:
            totals = self._read()
            keep_totals(self._session.workspace, totals, may_replace=bool(self.replace.value))
        except HarmonyError as error:
            self._tell(error.message, "error")
            return
        self._tell(f"Kept {totals.name}.", "told")
        self._kept(totals.name)

    def _read(self) -> StoredTotals:
        content, file = self.file.value, Path(self.file.filename or "").name
        if not content or not file:
            raise InputError("No file is chosen", fix="Choose a table of known totals")
        if not self.name.value.strip():
            raise InputError("The totals have no name", fix="Name them, such as recs-2020")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / file
            path.write_bytes(content)
            found = read_totals(path)
        known = {} if self.source is None else self.source.columns
        for item in found:
            if item.variable not in known:
                raise InputError.unknown("variable", item.variable, known, where=file)
        factor = 2.0 if self.factor.value is None else float(self.factor.value)
        return StoredTotals(self.name.value.strip(), found, file, self.method.value, factor)

    def _tell(self, text: str, kind: str) -> None:
        role = "alert" if kind == "error" else "status"
        self.message.object = page_part("line", "div", kind, text, role)
        self.message.visible = True


__all__ = ["Calibrating"]
