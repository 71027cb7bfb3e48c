"""Files in and out: fusionData harmony files by upload, the whole crosswalk as CSV."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fusion_core.errors import InputError
from fusion_core.harmony.crosswalk import crosswalk_table, safe_csv
from fusion_core.harmony.fusiondata import ImportedEntry, read_harmonies
from fusion_core.harmony.model import SurveyPair
from fusion_core.harmony.store import HarmonyStore
from harmony_app.harmonize import messages
from harmony_app.harmonize.library import load_survey
from harmony_app.harmonize.messages import Message

if TYPE_CHECKING:
    from harmony_app.harmonize.page import HarmonizePage

UPLOAD_LIMIT: Final = 20_000_000
"""Characters of an uploaded harmony file; the largest published one is well under a tenth."""

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,120}\.(R|r|json)")


class Exchange:
    """The part of the page that takes harmony files in and gives the crosswalk out."""

    def __init__(self, page: HarmonizePage) -> None:
        self._page = page

    @property
    def actions(self) -> dict[str, Callable[[Message], None]]:
        """What a message of each kind starts."""
        return {"import": self._import, "export": self._export}

    def _import(self, message: Message) -> None:
        text = messages.text(message, "text", limit=UPLOAD_LIMIT)
        import_file(self._page, messages.text(message, "name"), text)

    def _export(self, message: Message) -> None:
        del message
        export_csv(self._page)


def import_file(page: HarmonizePage, name: str, text: str) -> None:
    """Save the harmonies of an uploaded file and show what became of each.

    They go to the pair of surveys the file names. Harmonies that exist already are left as they
    are: an import never overwrites work.

    Raises
    ------
    InputError
        If the file is no harmony file, or its surveys are not in the workspace.
    """
    workspace = page.session.workspace
    if not _FILE_NAME.fullmatch(name):
        raise InputError(
            f"'{name[:80]}' is not named like a harmony file",
            fix="fusionData names them DONOR_VINTAGE__ACS_VINTAGE.R",
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(text, encoding="utf-8")
        pair = _named_pair(path)
        for survey in (pair.donor, pair.recipient):
            if not workspace.has_survey(survey):
                raise InputError(
                    f"{name} is about {pair.title}, but the workspace has no {survey.title}",
                    fix="Import that survey, or its dictionary, on the Surveys page first",
                )
        donor, recipient = (
            load_survey(workspace, survey) for survey in (pair.donor, pair.recipient)
        )
        found = read_harmonies(path, donor=donor.dictionary, recipient=recipient.dictionary)
    store = HarmonyStore(workspace.path, pair)
    saved = {item.key for item in store.save_all(found.harmonies, author=page.session.user)}
    page.open_pair(pair)
    page.desk.tell(
        "report",
        title=f"Imported {name}",
        summary=f"{len(saved)} of {len(found.entries)} harmonies of {pair.title} were added.",
        entries=[_entry_record(entry, entry.key in saved) for entry in found.entries],
    )


def _named_pair(path: Path) -> SurveyPair:
    """Return the surveys a file is about; what is wrong with it is said of the file's own name."""
    try:
        return read_harmonies(path).pair
    except InputError as error:
        raise InputError(error.what, where=path.name, fix=error.fix) from error


def _entry_record(entry: ImportedEntry, ok: bool) -> dict[str, Any]:
    remarks = [*entry.todo, *entry.remarks]
    remarks += [f"“{before}” became “{after}”." for before, after in entry.translations]
    if not ok and entry.harmony is not None:
        remarks.insert(0, "It exists already and was left as it is.")
    return {"key": entry.key, "ok": ok, "message": " ".join(remarks)}


def export_csv(page: HarmonizePage) -> None:
    """Send the whole crosswalk of the pair to the browser as a CSV file."""
    work = page.require_work()
    if not work.saved:
        raise InputError("There is no saved harmony to export", fix="Save one first")
    page.desk.tell(
        "download",
        name=f"harmonies_{work.pair}.csv",
        text=safe_csv(crosswalk_table(work.saved.values())),
    )
