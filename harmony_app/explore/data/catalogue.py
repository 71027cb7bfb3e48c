"""What can be shown: finished runs with their fused variables, and surveys with areas of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from fusion_core.calibration import StoredTotals, stored_totals
from fusion_core.derived.outcomes import outcome_variables, read_outcomes
from fusion_core.errors import HarmonyError, InputError
from fusion_core.estimates.margins import LocalKnowledge, local_knowledge
from fusion_core.estimates.places import kinds_by_shares
from fusion_core.execution.years import YearsApart, years_apart
from fusion_core.geography.definitions import check_definitions
from fusion_core.geography.drawn import can_be_drawn
from fusion_core.surveys.model import Dictionary, SurveyDescription, SurveyId, Variable
from fusion_core.surveys.weight_design import WeightDesign
from fusion_core.workspace.combinations import (
    Combination,
    combination_names,
    open_combination,
)
from fusion_core.workspace.independent_tables import StoredTable, stored_tables
from fusion_core.workspace.runs import Run, RunSpec, list_runs
from harmony_app.explore.data._small_areas import small_kinds
from harmony_app.explore.view import choose_totals, estimate_request, is_small

if TYPE_CHECKING:
    from fusion_core.workspace.layout import Workspace
    from harmony_app.explore.view import EstimateRequest, ExploreState

SURVEY_PREFIX: Final = "survey:"
_MOST_PLACES: Final = 100
COMBINATION_PREFIX: Final = "combination:"


@dataclass(frozen=True)
class Source:
    """Something estimates can be made from.

    Attributes
    ----------
    id
        Run identifier, ``combination:NAME`` or ``survey:NAME_VINTAGE``.
    title
        Name for people.
    survey
        The survey whose households carry the weights and the areas.
    run
        The run, or the combination of runs; ``None`` for a survey alone.
    specs
        The requests of the runs behind it.
    variables
        What can be mapped, by name: outcomes and fused variables first, then the survey's own answers.
    columns
        What a subgroup may use, by name: the mapped variables, and places a person picks by name.
    own
        Those of the columns that the survey itself answered, and nobody fused.
    geography
        Columns that say where its households live, the coarsest first.
    area_kinds
        What can be mapped: those of them that have boundaries, the finest first, areas that cut
        through PUMAs, and then the tracts and block groups its households are allocated to.
    design
        Replication design of the survey.
    notes
        What to know of its areas and the boundaries, one sentence each.
    years
        How far apart the years of each donor and the recipient are; none for a survey alone.
    local
        What a run knows of where households live.
    donor_places
        Most places that a column of the donor tells apart; ``None`` where that is not known.
    """

    id: str
    title: str
    survey: SurveyId
    run: Run | Combination | None = None
    specs: tuple[RunSpec, ...] = ()
    variables: Mapping[str, Variable] = field(default_factory=dict)
    columns: Mapping[str, Variable] = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    geography: tuple[str, ...] = ("puma",)
    area_kinds: tuple[str, ...] = ("puma",)
    design: WeightDesign = field(default_factory=WeightDesign)
    notes: tuple[str, ...] = ()
    years: tuple[YearsApart, ...] = ()
    local: LocalKnowledge | None = None
    donor_places: int | None = None

    def is_by_shares(self, kind: str) -> bool:
        """Whether areas of a kind cut through PUMAs, and are put together of parts of them."""
        return kind not in self.geography and not is_small(kind)

    @property
    def readable(self) -> dict[str, Variable]:
        """What an expression may read: `columns`, and every column areas are formed by."""
        places = {name: Variable(name, type="nominal") for name in self.geography}
        return {**places, **self.columns}

    @property
    def fused(self) -> dict[str, Variable]:
        """Those of the variables that were fused, or are outcomes of what was."""
        return {name: item for name, item in self.variables.items() if name not in self.own}

    @property
    def replicates(self) -> int:
        """Number of replicate weights of the survey."""
        return self.design.replicates

    def apart(self, request: EstimateRequest) -> str:
        """Return how far apart the years of what was asked are, in a few words; empty where they are not."""
        asked = [item for item in (request.statistic, request.second) if item is not None]
        read = {name for item in asked for name in (item.variable, item.denominator) if name}
        if not request.where and read <= self.own:
            return ""  # answers of one year alone
        if len(self.years) == 1:
            return self.years[0].short
        return " ".join(f"{item.donor}: {item.short}" for item in self.years if item.short)

    @property
    def is_fused(self) -> bool:
        """Whether the estimates are modelled rather than answered."""
        return self.run is not None

    @property
    def donors(self) -> tuple[str, ...]:
        """Titles of the donors."""
        return tuple(spec.pair.donor.title for spec in self.specs)

    @property
    def implicates(self) -> int:
        """Number of implicates that all its runs have, 0 for a survey alone."""
        return min((spec.implicates for spec in self.specs), default=0)


@dataclass(frozen=True)
class Catalogue:
    """All sources of a workspace, and the runs that are not ready.

    Attributes
    ----------
    sources
        By identifier; finished runs newest first, then combinations, then surveys alone.
    waiting
        Runs that have not finished.
    problems
        One sentence per run, survey or table that cannot be read.
    tables
        Independent tables estimates can be compared with.
    totals
        Known totals estimates can be calibrated to.
    """

    sources: Mapping[str, Source]
    waiting: tuple[Run, ...] = ()
    problems: tuple[str, ...] = ()
    tables: tuple[StoredTable, ...] = ()
    totals: tuple[StoredTotals, ...] = ()

    @property
    def titles(self) -> dict[str, str]:
        """Identifier by title, as a drop-down wants it; equal titles are told apart."""
        named: dict[str, str] = {}
        for source in self.sources.values():
            title = source.title if source.title not in named else f"{source.title} · {source.id}"
            named[title] = source.id
        return named

    def with_totals(self, state: ExploreState) -> ExploreState:
        """Return a view, uncalibrated where its known totals say nothing of what is shown."""
        if not state.totals:
            return state
        known = next((item for item in self.totals if item.name == state.totals), None)
        fused = self.sources[state.source].fused
        try:
            asked = estimate_request(state).statistic
        except InputError:  # a statistic that is not complete yet
            return choose_totals(state, "")
        says = known is not None and asked.variable in fused and known.of(asked)
        return state if says else choose_totals(state, "")


def read_catalogue(workspace: Workspace) -> Catalogue:
    """Look up what a workspace can show; a damaged run does not hide the others."""
    sources: dict[str, Source] = {}
    waiting: list[Run] = []
    problems: list[str] = []
    for run in list_runs(workspace):
        try:
            if run.state().status != "finished":
                waiting.append(run)
                continue
            source = _run_source(workspace, run)
        except HarmonyError as error:
            problems.append(f"Run {run.id}: {error.message}")
            continue
        sources[source.id] = source
    for name in combination_names(workspace):
        try:
            joined = _combination_source(workspace, open_combination(workspace, name), sources)
        except HarmonyError as error:
            problems.append(f"Combination {name}: {error.message}")
            continue
        sources[joined.id] = joined
    for survey in workspace.survey_ids():
        try:
            alone = _survey_source(workspace, survey)
        except HarmonyError as error:
            problems.append(f"{survey.title}: {error.message}")
            continue
        if alone is not None:
            sources[alone.id] = alone
    tables, damaged = stored_tables(workspace)
    totals, unreadable = stored_totals(workspace)
    return Catalogue(sources, tuple(waiting), (*problems, *damaged, *unreadable), tables, totals)


def fused_names(spec: RunSpec) -> tuple[str, ...]:
    """Return the fusion variables of a request, blocks opened."""
    names: list[str] = []
    for item in spec.fusion_variables:
        names.extend([item] if isinstance(item, str) else item)
    return tuple(names)


def _run_source(workspace: Workspace, run: Run) -> Source:
    spec = run.spec()
    donor = workspace.dictionary(spec.pair.donor)
    recipient = workspace.dictionary(spec.pair.recipient)
    description = workspace.describe(spec.pair.recipient)
    kinds, notes = _mapped_kinds(workspace, description)
    fused = {
        name: donor.require(name, where=f"dictionary of {spec.pair.donor.title}")
        for name in fused_names(spec)
    }
    return Source(
        id=run.id,
        title=f"{spec.name} · {spec.pair.donor.title} → {spec.pair.recipient.title}",
        survey=spec.pair.recipient,
        run=run,
        specs=(spec,),
        geography=description.geography,
        area_kinds=(*kinds, *small_kinds(workspace, spec.pair.recipient)),
        years=(years_apart(workspace, run),),
        design=description.design,
        local=local_knowledge(workspace, run),
        donor_places=_donor_places(donor, workspace.describe(spec.pair.donor)),
        **_named(run, (run,), fused, recipient, description, notes=notes),
    )


def _donor_places(dictionary: Dictionary, description: SurveyDescription) -> int | None:
    """Return how many places the donor's most detailed column of places has levels for."""
    known = [dictionary[name] for name in description.geography if name in dictionary]
    return max((len(item.levels) for item in known), default=0) or None


