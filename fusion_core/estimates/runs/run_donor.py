"""The donor of a run as a sample, from the tables its preparation stored."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fusion_core.estimates.published import (
    has_published_donor,
    read_published_donor,
)
from fusion_core.estimates.variance import (
    AreaRule,
    DonorPlaces,
    DonorSample,
    Locality,
    weighted_scale,
)
from fusion_core.geography.known_places import donor_intersections
from fusion_core.geography.local_context import as_intersections, read_contexts
from fusion_core.geography.location import PUMA
from fusion_core.geography.nesting import nested_areas
from fusion_core.geography.published_location import (
    LARGEST_INFLATION,
    published_location,
    published_regions,
)
from fusion_core.surveys.model import HOUSEHOLD_KEY, WEIGHT
from fusion_core.workspace.files import read_json
from fusion_core.workspace.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_core.surveys.weight_design import WeightDesign
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run


def donor_of_run(
    workspace: Workspace, run: Run, recipient: pd.DataFrame, variables: Sequence[str]
) -> DonorSample | None:
    """Read the donor of a run; its predictors are the answers both prepared tables hold.

    Parameters
    ----------
    workspace, run
        Where it is.
    recipient
        The prepared recipient.
    variables
        Names of the fused variables.

    Returns
    -------
    DonorSample or None
        What was published of the donor where the run was opened from a published data set;
        ``None`` where the run holds no donor.
    """
    path = run.input_folder / "donor.parquet"
    if not path.exists():
        return _published_donor(run, recipient)
    donor = read_table(path, what="The prepared input", fix="Start the run again")
    survey = workspace.stored_survey(run.spec().pair.donor)
    described = survey.description
    other = {HOUSEHOLD_KEY, WEIGHT, PUMA, *described.geography, *described.design.columns}
    predictors = [
        str(name) for name in donor.columns if name in recipient.columns and name not in other
    ]
    # A survey that says the PUMA itself has nothing to be expected.
    imputed = PUMA in donor.columns and PUMA not in survey.column_names("household")
    spatial = _predictors(run, "spatial") if imputed else []
    spatial = [name for name in spatial if name in predictors]
    published = [name for name in described.geography if name in donor.columns]
    classes = [
        as_intersections(context)
        for context in read_contexts(workspace, run.spec().pair.donor)
        if context.variable in _predictors(run, "context")
    ]
    rule = _area_rule(run, recipient)
    intersections = (
        donor_intersections(workspace, donor, published, recipient[PUMA].unique())
        if spatial or rule is not None
        else []
    )
    sample = sample_with_location(
        donor,
        recipient,
        predictors=predictors,
        spatial=spatial,
        variables=variables,
        design=described.design,
        intersections=[*intersections, *classes],
    )
    if rule is None:
        known = PUMA in recipient.columns
        return replace(sample, locality=_locality(None, recipient)) if known else sample
    return with_areas(sample, rule, donor, recipient, intersections=intersections)


def _published_donor(run: Run, recipient: pd.DataFrame) -> DonorSample | None:
    """Return what was published of the donor; ``None`` where nothing was."""
    folder = run.published_folder
    if not has_published_donor(folder):
        return None
    donor = read_published_donor(folder)
    rule = _area_rule(run, recipient) if donor.knows_areas else None
    if PUMA not in recipient.columns:
        return donor
    locality = _locality(rule, recipient)
    if donor.regions is None:
        return replace(donor, locality=locality)
    regions = np.zeros(int(locality.areas.max()) + 1, dtype=np.intp)
    regions[locality.areas] = donor.regions
    return replace(donor, locality=replace(locality, regions=regions))


def _area_rule(run: Run, recipient: pd.DataFrame) -> AreaRule | None:
    """Return what the run's known answers say of areas; ``None`` where it asked for none."""
    if not run.area_rule_file.is_file() or PUMA not in recipient.columns:
        return None
    return AreaRule.from_record(read_json(run.area_rule_file), where=str(run.area_rule_file))


