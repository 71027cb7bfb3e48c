"""What `harmony harmonies transfer` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from fusion_core.cli.output import plain, table
from fusion_core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from fusion_core.harmony.model import Harmony
    from fusion_core.harmony.vintages import Status, Transfer, TransferredHarmony
    from fusion_core.surveys.model import SurveyId
    from fusion_core.workspace.layout import Workspace


STATUSES: Final = ("identical", "proposed", "impossible")


def read_status(text: str, option: str) -> Status | None:
    """Read a status a user named; ``None`` for an option that was not given.

    Raises
    ------
    InputError
        If there is no such status, or nothing of it could be stored.
    """
    allowed = STATUSES[:2] if option == "--accept" else STATUSES
    for status in allowed:
        if text == status:
            return cast("Status", status)
    if text:
        raise InputError.unknown("status", text, allowed, where=option)
    return None


def accepted_harmonies(transfer: Transfer, status: Status | None) -> list[Harmony]:
    """Return what to store: the identical ones, or with ``proposed`` also the complete proposals."""
    wanted = {"identical": {"identical"}, "proposed": {"identical", "proposed"}}.get(
        status or "", ()
    )
    return [
        item.harmony
        for item in transfer.harmonies
        if item.status in wanted and item.harmony is not None and not item.open_levels
    ]


def has_microdata(workspace: Workspace, survey: SurveyId) -> bool:
    """Whether households or persons of a survey are in the workspace."""
    from fusion_core.surveys.storage import table_path

    folder = workspace.survey_folder(survey)
    return table_path(folder, "household").exists() or table_path(folder, "person").exists()


def transfer_record(
    transfer: Transfer,
    *,
    saved: int,
    only: Status | None = None,
    unseen: Sequence[SurveyId] = (),
) -> dict[str, Any]:
    """Return one object per harmony with what differs, and the counts.

    Parameters
    ----------
    transfer
        What was transferred.
    saved
        How many were stored.
    only
        List only harmonies with this status.
    unseen
        Surveys transferred to of which there is only a dictionary.
    """
    return {
        "from": str(transfer.source),
        "to": str(transfer.target),
        "identical": len(transfer.having("identical")),
        "proposed": len(transfer.having("proposed")),
        "impossible": len(transfer.having("impossible")),
        "saved": saved,
        "notes": [
            f"{survey.title} has no microdata here: the dictionaries were compared, but not what "
            "households answered."
            for survey in unseen
        ],
        "harmonies": [_record(item) for item in transfer.harmonies if only in {None, item.status}],
    }


def show_transfer(console: Console, record: dict[str, Any]) -> None:
    """Print a table with one row per difference and a summary."""
    rows = []
    for item in record["harmonies"]:
        sentences = list(item["sentences"])
        if item["exists"]:
            sentences.append(f"Exists already: {item['exists'][:1].lower()}{item['exists'][1:]}")
        doubtful = item["status"] != "impossible" and not item["sure"]
        status = f"{item['status']} (look)" if doubtful else item["status"]
        rows.append((item["key"], status, sentences[0] if sentences else ""))
        rows += [("", "", sentence) for sentence in sentences[1:]]
    console.print(table(("harmony", "status", "what to check"), rows))
    console.print(
        f"{record['identical']} can be taken over as they are, {record['proposed']} to be reviewed, "
        f"{record['impossible']} cannot be transferred. {record['saved']} saved for {record['to']}.",
        markup=False,
    )
    for note in record["notes"]:
        console.print(note, markup=False)


def _record(item: TransferredHarmony) -> dict[str, Any]:
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
