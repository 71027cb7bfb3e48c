"""All harmonies of a pair as one table, on the page and as a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import pandas as pd
import panel as pn

from fusion_core.harmony.model import Harmony, Side
from harmony_app.harmonize.catalogue import Status
from harmony_app.harmonize.desk import ASSETS

STATUS_WORDS: Final[dict[Status, str]] = {
    "saved": "saved",
    "draft": "draft",
    "attention": "needs attention",
}
COLUMNS: Final = (
    "donor", "recipient", "status", "kind", "groups", "settings", "comment", "by", "saved",
    "revision",
)  # fmt: skip


def overview_table(harmonies: Iterable[Harmony], statuses: Mapping[str, Status]) -> pd.DataFrame:
    """Return one row per harmony, for people.

    Parameters
    ----------
    harmonies
        Saved harmonies and drafts, one per key.
    statuses
        Status by key.
    """
    rows = [_row(harmony, statuses.get(harmony.key, "saved")) for harmony in harmonies]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def correspondence(harmony: Harmony) -> str:
    """Name how the levels of the two sides meet, such as ``many to one``."""
    if not harmony.donor.is_grouped and not harmony.recipient.is_grouped:
        return "number to number"
    if not (harmony.donor.is_grouped and harmony.recipient.is_grouped):
        return "groups to number" if harmony.donor.is_grouped else "number to groups"
    donor, recipient = (_most_levels(side) for side in (harmony.donor, harmony.recipient))
    return f"{'many' if donor > 1 else 'one'} to {'many' if recipient > 1 else 'one'}"


def _most_levels(side: Side) -> int:
    counts: dict[float, int] = {}
    for item in side.levels:
        if isinstance(item.group, int | float):
            counts[float(item.group)] = counts.get(float(item.group), 0) + 1
    return max(counts.values(), default=0)


def _row(harmony: Harmony, status: Status) -> dict[str, Any]:
    codes = {*harmony.donor.group_codes, *harmony.recipient.group_codes}
    return {
        "donor": harmony.donor.variable,
        "recipient": harmony.recipient.variable,
        "status": STATUS_WORDS[status],
        "kind": correspondence(harmony) + (", ordered" if harmony.ordered else ""),
        "groups": len(codes) or "",
        "settings": harmony_settings(harmony),
        "comment": harmony.comment,
        "by": harmony.author,
        "saved": harmony.modified[:10],
        "revision": harmony.revision or "",
    }


def harmony_settings(harmony: Harmony) -> str:
    """Sum up in one line what both sides do before their levels are grouped."""
    sides = (
        ("donor", side_settings(harmony.donor)),
        ("recipient", side_settings(harmony.recipient)),
    )
    return "; ".join(f"{name}: {text}" for name, text in sides if text)


def side_settings(side: Side) -> str:
    """Sum up in one line what a side does before its levels are grouped."""
    parts = []
    if side.adjustment:
        parts.append(f"= {side.adjustment}")
    if side.breakpoints:
        parts.append("bins " + " | ".join(f"{value:g}" for value in side.breakpoints))
    if side.universe:
        parts.append(f"if {side.universe}")
    if side.deflate_to_year is not None:
        parts.append(f"in {side.deflate_to_year} dollars")
    if side.aggregator != "automatic":
        parts.append(side.aggregator)
    return " · ".join(parts)


class OverviewTable:
    """The table of all harmonies on the page; a click on a row opens the harmony.

    Parameters
    ----------
    open_harmony
        Called with the key of the harmony to open.
    """

    def __init__(self, open_harmony: Callable[[str], None]) -> None:
        self._open = open_harmony
        self.table = pn.widgets.Tabulator(
            overview_table((), {}),
            disabled=True,
            show_index=False,
            selectable=False,
            layout="fit_columns",
            widths=_WIDTHS,
            margin=0,
            header_filters=dict.fromkeys(COLUMNS, _TEXT_FILTER),
            sizing_mode="stretch_both",
            min_height=200,
            stylesheets=[_TABLE_STYLE],
            configuration={
                "columnDefaults": {"formatter": "plaintext", "minWidth": 76, "tooltip": True},
                "placeholder": "No harmony yet",
            },
        )
        self.table.on_click(self._clicked)

    def show(self, harmonies: Iterable[Harmony], statuses: Mapping[str, Status]) -> None:
        """Show these harmonies, unless they are shown already."""
        table = overview_table(harmonies, statuses)
        if not table.equals(self.table.value):
            self.table.value = table

    def _clicked(self, event: Any) -> None:
        row = self.table.value.iloc[event.row]
        self._open(f"{row['donor']}__{row['recipient']}")


_TEXT_FILTER: Final = {"type": "input", "func": "like", "placeholder": "filter"}
_WIDTHS: Final = {
    "donor": 116, "recipient": 108, "status": 96, "kind": 176, "groups": 76, "by": 84, "saved": 96,
    "revision": 84,
}  # fmt: skip
_TABLE_STYLE: Final = (ASSETS / "overview.css").read_text(encoding="utf-8")
