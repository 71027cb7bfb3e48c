"""Known answers of a run: which predictors to hide, what gives them away, and where they are kept."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from fusion_core.errors import InputError
from fusion_core.execution.budget import available_cores
from fusion_core.geography.known_places import donor_intersections
from fusion_core.geography.location import PUMA
from fusion_core.geography.published_location import published_regions
from fusion_core.surveys.model import WEIGHT
from fusion_core.workspace.runs import KNOWN_ANSWERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from fusion_core.estimates.variance import DonorSample
    from fusion_core.harmony.model import Side, SurveyPair
    from fusion_core.prepare import PreparedInput
    from fusion_core.surveys.model import SurveyId
    from fusion_core.validation.known_answers import KnownAnswers, KnownAnswerSettings, KnownPair
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run, RunSpec

    Progress = Callable[[float, str], None]

# A place of fewer donors on average says little of what it has beyond the predictors.
_DONORS_IN_PLACE: Final = 30
_FEWEST_PLACES: Final = 10
REGION: Final = "region of the donor's"
"""Column that `with_regions` adds."""
# Part of the time for questions both surveys asked.
_HARMONIZED: Final = 0.5


def known_answers_folder(run: Run) -> Path:
    """Return the folder of a run's known answers."""
    from fusion_core.validation.known_answers import KNOWN_ANSWERS

    return run.validation_folder / KNOWN_ANSWERS


def answer_known(
    workspace: Workspace, run: Run, settings: KnownAnswerSettings, progress: Progress
) -> None:
    """Hide what the recipient knows, fuse it, compare every area, and store what came out.

    Raises
    ------
    InputError
        If the recipient has no PUMAs, or none of its predictors can be hidden.
    CorruptFileError
        If a file of the run is missing or altered.
    """
    from fusion_core.execution.validating import fingerprint
    from fusion_core.fusion.base import Purpose, integer_seed
    from fusion_core.prepare import read_prepared
    from fusion_core.validation.known_answers import (
        ask_known_answers,
        ask_own_questions,
        household_predictors,
        learn_rule,
        write_known_answers,
    )

    started = time.monotonic()
    spec, prepared = run.spec(), read_prepared(run.input_folder)
    pair = known_pair(workspace, run, prepared)
    answers = ask_known_answers(
        pair,
        settings,
        seed=integer_seed(spec.seed, Purpose.VALIDATION, "known answers"),
        sample_of=_sample_of(workspace, prepared, spec.pair.donor),
        threads=available_cores(),
        progress=lambda share, words: progress(_HARMONIZED * share, words),
    )
    if answers.areas.empty:
        raise InputError(
            "None of the predictors can be hidden",
            fix="Harmonize more variables of the two surveys",
        )
    own = ask_own_questions(
        pair,
        workspace.stored_survey(spec.pair.recipient),
        settings,
        seed=spec.seed,
        threads=available_cores(),
        progress=lambda share, words: progress(_HARMONIZED * (1.0 + share), words),
    )
    if own is not None:
        answers = answers.joined(own)
    progress(1.0, "Known answers are compared")
    rule = learn_rule(
        answers.areas,
        PUMA,
        predictors=household_predictors(
            prepared.recipient, pair.predictors, pd.factorize(prepared.recipient[PUMA])[0]
        ),
        place=pair.place,
    )
    write_known_answers(
        answers,
        known_answers_folder(run),
        settings=settings,
        rule=rule,
        fingerprint=fingerprint(run),
        facts={
            "place": pair.place,
            "predictors": list(pair.predictors),
            "seconds": round(time.monotonic() - started, 1),
        },
    )


def known_settings(spec: RunSpec) -> KnownAnswerSettings:
    """Return how a run asks for known answers; an earlier run that did not, as one does by default."""
    from fusion_core.validation.known_answers import KnownAnswerSettings

    return KnownAnswerSettings(most=spec.known_answers or KNOWN_ANSWERS)


def read_known(run: Run) -> KnownAnswers:
    """Read a run's known answers, with their margins (`with_margins`).

    Raises
    ------
    CorruptFileError
        If a file is missing or damaged.
    """
    from fusion_core.validation.known_answers import learn_rule, read_known_answers, with_margins

    found = read_known_answers(known_answers_folder(run))
    return dataclasses.replace(found, areas=with_margins(found, learn_rule(found.areas, PUMA)))


def known_summary(run: Run) -> pd.DataFrame | None:
    """Return what a run's known answers show, variable by variable; ``None`` where it asked for none.

    Raises
    ------
    CorruptFileError
        If a file is missing or damaged.
    """
    from fusion_core.validation.known_answers import has_known_answers, summarise

    if not has_known_answers(known_answers_folder(run)):
        return None
    return summarise(read_known(run).areas)


def is_known_outdated(run: Run) -> bool:
    """Whether the files known answers follow from have changed since."""
    from fusion_core.execution.validating import fingerprint
    from fusion_core.validation.known_answers import read_known_facts

    return bool(read_known_facts(known_answers_folder(run))["fingerprint"] != fingerprint(run))


