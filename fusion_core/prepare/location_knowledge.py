"""What a run knows of where households live, and what it does not, in sentences.

A fused map shows differences between areas only as far as predictors, or the place a donor publishes,
show them. What these are differs from donor to donor, so every run says it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusion_core.geography.known_places import donor_intersections, place_kind
from fusion_core.geography.local_context import read_contexts
from fusion_core.geography.location import PUMA, SHARE, place_columns

if TYPE_CHECKING:
    import pandas as pd

    from fusion_core.geography.local_context import LocalContext
    from fusion_core.prepare.assemble import PredictorPool
    from fusion_core.surveys.source import SurveySource
    from fusion_core.workspace.layout import Workspace

_PLURALS = {"state": "states", "region": "regions", "division": "divisions"}


def location_knowledge(
    workspace: Workspace, donor: SurveySource, pool: PredictorPool, predictors: pd.DataFrame
) -> tuple[str, ...]:
    """Say what a run knows of where households live.

    Parameters
    ----------
    workspace, donor
        Where contexts and intersections are, and the donor.
    pool
        What the pair offers.
    predictors
        Which of it the run uses (see `choose_predictors`).

    Returns
    -------
    tuple of str
        One sentence each: the published place, the local contexts, the spatial predictors, and what
        is not known.
    """
    used = predictors[predictors["kept"]]
    contexts = [
        item
        for item in read_contexts(workspace, donor.id)
        if item.variable in set(used.loc[used["source"] == "context", "predictor"])
    ]
    spatial = int((used["source"] == "spatial").sum())
    places = _places(workspace, donor, pool)
    names_puma = PUMA in donor.column_names("household")
    return (
        _published(donor, places, names_puma=names_puma),
        *(_drawn(item) for item in contexts),
        *_spatial(spatial, contexts),
        _lacking(places, contexts, spatial, names_puma=names_puma),
    )


def _places(workspace: Workspace, donor: SurveySource, pool: PredictorPool) -> dict[str, int]:
    """Return what the donor's places that narrow the PUMA are, and how many there are of each.

    A column whose places follow from those of another, such as the region of a state, adds nothing.
    """
    if PUMA not in pool.recipient.columns:
        return {}
    published = [name for name in donor.description.geography if name in pool.donor.columns]
    areas = pool.recipient[PUMA].dropna().unique()
    tables = donor_intersections(workspace, pool.donor, published, areas)
    counts = {
        name: int(pool.donor[name].nunique()) for table in tables for name in place_columns(table)
    }
    kept: list[pd.DataFrame] = []
    for table in sorted(
        tables, key=lambda table: -max(counts[name] for name in place_columns(table))
    ):
        if not any(_follows(table, finer) for finer in kept):
            kept.append(table)
    return {
        place_kind(name, pool.donor[name].dropna().unique()): counts[name]
        for table in kept
        for name in place_columns(table)
    }


def _follows(coarse: pd.DataFrame, fine: pd.DataFrame) -> bool:
    """Whether the place of one table follows from that of another, wherever PUMAs lie in one of each."""
    both = [table[table[SHARE] > 0] for table in (coarse, fine)]
    if any(table[PUMA].duplicated().any() for table in both):
        return False
    joined = both[0].merge(both[1], on=PUMA)
    places = joined[place_columns(fine)].astype(str).agg(" / ".join, axis=1)
    labels = joined[place_columns(coarse)].astype(str).agg(" / ".join, axis=1)
    return bool(len(joined) and labels.groupby(places).nunique().max() == 1)


def _published(donor: SurveySource, places: dict[str, int], *, names_puma: bool) -> str:
    title = donor.id.title
    if names_puma:
        return f"{title} names the PUMA of its households."
    if not places:
        return f"{title} publishes no place that could be related to PUMAs."
    named = " and ".join(
        f"{count:,} {_PLURALS.get(kind, f'places ({kind})')}" for kind, count in places.items()
    )
    return f"{title} publishes in which of {named} its households live."


def _drawn(context: LocalContext) -> str:
    counted = {"population": "people", "housing": "homes"}.get(context.weight, context.weight)
    by = f" with the same {context.by}" if context.by else ""
    when = f", {context.vintage}" if context.vintage else ""
    return (
        f"Models learn from the {context.title} that the donor publishes ({context.variable}, "
        f"{len(context.classes)} classes); each recipient household draws a class per implicate from "
        f"the {context.areas} of its PUMA, as {counted}{by} are spread over them{when}."
    )


def _spatial(count: int, contexts: list[LocalContext]) -> list[str]:
    if not count:
        return []
    what = "1 spatial predictor describes" if count == 1 else f"{count} spatial predictors describe"
    beside = f", unlike {contexts[0].variable}" if contexts else ""
    differ = "the mean of a PUMA is not the value of the neighbourhood a household lives in"
    return [f"{what} whole PUMAs{beside}: {differ}."]


def _lacking(
    places: dict[str, int], contexts: list[LocalContext], spatial: int, *, names_puma: bool
) -> str:
    if names_puma:
        return "Differences within PUMAs are known as far as the predictors show them."
    within = " and ".join(
        [
            *([f"one {' and '.join(places)}"] if places else []),
            *(f"one class of {item.variable}" for item in contexts),
        ]
    )
    shown = "harmonized and spatial predictors" if spatial else "harmonized predictors"
    if not within:
        return (
            f"How areas differ is known only as far as the {shown} show it: what else sets them apart "
            "is not on the map."
        )
    return (
        f"Within {within}, how areas differ is known only as far as the {shown} show it: what else "
        "sets them apart is not on the map."
    )
