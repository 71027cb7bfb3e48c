"""What a run knows of where households live, and what it does not, in sentences.

A fused map shows differences between areas only as far as predictors, or the place a donor publishes,
show them. What these are differs from donor to donor, so every run says it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusion_core.geography.local_context import read_contexts
from fusion_core.geography.location import PUMA, place_columns, read_intersections

if TYPE_CHECKING:
    import pandas as pd

    from fusion_core.geography.local_context import LocalContext
    from fusion_core.prepare.assemble import PredictorPool
    from fusion_core.surveys.source import SurveySource
    from fusion_core.workspace.layout import Workspace


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
    """Return the donor's columns that narrow the PUMA, and how many places each tells apart."""
    published = [name for name in donor.description.geography if name in pool.donor.columns]
    columns = [
        name for table in read_intersections(workspace, published) for name in place_columns(table)
    ]
    return {name: int(pool.donor[name].nunique()) for name in dict.fromkeys(columns)}


def _published(donor: SurveySource, places: dict[str, int], *, names_puma: bool) -> str:
    title = donor.id.title
    if names_puma:
        return f"{title} names the PUMA of its households."
    if not places:
        return f"{title} publishes no place that could be related to PUMAs."
    named = " and ".join(f"{name} ({count:,} places)" for name, count in places.items())
    return f"{title} publishes the place of its households as {named}."


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
