"""What a workspace knows about a recipient survey: every harmony made with any vintage of it."""

from __future__ import annotations

from fusion_core.errors import HarmonyError
from fusion_core.harmony.examples import Example, examples_from
from fusion_core.harmony.model import SurveyPair
from fusion_core.harmony.store import HarmonyStore, list_pairs
from fusion_core.surveys.model import Dictionary, SurveyId
from fusion_core.surveys.storage import read_dictionary
from fusion_core.workspace.layout import Workspace

Stamp = tuple[tuple[str, int, int], ...]
"""Name, time of change and size of every harmony file an answer depends on."""


def recipient_pairs(workspace: Workspace, recipient: SurveyId) -> list[SurveyPair]:
    """List the pairs with harmonies whose recipient is any vintage of a survey."""
    return [
        pair for pair in list_pairs(workspace.path) if pair.recipient.name == recipient.name
    ]  # fmt: skip


def knowledge_stamp(workspace: Workspace, recipient: SurveyId) -> Stamp:
    """Return what changes when a harmony that `read_examples` reads is saved or deleted."""
    found = []
    for pair in recipient_pairs(workspace, recipient):
        path = HarmonyStore(workspace.path, pair).path
        if path.exists():
            state = path.stat()
            found.append((path.name, state.st_mtime_ns, state.st_size))
    return tuple(found)


def read_examples(workspace: Workspace, recipient: SurveyId) -> tuple[Example, ...]:
    """Read every harmony made with any vintage of a recipient survey.

    A file that cannot be read is left out: opening its own pair says what is wrong with it, and it
    is no reason to suggest nothing elsewhere.

    Parameters
    ----------
    workspace
        The project folder.
    recipient
        The recipient; its vintage does not matter.
    """
    dictionaries: dict[SurveyId, Dictionary | None] = {}
    found: list[Example] = []
    for pair in recipient_pairs(workspace, recipient):
        try:
            harmonies = HarmonyStore(workspace.path, pair).load()
            if pair.donor not in dictionaries:
                dictionaries[pair.donor] = _dictionary(workspace, pair.donor)
        except (HarmonyError, OSError):
            continue
        found += examples_from(harmonies, dictionaries[pair.donor])
    return tuple(found)


def _dictionary(workspace: Workspace, survey: SurveyId) -> Dictionary | None:
    """Return a survey's dictionary; harmonies of a survey that is not here teach all the same."""
    if not workspace.has_survey(survey):
        return None
    return read_dictionary(workspace.survey_folder(survey))


__all__ = ["Stamp", "knowledge_stamp", "read_examples", "recipient_pairs"]
