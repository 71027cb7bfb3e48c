"""Derived variables in a workspace: added, removed, and what uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusion_core.derived.storage import definitions_of, put_derived, remove_derived
from fusion_core.errors import CorruptFileError, ExpressionError, HarmonyError, InputError
from fusion_core.harmony.expressions import mentioned_columns
from fusion_core.harmony.model import Side, SurveyPair, split_key
from fusion_core.harmony.store import HarmonyStore, list_pairs
from fusion_core.prepare.choose import flat_names
from fusion_core.prepare.storage import read_prepared
from fusion_core.surveys.model import SurveyId
from fusion_core.workspace.runs import list_runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fusion_core.derived.definition import DerivedVariable
    from fusion_core.surveys.stored import StoredSurvey
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run


def derive(
    workspace: Workspace,
    survey: SurveyId,
    variable: DerivedVariable,
    *,
    may_replace: bool = False,
    expected: DerivedVariable | None = None,
) -> StoredSurvey:
    """Add a derived variable to a survey, or replace one that no run has used.

    Parameters
    ----------
    workspace, survey
        Where it belongs.
    variable, may_replace, expected
        As in `fusion_core.derived.storage.put_derived`.

    Raises
    ------
    InputError
        If the name is taken, the variable cannot be computed, or runs rest on the one it replaces.
    ConflictError
        If there is a derived variable of this name that may not be replaced, or it is not the
        expected one any more.
    """
    stored = workspace.stored_survey(survey)
    earlier = {item.name: item for item in definitions_of(stored)}.get(variable.name)
    if may_replace and earlier is not None and earlier.definition != variable.definition:
        runs = _runs_using(workspace, survey, variable.name)
        if runs:
            raise _used(variable.name, survey, runs, "changed")
    return put_derived(stored, variable, may_replace=may_replace, expected=expected)


def underive(workspace: Workspace, survey: SurveyId, name: str) -> None:
    """Remove a derived variable that neither harmonies, nor runs, nor other variables use.

    Raises
    ------
    InputError
        If there is none of this name, or something uses it: the sentence names what.
    """
    stored = workspace.stored_survey(survey)
    if name in {item.name for item in definitions_of(stored)}:
        uses = [*_harmonies_using(workspace, survey, name), *_runs_using(workspace, survey, name)]
        if uses:
            raise _used(name, survey, uses, "removed")
    remove_derived(stored, name)


def _used(name: str, survey: SurveyId, uses: list[str], done: str) -> InputError:
    most = 5
    more = f" and {len(uses) - most} more" if len(uses) > most else ""
    return InputError(
        f"'{name}' cannot be {done}: it is used by {', '.join(uses[:most])}{more}",
        where=survey.title,
        fix="Change or delete these first, or derive a variable of another name",
    )


def _harmonies_using(workspace: Workspace, survey: SurveyId, name: str) -> Iterator[str]:
    for pair in list_pairs(workspace.path):
        if survey not in {pair.donor, pair.recipient}:
            continue
        try:
            harmonies = HarmonyStore(workspace.path, pair).load().harmonies
        except HarmonyError:  # opening its pair says what is wrong with the file
            continue
        for harmony in harmonies:
            sides = ((pair.donor, harmony.donor), (pair.recipient, harmony.recipient))
            if any(item == survey and _mentions(side, name) for item, side in sides):
                yield f"the harmony {harmony.key} of {pair.title}"


def _mentions(side: Side, name: str) -> bool:
    if side.variable == name:
        return True
    for text in (side.adjustment, side.universe):
        try:
            if text.strip() and name in map(str.lower, mentioned_columns(text)):
                return True
        except ExpressionError:  # an unfinished one uses nothing
            continue
    return False


def _runs_using(workspace: Workspace, survey: SurveyId, name: str) -> list[str]:
    found = []
    for run in list_runs(workspace):
        try:
            spec = run.spec()
        except HarmonyError:  # the list of runs says what is wrong with it
            continue
        is_fused = spec.pair.donor == survey and name in flat_names(spec.fusion_variables)
        if is_fused or _is_predictor(run, spec.pair, survey, name):
            found.append(f"the run “{spec.name}”")
    return found


def _is_predictor(run: Run, pair: SurveyPair, survey: SurveyId, name: str) -> bool:
    if survey not in {pair.donor, pair.recipient}:
        return False
    try:
        table = read_prepared(run.input_folder).predictors
    except CorruptFileError:  # nothing is prepared yet, or it has to be again
        return False
    keys = [split_key(str(key)) for key in table.loc[table["kept"], "predictor"]]
    donors, recipients = {key[0] for key in keys}, {key[1] for key in keys}
    return (survey == pair.donor and name in donors) or (
        survey == pair.recipient and name in recipients
    )


__all__ = ["derive", "underive"]
