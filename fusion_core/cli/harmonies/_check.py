"""`harmony harmonies check`: what is probably wrong with harmonies, in a workspace or in files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from fusion_core.cli.options import (
    DonorOption,
    JsonLinesOption,
    RecipientOption,
    WorkspaceOption,
    choose_pair,
    find_dictionary,
    open_workspace,
)
from fusion_core.cli.output import Output, error_record, number, table
from fusion_core.errors import HarmonyError, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from fusion_core.harmony.checks import Finding
    from fusion_core.harmony.model import HarmonySet, SurveyPair
    from fusion_core.surveys.model import Dictionary, SurveyId
    from fusion_core.workspace.layout import Workspace

WRONG: Final = 1
UNREADABLE: Final = 2


class Gravity(StrEnum):
    """How grave a finding is, the gravest first."""

    error = "error"
    warning = "warning"
    hint = "hint"


@dataclass(frozen=True)
class _Checked:
    """A harmony, where it comes from, and what is to be said of it."""

    source: str
    key: str
    findings: Sequence[Finding]
    problems: Sequence[str] = ()
    not_on_data: str = ""
    similarity: float | None = None

    @property
    def is_wrong(self) -> bool:
        return bool(self.problems) or bool(self.asked_for(Gravity.error))

    def asked_for(self, severity: Gravity) -> list[Finding]:
        """Return the findings at least this grave that nobody has accepted."""
        order = list(Gravity)
        worst = order.index(severity)
        return [
            item
            for item in self.findings
            if order.index(Gravity(item.severity)) <= worst and not item.accepted
        ]


def check_harmonies(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE…", help="fusionData .R files or JSON copies to check instead."
        ),
    ] = None,
    *,
    donor: DonorOption = "",
    recipient: RecipientOption = "",
    workspace: WorkspaceOption = Path(),
    severity: Annotated[
        Gravity | None,
        typer.Option(
            help="List findings of at least this severity, and exit with an error if there are any.",
            show_default="list everything, stop for errors",
        ),
    ] = None,
    json: JsonLinesOption = False,
) -> None:
    """Check the harmonies of the workspace, or of files; on the data where they are there.

    Each harmony is also compared with the same harmony for other years of its surveys. The exit
    code is 1 when a harmony is wrong, so that a script can stop, and 2 when a file cannot be read;
    the other files are checked all the same. With --severity only findings at least that grave are
    listed, and each makes the exit code 1 unless somebody accepted it.
    """
    unread: dict[str, HarmonyError] = {}
    if files:
        checked, unread = _check_files(files, workspace)
    else:
        opened = open_workspace(workspace)
        checked = [
            item for pair in _pairs(opened, donor, recipient) for item in _check_pair(opened, pair)
        ]
    if severity is None:
        wrong = [item.key for item in checked if item.is_wrong]
    else:
        checked = [replace(item, findings=item.asked_for(severity)) for item in checked]
        wrong = [item.key for item in checked if item.findings or item.problems]
    records = [{"file": file, **error_record(error)} for file, error in unread.items()]
    records += [{"file": file, "not_on_data": why} for file, why in _not_on_data(checked).items()]
    records += [record for item in checked for record in _records(item)]
    Output(json).lines(records, lambda console: _show(console, checked, wrong, unread))
    if unread or wrong:
        raise typer.Exit(UNREADABLE if unread else WRONG)


def _check_files(files: list[Path], folder: Path) -> tuple[list[_Checked], dict[str, HarmonyError]]:
    """Check files; a workspace, where there is one, lends its dictionaries and sibling years."""
    from fusion_core.harmony.checks import check_sets
    from fusion_core.harmony.fusiondata import interpret, read_harmony_file
    from fusion_core.workspace.layout import Workspace

    opened: Workspace | None
    try:
        opened = Workspace.open(folder)
    except InputError:
        if folder != Path():  # one that was named must exist
            raise
        opened = None

    def dictionary(survey: SurveyId) -> Dictionary | None:
        return None if opened is None else find_dictionary(opened, survey)

    read, names, unread, odd = [], [], {}, []
    for path in files:
        try:
            file = read_harmony_file(path)
            pair = file.pair
            found = interpret(
                file, donor=dictionary(pair.donor), recipient=dictionary(pair.recipient)
            )
        except HarmonyError as error:
            unread[path.name] = error
            continue
        read.append(found.harmony_set)
        names.append(path.name)
        odd += [
            _Checked(path.name, entry.key, (), entry.remarks)
            for entry in found.entries
            if entry.harmony is None
        ]
    # A file that is a copy of what is stored would be its own sibling.
    given = {item.pair for item in read}
    stored = [] if opened is None else _stored_sets(opened)
    others = [item for item in stored if item.pair not in given]
    checked = check_sets(read, dictionary, others=others, sources=names)
    return [*odd, *(_Checked(i.source, i.harmony.key, i.findings) for i in checked)], unread


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
    """Check a stored pair on the data; by its dictionaries alone where a survey is not there."""
    from fusion_core.harmony.checks import check_sets, sibling_sets
    from fusion_core.harmony.store import HarmonyStore

    harmonies = HarmonyStore(workspace.path, pair).load()
    others = sibling_sets(workspace.path, pair)
    absent = [item for item in (pair.donor, pair.recipient) if not workspace.has_survey(item)]
    if not absent:
        return _check_on_data(workspace, harmonies, others)
    names = " and ".join(item.title for item in absent)
    reason = f"The workspace lacks {names} (harmony survey add)"
    found = check_sets([harmonies], partial(find_dictionary, workspace), others=others)
    return [_Checked(str(pair), item.harmony.key, item.findings, (), reason) for item in found]


def _check_on_data(
    workspace: Workspace, harmonies: HarmonySet, others: list[HarmonySet]
) -> list[_Checked]:
    from fusion_core.harmony.apply import RowsCache
    from fusion_core.harmony.checks import siblings_of
    from fusion_core.harmony.overview import verdict

    pair, cache = harmonies.pair, RowsCache()
    left, right = workspace.survey(pair.donor), workspace.survey(pair.recipient)
    checked = []
    for harmony in harmonies.harmonies:
        siblings = siblings_of(harmony, pair, others)
        found = verdict(harmony, left, right, cache=cache, siblings=siblings)
        checked.append(
            _Checked(str(pair), harmony.key, found.findings, similarity=found.similarity)
        )
    return checked


def _not_on_data(checked: list[_Checked]) -> dict[str, str]:
    """Return why a source was checked without the data, where it was."""
    return {item.source: item.not_on_data for item in checked if item.not_on_data}


def _records(item: _Checked) -> list[dict[str, Any]]:
    """Return one record per finding; why a harmony cannot be applied is a finding too."""
    said = {found.sentence for found in item.findings}
    records: list[dict[str, Any]] = [
        {
            "rule": "not-applicable",
            "severity": "error",
            "explanation": sentence,
            "side": "",
            "levels": [],
            "fix": "",
            "accepted": "",
        }
        for sentence in item.problems
        if sentence not in said
    ]
    records += [
        {
            "rule": found.rule,
            "severity": found.severity,
            "explanation": found.sentence,
            "side": found.side,
            "levels": found.levels,
            "fix": found.fix.label if found.fix else "",
            "accepted": found.accepted,
        }
        for found in item.findings
    ]
    return [{"file": item.source, "key": item.key, **record} for record in records]


def _show(
    console: Console, checked: list[_Checked], wrong: list[str], unread: dict[str, HarmonyError]
) -> None:
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
    unseen = _not_on_data(checked)
    for source, reason in unseen.items():
        console.print(f"{source}: not checked on the data. {reason}", markup=False)
    for file, error in unread.items():
        console.print(f"{file}: not checked. {error.message}", markup=False)
    if wrong:
        console.print(f"{len(wrong)} of {len(checked)} are wrong.", markup=False)
    elif checked and not unseen:
        console.print(f"All {len(checked)} work.", markup=False)