def _named(
    run: Run | Combination,
    runs: Sequence[Run],
    fused: Mapping[str, Variable],
    recipient: Dictionary,
    description: SurveyDescription,
    *,
    notes: tuple[str, ...],
) -> dict[str, Any]:
    """Return what can be mapped and read: fused variables, derived outcomes and the survey's own."""
    answers = {item.name: item for item in recipient.answers("household") if item.name not in fused}
    own = {**answers, **_places_by_name(recipient, description)}
    defined = read_outcomes(run.derived_path)
    places = _place_columns(runs) if defined else {}
    outcomes, problems = outcome_variables(defined, {**places, **fused, **own})
    return {
        "variables": {**outcomes, **fused, **answers},
        "columns": {**outcomes, **fused, **own},
        "own": frozenset(own),
        "notes": (*notes, *problems),
    }


def _place_columns(runs: Sequence[Run]) -> dict[str, Variable]:
    """Return the predictors of places that runs have, which outcomes may be built from."""
    from fusion_core.prepare.storage import place_predictors

    return {
        name: Variable(name, type="continuous")
        for one in runs
        for name in place_predictors(one.input_folder)
    }


def _places_by_name(dictionary: Dictionary, description: SurveyDescription) -> dict[str, Variable]:
    """Return the places a person picks by name, such as a state."""
    found = {}
    for name in description.geography:
        place = dictionary.get(name)
        if place is not None and 0 < len(place.levels) <= _MOST_PLACES:
            found[name] = place
    return found


