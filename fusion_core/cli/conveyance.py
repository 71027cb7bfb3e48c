"""What `harmony harmonies convey` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fusion_core.cli.output import plain, table

if TYPE_CHECKING:
    from rich.console import Console

    from fusion_core.harmony.conveyance import Conveyance, ConveyedHarmony


def conveyance_record(conveyance: Conveyance, *, saved: int) -> dict[str, Any]:
    """Return one object per harmony with what differs, and the counts."""
    return {
        "from": str(conveyance.source),
        "to": str(conveyance.target),
        "identical": len(conveyance.having("identical")),
        "proposed": len(conveyance.having("proposed")),
        "impossible": len(conveyance.having("impossible")),
        "saved": saved,
        "harmonies": [_record(item) for item in conveyance.harmonies],
    }


def show_conveyance(console: Console, record: dict[str, Any]) -> None:
    """Print a table with one row per difference and a summary."""
    rows = []
    for item in record["harmonies"]:
        sentences = item["sentences"]
        rows.append((item["key"], item["status"], sentences[0] if sentences else ""))
        rows += [("", "", sentence) for sentence in sentences[1:]]
    console.print(table(("harmony", "conveyed", "to look at"), rows))
    console.print(
        f"{record['identical']} hold as they are, {record['proposed']} are to be looked at, "
        f"{record['impossible']} cannot be conveyed. {record['saved']} saved for {record['to']}.",
        markup=False,
    )


def _record(item: ConveyedHarmony) -> dict[str, Any]:
    return {
        "key": item.key,
        "new_key": item.harmony.key if item.harmony else "",
        "status": item.status,
        "sure": item.is_sure,
        "sentences": list(item.sentences),
        "variables": plain(item.variables),
        "levels": plain(item.levels),
        "settings": plain(item.settings),
        "doubts": list(item.doubts),
        "reason": item.reason,
        "exists": item.comparison.sentence if item.comparison else "",
    }
