"""What a person can put right of what was inferred: columns, weights, codes, types, decimals, areas."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import panel as pn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fusion_core.ingest.generic import Inspection
    from harmony_app.surveys.wizard_state import ImportForm

_ASSETS: Final = Path(__file__).parent / "assets"
AUTOMATIC: Final = "as inferred"
_DESIGNS: Final = {
    AUTOMATIC: "",
    "Successive differences (ACS)": "sdr",
    "Half-samples (BRR)": "brr",
    "Fay's BRR, ε = 0.5": "fay:0.5",
    "Fay's BRR, ε = 0.3": "fay:0.3",
    "Delete-a-group jackknife (JK1)": "jk1",
    "Jackknife of pairs (JK2)": "jk2",
    "Jackknife in strata of 7 (NHTS)": "jkn:7",
}
_NO_WEIGHT: Final = "none: every row counts the same"
_DECIMALS: Final = {AUTOMATIC: "", "point: 1.5": ".", "comma: 1,5": ","}


class Corrections(pn.viewable.Viewer):
    """The fields below the files, by name; those few people need are shown on request.

    Parameters
    ----------
    changed
        Called with the fields that were changed, by the names `ImportForm` has for them.
    """

    def __init__(self, changed: Callable[[Mapping[str, Any]], None]) -> None:
        super().__init__()
        self._changed = changed
        self._is_filling = False
        wide: dict[str, Any] = {"margin": 0, "sizing_mode": "stretch_width"}
        inferred = {AUTOMATIC: ""}
        self.fields: dict[str, Any] = {
            "key": pn.widgets.Select(label="Household identifier", options=inferred, **wide),
            "weight": pn.widgets.Select(label="Weight", options=inferred, **wide),
            "replicates": pn.widgets.Select(label="Replicate weights", options=inferred, **wide),
            "design": pn.widgets.Select(label="Replication design", options=_DESIGNS, **wide),
            "person_weight": pn.widgets.TextInput(
                label="Person weight", placeholder=AUTOMATIC, **wide
            ),
            "missing": pn.widgets.TextAreaInput(
                label="Codes for missing answers",
                placeholder="RENT = -6, -9",
                rows=3,
                **wide,
            ),
            "left_out": pn.widgets.MultiChoice(
                label="Columns to leave out", placeholder="none", **wide
            ),
            "areas": pn.widgets.MultiChoice(
                label="Areas, coarse to fine", placeholder=AUTOMATIC, **wide
            ),
            "renamed": pn.widgets.TextAreaInput(
                label="Rename columns", placeholder="AGE_ = age_flag", rows=3, **wide
            ),
            "types": pn.widgets.TextAreaInput(
                label="Types of columns",
                placeholder="zip = category\n(or number, integer, ordered, text)",
                rows=3,
                **wide,
            ),
            "implied_decimals": pn.widgets.TextAreaInput(
                label="Implied decimals", placeholder="WGTP = 2", rows=3, **wide
            ),
            "decimal": pn.widgets.Select(label="Decimal mark", options=_DECIMALS, **wide),
            "sheet": pn.widgets.TextInput(
                label="Sheet, or file in a ZIP", placeholder="the first", **wide
            ),
            "header_row": pn.widgets.IntInput(
                label="Header row (0: found)", start=0, value=0, **wide
            ),
        }
        self._more = pn.widgets.Button(
            label="More corrections",
            margin=0,
            stylesheets=[(_ASSETS / "buttons.css").read_text(encoding="utf-8")],
        )
        self._rest: pn.Column = self._pairs(
            ("left_out", "areas"),
            ("renamed", "types"),
            ("implied_decimals", "decimal"),
            ("sheet", "header_row"),
        )
        self._rest.visible = False
        self._more.on_click(lambda _: self._open(not self._rest.visible))
        self._layout = pn.Column(
            self._pairs(("key", "weight"), ("replicates", "design"), ("person_weight", "missing")),
            self._more,
            self._rest,
            margin=0,
            sizing_mode="stretch_width",
            visible=False,
        )
        for name, field in self.fields.items():
            typed = isinstance(field, pn.widgets.TextInput | pn.widgets.TextAreaInput)
            field.param.watch(
                lambda event, name=name: self._tell(name, event.new),
                "value_input" if typed else "value",
            )

    def __panel__(self) -> pn.viewable.Viewable:
        """Return the fields."""
        return self._layout

    def hide(self) -> None:
        """Show nothing: another reader takes the columns as they are published."""
        self._layout.visible = False

    def offer(self, inspection: Inspection, form: ImportForm) -> None:
        """Show the fields with the columns of a file to choose from, filled in as the form says."""
        sources = [column.source for column in inspection.columns]
        special = [inspection.key, inspection.weight, inspection.person_number]
        names = list(dict.fromkeys([name for name in special if name] + sources))
        stems = {f"{stem.upper()} 1 … {count}": stem for stem, count in inspection.families}
        kept = {form.replicates: form.replicates} if form.replicates not in ("", "-") else {}
        kept = {stem: stem for stem in kept if stem not in stems.values()}
        designs = {form.design: form.design} if form.design not in _DESIGNS.values() else {}
        options = {
            "key": {AUTOMATIC: "", **{name: name for name in names}},
            "weight": {AUTOMATIC: "", _NO_WEIGHT: "-", **{name: name for name in names}},
            "replicates": {AUTOMATIC: "", "none": "-", **stems, **kept},
            "design": {**_DESIGNS, **designs},
            "left_out": list(dict.fromkeys([*sources, *form.left_out])),
            "areas": list(dict.fromkeys([*sources, *form.areas])),
        }
        self._is_filling = True
        for name, choices in options.items():
            self.fields[name].options = choices
        self._is_filling = False
        self.fill(form)
        self._layout.visible = True

    def fill(self, form: ImportForm) -> None:
        """Show what the form says, without hearing it as a change."""
        self._is_filling = True
        for name, field in self.fields.items():
            value = getattr(form, name)
            value = list(value) if isinstance(value, tuple) else value
            if isinstance(field, pn.widgets.Select) and value not in field.options.values():
                field.options = {**field.options, str(value): value}
            field.value = value
            if hasattr(field, "value_input"):
                field.value_input = value
        self._is_filling = False
        usual = dataclasses.replace(form, **_RARE)
        if form != usual:
            self._open(True)

    def _tell(self, name: str, value: Any) -> None:
        if not self._is_filling:
            self._changed({name: tuple(value) if isinstance(value, list) else value})

    def _open(self, is_open: bool) -> None:
        self._rest.visible = is_open
        self._more.label = "Fewer corrections" if is_open else "More corrections"

    def _pairs(self, *names: tuple[str, str]) -> pn.Column:
        sheet = [(_ASSETS / "pair.css").read_text(encoding="utf-8")]
        rows = [
            pn.Row(*(self.fields[name] for name in pair), stylesheets=sheet, margin=(0, 0, 6, 0))
            for pair in names
        ]
        return pn.Column(*rows, margin=0, sizing_mode="stretch_width")


_RARE: Final[dict[str, Any]] = {
    "left_out": (),
    "areas": (),
    "renamed": "",
    "types": "",
    "implied_decimals": "",
    "decimal": "",
    "sheet": "",
    "header_row": 0,
}
"""Fields that few people need, and what they say then."""
