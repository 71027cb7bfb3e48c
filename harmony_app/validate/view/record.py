"""What the Validate page reads of a run: its validations, which is which, and what to warn of."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from fusion_core.execution.knowing import known_answers_folder, read_known
from fusion_core.execution.validating import area_sizes, is_outdated, out_of_fold_folder
from fusion_core.validation.known_answers import has_known_answers, summarise
from fusion_core.validation.report import (
    area_size_findings,
    has_validation,
    read_facts,
    read_validation,
)
from harmony_app.shell.look import count, duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from fusion_core.surveys.model import Variable
    from fusion_core.validation import Validation
    from fusion_core.validation.report import AreaSizes, Finding
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run


@dataclass(frozen=True)
class KnownRecord:
    """A run's known answers.

    Attributes
    ----------
    areas, summary, hidden
        Areas with margins, one row per hidden variable and level, and what was hidden with them.
    """

    areas: pd.DataFrame
    summary: pd.DataFrame
    hidden: pd.DataFrame


@dataclass(frozen=True)
class ValidatedRun:
    """A run's validations.

    Attributes
    ----------
    run
        The run.
    inside
        The usual validation, of households the model was trained on.
    outside
        That of households the models never saw, if there is one.
    facts
        What is remembered of `outside`: folds, seconds.
    warnings
        Sentences to show above everything else.
    repeat
        Whether the usual validation should be repeated.
    subsets
        Which variables form the subsets, and why; empty where an earlier version did not say.
    weighted
        Whether the donor's households count differently.
    variables
        The donor's dictionary.
    known
        What came out where the recipient knows the answer, if that was asked.
    sizes
        How many households the recipient's areas have, if it names any.
    """

    run: Run
    inside: Validation
    outside: Validation | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    repeat: bool = False
    subsets: str = ""
    weighted: bool = True
    variables: Mapping[str, Variable] = field(default_factory=dict)
    known: KnownRecord | None = None
    sizes: AreaSizes | None = None

    def shown(self, unseen: bool) -> Validation:
        """Return the validation of unseen households if asked for and there, else the usual one."""
        return self.outside if unseen and self.outside is not None else self.inside


def area_sentences(record: ValidatedRun, curves: pd.DataFrame, variable: str) -> list[Finding]:
    """Say from which size on areas can be trusted: of one variable, or of the least certain of all."""
    names = [variable] if variable else [str(name) for name in record.inside.summary["variable"]]
    known = None if record.known is None else record.known.summary
    found = area_size_findings(names, curves, record.sizes, known=known)
    return [*found[:1], *(item for item in found[1:] if not item.variable)]


def read_validated(
    workspace: Workspace, run: Run, variables: Mapping[str, Variable]
) -> ValidatedRun:
    """Read the validations of a run.

    Raises
    ------
    CorruptFileError
        If a file of the usual validation is missing or damaged.
    """
    inside, folder = read_validation(run.validation_folder), out_of_fold_folder(run)
    warnings = []
    if is_outdated(run, run.validation_folder):
        warnings.append(
            "The files of this run changed since it was validated, so these figures describe an"
            " earlier state."
        )
    if inside.scores.empty or _lacks_reliability(inside):
        warnings.append(
            "This run was validated by an earlier version, which did not compute everything shown"
            " here."
        )
    repeat = bool(warnings)
    known = read_facts(run.validation_folder)
    weighted, subsets = bool(known.get("weighted", True)), str(known.get("subsets", ""))
    usual = ValidatedRun(
        run,
        inside,
        warnings=tuple(warnings),
        repeat=repeat,
        weighted=weighted,
        subsets=subsets,
        variables=variables,
        known=_known(run),
        sizes=area_sizes(workspace, run),
    )
    if not has_validation(folder):
        return usual
    if is_outdated(run, folder):
        warnings.append(
            "The check with unseen households is of an earlier state of this run. Repeat it in the"
            " tab Unseen."
        )
    return replace(
        usual, outside=read_validation(folder), facts=read_facts(folder), warnings=tuple(warnings)
    )


def _known(run: Run) -> KnownRecord | None:
    if not has_known_answers(known_answers_folder(run)):
        return None
    found = read_known(run)
    return KnownRecord(found.areas, summarise(found.areas), found.hidden)


def check_note(facts: Mapping[str, Any]) -> str:
    """Say how the check with unseen households was made."""
    folds = int(facts.get("folds", 0))
    households = count(float(facts.get("households", 0)), "household")
    took = duration(facts.get("seconds"))
    return (
        f"{households} in {folds} parts; each part fused by models trained on the others"
        f"{f'. It took {took}' if took else ''}."
    )


def _lacks_reliability(validation: Validation) -> bool:
    categories = validation.metrics["level"].fillna("").astype(str) != ""
    return validation.reliability.empty and bool(categories.any())