def known_pair(workspace: Workspace, run: Run, prepared: PreparedInput) -> KnownPair:
    """Return the prepared surveys of a run as a pair whose predictors can be hidden.

    Raises
    ------
    InputError
        If the recipient has no PUMAs.
    """
    from fusion_core.validation.known_answers import KnownPair

    if PUMA not in prepared.recipient.columns:
        raise InputError(
            "Known answers are compared by PUMA, and the recipient names none",
            fix="Import the recipient with its PUMAs",
        )
    described = workspace.describe(run.spec().pair.donor)
    donor, recipient = prepared.donor, prepared.recipient
    place, regions = published_place(donor, described.geography), ""
    if not place:
        overlaps = _intersections(workspace, prepared, described.geography)
        donor, recipient, regions = with_regions(donor, recipient, overlaps)
    return KnownPair(
        donor,
        recipient,
        tuple(prepared.kept),
        PUMA,
        harmonized_sources(workspace, run.spec().pair),
        place=place,
        regions=regions,
        weight=WEIGHT,
        given=prepared.given,
    )


def with_regions(
    donor: pd.DataFrame, recipient: pd.DataFrame, intersections: Sequence[pd.DataFrame]
) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    """Add the few places a donor publishes to both surveys (`published_regions`).

    Parameters
    ----------
    donor, recipient
        The prepared surveys.
    intersections
        How the places the donor publishes overlap PUMAs.

    Returns
    -------
    tuple
        Donor, recipient, and the name of the column; the tables as they were and no name where the
        donor publishes no such places.
    """
    areas = recipient[PUMA].dropna().unique()
    found = published_regions(donor, [str(area) for area in areas], intersections)
    if found is None:
        return donor, recipient, ""
    own, held = found
    code = recipient[PUMA].map(dict(zip(areas, held, strict=True))).fillna(-1).astype(int)
    return donor.assign(**{REGION: own}), recipient.assign(**{REGION: code}), REGION


def _intersections(
    workspace: Workspace, prepared: PreparedInput, published: Sequence[str]
) -> list[pd.DataFrame]:
    """Return how the places the donor publishes overlap the recipient's PUMAs."""
    areas = prepared.recipient[PUMA].dropna().unique()
    return donor_intersections(workspace, prepared.donor, published, areas)


def published_place(donor: pd.DataFrame, geography: Sequence[str]) -> str:
    """Return the column of the donor with the smallest places that have donors enough; empty for none.

    Parameters
    ----------
    donor
        The prepared donor.
    geography
        Columns with published places.
    """
    best, most = "", _FEWEST_PLACES - 1
    for name in geography:
        if name not in donor.columns or name == PUMA:
            continue
        places = int(donor[name].nunique())
        if most < places <= len(donor) / _DONORS_IN_PLACE:
            best, most = name, places
    return best


def _sample_of(
    workspace: Workspace, prepared: PreparedInput, survey: SurveyId
) -> Callable[[pd.DataFrame, pd.DataFrame, Sequence[str], str], DonorSample]:
    """Return what encodes the donor for its own sampling error, as for the estimates of the run."""
    from fusion_core.estimates.runs import sample_with_location

    table = prepared.predictors
    spatial = set(table.loc[table["source"] == "spatial", "predictor"])
    stored = workspace.stored_survey(survey)
    imputed = PUMA in prepared.donor.columns and PUMA not in stored.column_names("household")
    intersections = _intersections(workspace, prepared, stored.description.geography)

    def sample_of(
        donor: pd.DataFrame, recipient: pd.DataFrame, predictors: Sequence[str], variable: str
    ) -> DonorSample:
        return sample_with_location(
            donor,
            recipient,
            predictors=predictors,
            spatial=[name for name in predictors if imputed and name in spatial],
            variables=[variable],
            design=prepared.donor_design,
            intersections=intersections,
        )

    return sample_of


def harmonized_sources(workspace: Workspace, pair: SurveyPair) -> dict[str, frozenset[str]]:
    """Return the columns of either survey that each harmonized predictor follows from.

    Parameters
    ----------
    workspace, pair
        Where the harmonies are, and of which surveys.
    """
    from fusion_core.harmony.store import HarmonyStore

    parts = (workspace.built_from(pair.donor), workspace.built_from(pair.recipient))
    return {
        harmony.key: _columns(harmony.donor, parts[0], pair.donor)
        | _columns(harmony.recipient, parts[1], pair.recipient)
        for harmony in HarmonyStore(workspace.path, pair).load().harmonies
    }


def _columns(side: Side, built_from: Mapping[str, Any], survey: SurveyId) -> frozenset[str]:
    from fusion_core.harmony.expressions import mentioned_columns

    named = {side.variable}
    if side.adjustment:  # it takes the variable's place
        named = set(mentioned_columns(side.adjustment))
    if side.universe:
        named |= set(mentioned_columns(side.universe))
    found = set(named)
    for name in named:
        found |= set(built_from.get(name, ()))
    return frozenset(f"{name} of {survey.title}" for name in found)
