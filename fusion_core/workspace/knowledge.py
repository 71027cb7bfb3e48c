"""What a workspace knows about a recipient survey: every harmony made with any vintage of it."""

from __future__ import annotations

from pathlib import Path

from fusion_core.derived.storage import FILE_NAME
from fusion_core.errors import HarmonyError
from fusion_core.harmony.matching import Example, examples_from
from fusion_core.harmony.model import SurveyPair
from fusion_core.harmony.store import HarmonyStore, list_pairs
from fusion_core.surveys.model import Dictionary, SurveyId
from fusion_core.workspace.layout import Workspace

Stamp = tuple[tuple[str, int, int], ...]
"""Name, time of change and size of every harmony file an answer depends on."""


def recipient_pairs(workspace: Workspace, recipient: SurveyId) -> list[SurveyPair]:
    """List the pairs with harmonies whose recipient is any vintage of a survey."""
    return [pair for pair in list_pairs(workspace.path) if pair.recipient.name == recipient.name]


def knowledge_stamp(workspace: Workspace, recipient: SurveyId) -> Stamp:
    """Return what changes when a harmony that `read_examples` reads is saved or deleted."""
    pairs = recipient_pairs(workspace, recipient)
    return _stamp(*(HarmonyStore(workspace.path, pair).path for pair in pairs))


def _stamp(*paths: Path) -> Stamp:
    states = [(path.name, path.stat()) for path in paths if path.exists()]
    return tuple((name, state.st_mtime_ns, state.st_size) for name, state in states)


class ExampleFiles:
    """Every harmony made with any vintage of a recipient survey; a file is read when it changed.

    A file that cannot be read is left out: opening its own pair says what is wrong with it, and it
    is no reason to suggest nothing elsewhere.

    Parameters
    ----------
    workspace
        The project folder.
    recipient
        The recipient; its vintage does not matter.
    """

    def __init__(self, workspace: Workspace, recipient: SurveyId) -> None:
        self._workspace = workspace
        self._recipient = recipient
        self._read: dict[SurveyPair, tuple[Stamp, tuple[Example, ...]]] = {}

    def pairs(self) -> list[SurveyPair]:
        """List the pairs whose harmonies are examples."""
        return recipient_pairs(self._workspace, self._recipient)

    def all(self) -> tuple[Example, ...]:
        """Return the examples of all pairs as the files are now."""
        pairs = self.pairs()
        found = tuple(example for pair in pairs for example in self.read(pair))
        self._read = {pair: self._read[pair] for pair in pairs}
        return found

    def read(self, pair: SurveyPair) -> tuple[Example, ...]:
        """Return the examples of one pair as its files are now."""
        folder = self._workspace.survey_folder(pair.donor)
        described = (folder / "dictionary.parquet", folder / FILE_NAME)
        stamp = _stamp(HarmonyStore(self._workspace.path, pair).path, *described)
        if pair not in self._read or self._read[pair][0] != stamp:
            self._read[pair] = (stamp, _examples(self._workspace, pair))
        return self._read[pair][1]


def read_examples(workspace: Workspace, recipient: SurveyId) -> tuple[Example, ...]:
    """Read every harmony made with any vintage of a recipient survey; see `ExampleFiles`."""
    return ExampleFiles(workspace, recipient).all()


def _examples(workspace: Workspace, pair: SurveyPair) -> tuple[Example, ...]:
    try:
        harmonies = HarmonyStore(workspace.path, pair).load()
        dictionary = _dictionary(workspace, pair.donor)
    except (HarmonyError, OSError):
        return ()
    return tuple(examples_from(harmonies, dictionary))


def _dictionary(workspace: Workspace, survey: SurveyId) -> Dictionary | None:
    """Return a survey's dictionary; harmonies of a survey that is not here teach all the same."""
    if not workspace.has_survey(survey):
        return None
    return workspace.dictionary(survey)


__all__ = ["ExampleFiles", "Stamp", "knowledge_stamp", "read_examples", "recipient_pairs"]