def with_areas(
    sample: DonorSample,
    rule: AreaRule,
    donor: pd.DataFrame,
    recipient: pd.DataFrame,
    *,
    intersections: Sequence[pd.DataFrame] = (),
) -> DonorSample:
    """Return a donor with where households live and what is known of how areas differ.

    Parameters
    ----------
    sample
        The donor without it.
    rule
        Learned from known answers.
    donor, recipient
        The prepared surveys; the recipient with its PUMAs.
    intersections
        How the places the donor publishes overlap PUMAs.
    """
    locality = _locality(rule, recipient)
    many = donor_places(rule, donor, recipient)
    if many is not None:
        return replace(sample, locality=locality, places=many)
    areas = [str(area) for area in recipient[PUMA].unique()]
    found = published_regions(donor, areas, intersections)
    if found is None:
        return replace(sample, locality=locality)
    own, regions = found
    return replace(sample, locality=replace(locality, regions=regions), places=own)


def donor_places(
    rule: AreaRule, donor: pd.DataFrame, recipient: pd.DataFrame
) -> DonorPlaces | None:
    """Return where the donors of a rule live; ``None`` where the donor publishes no places.

    Parameters
    ----------
    rule, donor, recipient
        As in `with_areas`.
    """
    if not rule.place or rule.place not in donor.columns:
        return None
    known = [name for name in rule.predictors if name in donor.columns]
    own = DonorSample.build(donor, recipient.head(1), predictors=known, variables=[])
    places = np.asarray(pd.factorize(donor[rule.place])[0], dtype=np.intp)
    return DonorPlaces(own.own.matrix, own.weights[:, 0], places)


def _locality(rule: AreaRule | None, recipient: pd.DataFrame) -> Locality:
    codes, names = pd.factorize(recipient[PUMA])
    return Locality(
        rule, np.asarray(codes, dtype=np.intp), nested_areas([str(name) for name in names])
    )


def sample_with_location(
    donor: pd.DataFrame,
    recipient: pd.DataFrame,
    *,
    predictors: Sequence[str],
    spatial: Sequence[str],
    variables: Sequence[str],
    design: WeightDesign,
    intersections: Sequence[pd.DataFrame],
) -> DonorSample:
    """Encode a prepared donor and recipient, spatial predictors by what the donor publishes.

    Parameters
    ----------
    donor, recipient, predictors, variables, design
        As `DonorSample.build`.
    spatial
        Those predictors that were joined by an imputed PUMA (see
        `fusion_core.geography.published_location`).
    intersections
        How the places the donor publishes overlap PUMAs.
    """
    if not spatial:
        return DonorSample.build(
            donor, recipient, predictors=predictors, variables=variables, design=design
        )
    found = published_location(donor, recipient, intersections, spatial)
    rest = [name for name in predictors if name not in spatial]
    sample = DonorSample.build(
        pd.concat([donor, found.donor], axis=1),
        pd.concat([recipient[rest], found.recipient], axis=1),
        predictors=[*rest, *found.donor.columns],
        variables=variables,
        design=design,
    )
    spread = np.array([_spread(column, donor[WEIGHT]) for _, column in found.donor.items()])
    return sample.with_location(
        found.unseen, spread[:, None] * found.ties, found.unseen_ties, 1.0 / LARGEST_INFLATION
    )


def _spread(column: pd.Series[Any], weight: pd.Series[Any]) -> float:
    """Return the standard deviation by which a component is divided in a regression."""
    values, mass = column.to_numpy(dtype=np.float64), weight.to_numpy(dtype=np.float64)
    known = np.isfinite(values) & (mass > 0)
    return weighted_scale(values[known], mass[known])[1]


def _predictors(run: Run, source: str) -> list[str]:
    """Return the run's predictors of a source that it uses, or whose use is not recorded."""
    record = read_json(run.input_folder / "prepare.json")
    return [
        row["predictor"]
        for row in record["predictors"]
        if row["source"] == source and row.get("kept", True)
    ]
