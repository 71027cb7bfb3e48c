"""What the Places page shows: a frozen state, its address, and its changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Mode = Literal["show", "add"]


@dataclass(frozen=True)
class ViewState:
    """What is looked at.

    Attributes
    ----------
    mode
        Looking at what is stored, or adding.
    boundaries
        Kind of boundaries chosen; empty while a table is.
    table, predictor
        Spatial table chosen, and the predictor on its map.
    """

    mode: Mode = "show"
    boundaries: str = ""
    table: str = ""
    predictor: str = ""


def with_boundaries(view: ViewState, kind: str) -> ViewState:
    """Choose boundaries."""
    return ViewState(boundaries=kind) if kind else view


def with_table(view: ViewState, table: str) -> ViewState:
    """Choose a table; its first predictor is mapped."""
    return view if table in ("", view.table) else ViewState(table=table)


def with_predictor(view: ViewState, predictor: str) -> ViewState:
    """Choose the predictor on the map."""
    return replace(view, predictor=predictor) if predictor else view


def adding(view: ViewState) -> ViewState:
    """Open the form."""
    return replace(view, mode="add")


def showing(view: ViewState) -> ViewState:
    """Leave the form."""
    return replace(view, mode="show")


def from_address(
    query: Mapping[str, str], kinds: Sequence[str], tables: Mapping[str, Sequence[str]]
) -> ViewState:
    """Read a state from an address; what does not exist is left out, and something is chosen."""
    mode: Mode = "add" if query.get("mode") == "add" else "show"
    table, kind = query.get("table", ""), query.get("boundaries", "")
    if table in tables:
        predictor = query.get("predictor", "")
        return ViewState(mode, "", table, predictor if predictor in tables[table] else "")
    if kind not in kinds:
        kind = "puma" if "puma" in kinds else (kinds[0] if kinds else "")
    if not kind and tables:
        return ViewState(mode, "", next(iter(tables)))
    return ViewState(mode, kind)


def to_address(view: ViewState) -> dict[str, str | None]:
    """Write a state as arguments of an address."""
    return {
        "mode": "add" if view.mode == "add" else None,
        "boundaries": view.boundaries or None,
        "table": view.table or None,
        "predictor": view.predictor or None,
    }
