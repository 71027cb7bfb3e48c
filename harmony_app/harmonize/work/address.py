"""The page's address: it names what is shown, so that a reload or a sent link leads back there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, unquote

from harmony_app.harmonize.work.state import VINTAGE_VIEWS, Direction, ViewState, VintageTask

KEYS_IN_ADDRESS: Final = 100
"""Ticked harmonies an address names; of more it leads to all, as addresses have an end."""


def address(state: ViewState) -> dict[str, str | None]:
    """Return what the address says of a state; ``None`` for what it need not name."""
    task = state.task if state.view in VINTAGE_VIEWS else VintageTask()
    keys = task.keys if len(task.keys) <= KEYS_IN_ADDRESS else ()
    return {
        "pair": str(state.pair) if state.pair else None,
        "donor": state.donor or None,
        "recipient": state.recipient or None,
        "view": None if state.view == "match" else state.view,
        "direction": task.direction if state.view == "transfer" else None,
        "other": task.other or None,
        "only": ",".join(quote(key, safe="") for key in keys) or None,
    }


def read_task(query: Mapping[str, str]) -> VintageTask:
    """Return what an address says is transferred or compared; see `address`."""
    direction: Direction = "to" if query.get("direction") == "to" else "from"
    keys = tuple(unquote(key) for key in query.get("only", "").split(",") if key)
    return VintageTask(direction, query.get("other", ""), keys)


__all__ = ["KEYS_IN_ADDRESS", "address", "read_task"]