def _combination_source(
    workspace: Workspace, combination: Combination, sources: Mapping[str, Source]
) -> Source:
    """Return runs that are analysed together; they must all be finished and readable."""
    parts = [(part, sources.get(part.run)) for part in combination.parts]
    missing = [part.run for part, source in parts if source is None]
    if missing:
        raise InputError(
            f"The run '{missing[0]}' does not exist, or has not finished",
            fix="Wait for it, or create the combination again",
        )
    known = [(part, source) for part, source in parts if source is not None]
    fused = {
        name: item
        for part, source in known
        for name, item in source.variables.items()
        if name in fused_names(source.specs[0]) and name in (part.variables or source.variables)
    }
    first = known[0][1]
    recipient, described = workspace.dictionary(first.survey), workspace.describe(first.survey)
    specs = tuple(source.specs[0] for _, source in known)
    donors = " and ".join(spec.pair.donor.title for spec in specs)
    kinds = tuple(dict.fromkeys(note for _, source in known for note in source.notes))
    return Source(
        id=f"{COMBINATION_PREFIX}{combination.name}",
        title=f"{combination.name} · {donors} → {first.survey.title}",
        survey=first.survey,
        run=combination,
        specs=specs,
        geography=first.geography,
        area_kinds=first.area_kinds,
        design=first.design,
        years=tuple(year for _, source in known for year in source.years),
        local=local_knowledge(workspace, combination),
        **_named(
            combination, combination.runs(workspace), fused, recipient, described, notes=kinds
        ),
    )


def _survey_source(workspace: Workspace, survey: SurveyId) -> Source | None:
    """Return a survey whose households are known by areas with boundaries, else nothing."""
    folder = workspace.survey_folder(survey)
    description = workspace.describe(survey)
    if not (folder / "household.parquet").exists():
        return None
    kinds, notes = _mapped_kinds(workspace, description)
    if not kinds:
        return None
    answers = {item.name: item for item in workspace.dictionary(survey).answers("household")}
    return Source(
        id=f"{SURVEY_PREFIX}{survey}",
        title=f"{survey.title} alone (no fusion)",
        survey=survey,
        variables=answers,
        columns=answers,
        own=frozenset(answers),
        geography=description.geography,
        area_kinds=(*kinds, *small_kinds(workspace, survey)),
        notes=notes,
        design=description.design,
    )


def _mapped_kinds(
    workspace: Workspace, description: SurveyDescription
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the geography columns that can be drawn, the finest first, and what is to be said.

    Boundaries of areas that another census defined are refused.

    Raises
    ------
    InputError
        If there are boundaries, but all are refused.
    """
    stored = [kind for kind in reversed(description.geography) if can_be_drawn(workspace, kind)]
    kinds, notes, refused = [], [], None
    for kind in stored:
        try:
            note = check_definitions(workspace, description, kind)
        except InputError as error:
            refused = error
            notes.append(error.message)
            continue
        kinds.append(kind)
        if note:
            notes.append(note)
    if refused is not None and not kinds:
        raise refused
    if "puma" in description.geography:
        shared = [kind for kind in kinds_by_shares(workspace) if kind not in description.geography]
        kinds += [kind for kind in shared if can_be_drawn(workspace, kind)]
    return tuple(kinds), tuple(notes)
