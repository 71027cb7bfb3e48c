"""`harmony harmonies check`: what is probably wrong with harmonies, in a workspace or in files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fusion_core.cli.options import (
    DonorOption,
    JsonOption,
    RecipientOption,
    WorkspaceOption,
    choose_pair,
    open_workspace,
)
from fusion_core.cli.output import Output, number, table
from fusion_core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from fusion_core.harmony.findings import Finding
    from fusion_core.harmony.model import HarmonySet, SurveyPair
    from fusion_core.surveys.model import Dictionary, SurveyId
    from fusion_core.workspace.layout import Workspace


@dataclass(frozen=True)
class _Checked:
    """A harmony, where it comes from, and what is to be said of it."""

    source: str
    key: str
    findings: Sequence[Finding]
    problems: Sequence[str] = ()
    similarity: float | None = None

    @property
    def is_wrong(self) -> bool:
        return bool(self.problems) or any(item.severity == "error" for item in self.findings)


def check_harmonies(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE…", help="fusionData .R files or JSON copies to check instead."
        ),
    ] = None,
    donor: DonorOption = "",
    recipient: RecipientOption = "",
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Check the harmonies of the workspace, or of files; on the data where they are there.

    Each harmony is also compared with the same harmony for other years of its surveys. The exit
    code is 1 when a harmony is wrong, so that a script can stop.
    """
    if files:
        checked = _check_files(files, workspace)
    else:
        opened = open_workspace(workspace)
        checked = [
            item
            for pair in _pairs(opened, donor, recipient)
            for item in _check_pair(opened, pair)
        ]  # fmt: skip
    wrong = [item.key for item in checked if item.is_wrong]
    record = {
        "wrong": wrong,
        "findings": [_finding_record(item, found) for item in checked for found in item.findings],
        "harmonies": [
            {"file": i.source, "key": i.key, "similarity": i.similarity, "problems": i.problems}
            for i in checked
        ],
    }
    Output(json).result(record, lambda console: _show(console, checked, wrong))
    if wrong:
        raise typer.Exit(1)


def _check_files(files: list[Path], folder: Path) -> list[_Checked]:
    """Check files; a workspace, where there is one, lends its dictionaries and sibling years."""
    from fusion_core.harmony.checking_files import check_files
    from fusion_core.workspace.layout import Workspace

    opened: Workspace | None
    try:
        opened = Workspace.open(folder)
    except InputError:
        if folder != Path():  # one that was named must exist
            raise
        opened = None
    others = [] if opened is None else _stored_sets(opened)

    def dictionary(survey: SurveyId) -> Dictionary | None:
        from fusion_core.surveys.storage import read_dictionary

        if opened is None or not opened.has_survey(survey):
            return None
        return read_dictionary(opened.survey_folder(survey))

    found = check_files(files, dictionary, others=others)
    return [_Checked(item.source, item.harmony.key, item.findings) for item in found]


def _pairs(workspace: Workspace, donor: str, recipient: str) -> list[SurveyPair]:
    """Return the pair meant; all pairs of the workspace where none is named."""
    from fusion_core.harmony.store import list_pairs

    known = list_pairs(workspace.path)
    if not donor and not recipient and len(known) > 1:
        return known
    return [choose_pair(workspace, donor, recipient)]


def _stored_sets(workspace: Workspace) -> list[HarmonySet]:
    from fusion_core.harmony.store import HarmonyStore, list_pairs

    return [HarmonyStore(workspace.path, pair).load() for pair in list_pairs(workspace.path)]


def _check_pair(workspace: Workspace, pair: SurveyPair) -> list[_Checked]:
    from fusion_core.harmony.checking_files import sibling_sets
    from fusion_core.harmony.checking_siblings import siblings_of
    from fusion_core.harmony.preview import preview
    from fusion_core.harmony.rows import RowsCache
    from fusion_core.harmony.store import HarmonyStore

    harmonies = HarmonyStore(workspace.path, pair).load()
    left, right = workspace.survey(pair.donor), workspace.survey(pair.recipient)
    others, cache = sibling_sets(workspace.path, pair), RowsCache()
    checked = []
    for harmony in harmonies.harmonies:
        siblings = siblings_of(harmony, pair, others)
        seen = preview(harmony, left, right, cache=cache, siblings=siblings)
        checked.append(
            _Checked(str(pair), harmony.key, seen.findings, seen.problems, seen.similarity)
        )
    return checked


def _finding_record(item: _Checked, finding: Finding) -> dict[str, Any]:
    return {
        "file": item.source,
        "key": item.key,
        "rule": finding.rule,
        "severity": finding.severity,
        "explanation": finding.sentence,
        "side": finding.side,
        "levels": finding.levels,
        "fix": finding.fix.label if finding.fix else "",
    }


def _show(console: Console, checked: list[_Checked], wrong: list[str]) -> None:
    several = len({item.source for item in checked}) > 1
    rows = []
    for item in checked:
        start = (*((item.source,) if several else ()), item.key, number(item.similarity))
        lines = [("problem", "", sentence) for sentence in item.problems]
        lines += [(found.severity, found.rule, found.sentence) for found in item.findings]
        rows += [(*start, *line) for line in lines]
    columns = (*(("file",) if several else ()), "harmony", "similarity", "severity", "rule", "why")
    if rows:
        console.print(table(columns, rows))
    verdict = f"{len(wrong)} of {len(checked)} are wrong." if wrong else f"All {len(checked)} work."
    console.print(verdict, markup=False)
