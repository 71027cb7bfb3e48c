"""How far a workspace is on its way from raw files to a fused map: what is there, what is missing.

Five steps: a recipient survey, donor surveys, places, harmonies between a donor and the recipient,
and a finished run. Everything is read from the workspace's folder when it is asked for; nothing is
remembered, and no microdata are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from fusion_core.errors import HarmonyError
from fusion_core.execution.processes import run_status
from fusion_core.geography.levels import level_words
from fusion_core.harmony.store import HarmonyStore, list_pairs
from fusion_core.summaries import counted
from fusion_core.surveys.storage import damaged_files, has_table, read_outline
from fusion_core.workspace.runs import list_runs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fusion_core.harmony.model import SurveyPair
    from fusion_core.surveys.model import SurveyDescription, SurveyId
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run, RunState

StepKey = Literal["recipient", "donors", "places", "harmonies", "run"]
StepState = Literal["done", "under way", "missing", "waiting"]

_PUMA: Final = "puma"
_NEEDS_SURVEYS: Final = "This follows once a recipient and a donor are stored"
_NEEDS_HARMONIES: Final = (
    "This follows once a donor and a recipient with household microdata share a harmony"
)
_NO_MICRODATA: Final = "No pair with harmonies has household microdata of both surveys"
_ENDED_WITHOUT: Final = {
    "failed": "failed",
    "cancelled": "was cancelled",
    "created": "has not started",
}


@dataclass(frozen=True)
class Step:
    """One step of the way.

    Attributes
    ----------
    key
        What the step is about.
    title
        Its name for people.
    state
        ``"done"``; ``"under way"`` while a run is in progress; ``"missing"`` when it can be done
        now; ``"waiting"`` when an earlier step comes first.
    found
        What is there, one clause each.
    missing
        What is missing, a clause; empty when nothing is.
    subject
        Identifier of the survey, pair or run that `found` or `missing` speaks of, or empty.
    progress
        Share done of a run in progress, else ``None``.
    """

    key: StepKey
    title: str
    state: StepState
    found: tuple[str, ...] = ()
    missing: str = ""
    subject: str = ""
    progress: float | None = None


@dataclass(frozen=True)
class Checklist:
    """The steps of a workspace.

    Attributes
    ----------
    steps
        In the order they are taken.
    problems
        What could not be read, one sentence each.
    """

    steps: tuple[Step, ...]
    problems: tuple[str, ...] = ()

    @property
    def next(self) -> Step | None:
        """The first step that is not done; ``None`` when all are."""
        return self.first_open(tuple(step.key for step in self.steps))

    def first_open(self, keys: Sequence[StepKey]) -> Step | None:
        """Return the first of these steps that is not done; ``None`` when all are."""
        return next(
            (step for step in self.steps if step.key in keys and step.state != "done"), None
        )

    @property
    def is_complete(self) -> bool:
        """Whether every step is done."""
        return self.next is None

    def step(self, key: StepKey) -> Step:
        """Return the step with this key."""
        return next(step for step in self.steps if step.key == key)


def read_checklist(workspace: Workspace) -> Checklist:
    """Look up how far a workspace is; what is damaged is named and hides nothing else.

    A survey is a recipient when it has that part in a pair with harmonies or, having none, knows
    the PUMA of its households; every other survey is a donor.

    Raises
    ------
    InputError
        If the folder of surveys or of runs may not be read.
    """
    problems = list(workspace.unreadable_surveys())
    surveys = _described(workspace, problems)
    counts = _harmony_counts(workspace, surveys, problems)
    recipients = _recipients(surveys, counts)
    donors = [survey for survey in surveys if survey not in recipients]
    surveyed = (_recipient_step(workspace, recipients, donors), _donor_step(workspace, donors))
    places = _place_step(workspace, [surveys[survey] for survey in recipients])
    subjects = [step.subject for step in reversed(surveyed)]
    pair = "__".join(subjects) if all(subjects) else ""
    harmonies = _harmony_step(counts, pair, has_surveys=len(surveys) > 1)
    blocked = ""
    if not _is_fusible(workspace, counts):
        follows = any(step.state != "done" for step in (*surveyed, harmonies))
        blocked = _NEEDS_HARMONIES if follows else _NO_MICRODATA
    run = _run_step(workspace, blocked, problems)
    steps = (*surveyed, places, harmonies, run)
    return Checklist(steps, tuple(problems))


def _described(workspace: Workspace, problems: list[str]) -> dict[SurveyId, SurveyDescription]:
    found: dict[SurveyId, SurveyDescription] = {}
    for survey in workspace.survey_ids():
        try:
            found[survey] = workspace.describe(survey)
            damaged = damaged_files(workspace.survey_folder(survey))
            problems += [f"{survey.title}: {item.message}" for item in damaged]
        except HarmonyError as error:
            problems.append(f"{survey.title}: {error.message}")
    return found


def _harmony_counts(
    workspace: Workspace, surveys: Mapping[SurveyId, SurveyDescription], problems: list[str]
) -> dict[SurveyPair, int]:
    """Count the harmonies of every pair whose surveys are stored, pairs without any left out."""
    counts: dict[SurveyPair, int] = {}
    for pair in list_pairs(workspace.path):
        if pair.donor not in surveys or pair.recipient not in surveys:
            continue
        try:
            counts[pair] = len(HarmonyStore(workspace.path, pair).load().harmonies)
        except HarmonyError as error:
            problems.append(error.message)
    return {pair: count for pair, count in counts.items() if count}


def _recipients(
    surveys: Mapping[SurveyId, SurveyDescription], counts: Mapping[SurveyPair, int]
) -> list[SurveyId]:
    chosen = {pair.recipient for pair in counts}
    given = {pair.donor for pair in counts}
    return [
        survey
        for survey, description in surveys.items()
        if survey in chosen or (survey not in given and _PUMA in description.geography)
    ]


def _recipient_step(
    workspace: Workspace, recipients: list[SurveyId], others: list[SurveyId]
) -> Step:
    whole = [survey for survey in recipients if _has_households(workspace, survey)]
    missing = ""
    if not recipients:
        missing = (
            "No survey is stored yet whose households are known by PUMA"
            if others
            else "No survey is stored yet"
        ) + ". The recipient is a large survey that says where people live, such as the ACS"
    elif not whole:
        missing = "The recipient has no household microdata; import its files"
    missing = missing or _damage(workspace, recipients)
    return Step(
        "recipient",
        "Recipient",
        "missing" if missing else "done",
        tuple(_sentence(workspace, survey) for survey in recipients),
        missing,
        _first(whole or recipients),
    )


def _donor_step(workspace: Workspace, donors: list[SurveyId]) -> Step:
    whole = [survey for survey in donors if _has_households(workspace, survey)]
    missing = ""
    if not donors:
        missing = (
            "No donor is stored yet. A donor is a survey with the answers that the recipient "
            "lacks, such as RECS or NHTS"
        )
    elif not whole:
        missing = "No donor has household microdata; import its files"
    missing = missing or _damage(workspace, donors)
    return Step(
        "donors",
        "Donors",
        "missing" if missing else "done",
        tuple(_sentence(workspace, survey) for survey in donors),
        missing,
        _first(whole or donors),
    )


def _damage(workspace: Workspace, surveys: list[SurveyId]) -> str:
    """Say which of the surveys have damaged files; nothing where all are whole."""
    damaged = [item.title for item in surveys if damaged_files(workspace.survey_folder(item))]
    return f"{', '.join(damaged)} cannot be read whole; import it again" if damaged else ""


def _place_step(workspace: Workspace, recipients: list[SurveyDescription]) -> Step:
    kinds = sorted(path.stem for path in workspace.geography_folder.glob("*.parquet"))
    tables = sorted(
        path.stem for path in (workspace.geography_folder / "predictors").glob("*.parquet")
    )
    known = sorted({kind for description in recipients for kind in description.geography})
    found = [f"Boundaries: {', '.join(map(level_words, kinds))}"] if kinds else []
    if tables:
        found.append(f"Spatial tables: {', '.join(tables)}")
    elif kinds:
        found.append("No spatial table; predictors of places, such as climate, are optional")
    missing = ""
    if not kinds:
        areas = level_words(_PUMA if _PUMA in known or not known else known[0])
        missing = f"There are no {areas} boundaries yet, and so no map"
    elif known and not set(kinds) & set(known):
        missing = (
            f"The recipient's households are known by {', '.join(map(level_words, known))}, "
            "of which there are no boundaries"
        )
    return Step("places", "Places", "missing" if missing else "done", tuple(found), missing)


def _harmony_step(counts: Mapping[SurveyPair, int], pair: str, *, has_surveys: bool) -> Step:
    title = "Harmonies"
    if counts:
        found = tuple(
            f"{counted(count, 'harmony', 'harmonies')} of {pair.title}"
            for pair, count in counts.items()
        )
        return Step(
            "harmonies", title, "done", found, subject=str(max(counts, key=counts.__getitem__))
        )
    if not has_surveys:
        return Step("harmonies", title, "waiting", missing=_NEEDS_SURVEYS)
    missing = (
        "No harmony is saved yet. A harmony makes one predictor of a question that both surveys ask"
    )
    return Step("harmonies", title, "missing", missing=missing, subject=pair)


def _run_step(workspace: Workspace, blocked: str, problems: list[str]) -> Step:
    runs = _states(workspace, problems)
    running = [item for item in runs if item[1].is_active]
    finished = [run for run, state in runs if state.status == "finished"]
    if running:
        return _running(*running[0], finished)
    if finished:
        found = f"{_finished(finished)}, the newest “{_name(finished[0])}”"
        return Step("run", "Run", "done", (found,), subject=finished[0].id)
    if runs:
        return _ended_without(*runs[0])
    state: StepState = "waiting" if blocked == _NEEDS_HARMONIES else "missing"
    return Step("run", "Run", state, missing=blocked or "No run has been started yet")


def _running(run: Run, state: RunState, finished: list[Run]) -> Step:
    waits = state.status == "queued"
    doing = f"“{_name(run)}” {'has not begun' if waits else f'is {state.progress:.0%} done'}"
    doing += f": {state.message}" if state.message else ""
    found = (_finished(finished), doing) if finished else (doing,)
    reached: StepState = "done" if finished else "under way"
    return Step("run", "Run", reached, found, subject=run.id, progress=state.progress)


def _ended_without(run: Run, state: RunState) -> Step:
    missing = f"The run “{_name(run)}” {_ENDED_WITHOUT[state.status]}"
    missing += f": {state.message.rstrip('.')}" if state.message else ""
    return Step("run", "Run", "missing", missing=missing, subject=run.id)


def _finished(runs: list[Run]) -> str:
    return counted(len(runs), "finished run", "finished runs")


def _states(workspace: Workspace, problems: list[str]) -> list[tuple[Run, RunState]]:
    found = []
    for run in list_runs(workspace):
        try:
            run.spec()
            found.append((run, run_status(workspace, run)))
        except HarmonyError as error:
            problems.append(f"Run {run.id}: {error.message}")
    return found


def _is_fusible(workspace: Workspace, counts: Mapping[SurveyPair, int]) -> bool:
    return any(
        _has_households(workspace, pair.donor) and _has_households(workspace, pair.recipient)
        for pair in counts
    )


def _has_households(workspace: Workspace, survey: SurveyId) -> bool:
    return has_table(workspace.survey_folder(survey), "household")


def _sentence(workspace: Workspace, survey: SurveyId) -> str:
    if not _has_households(workspace, survey):
        return f"{survey.title}: dictionary only, no household microdata"
    try:
        rows = read_outline(workspace.survey_folder(survey), "household")[0]
    except HarmonyError as error:
        return f"{survey.title}: {error.message}"
    return f"{survey.title}: {counted(rows, 'household', 'households')}"


def _first(surveys: list[SurveyId]) -> str:
    return str(surveys[0]) if surveys else ""


def _name(run: Run) -> str:
    return run.spec().name


__all__ = ["Checklist", "Step", "StepKey", "StepState", "read_checklist"]
