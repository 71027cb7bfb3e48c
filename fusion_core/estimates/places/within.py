"""Only the households of one place: a state, a county or a city by its name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fusion_core.errors import InputError
from fusion_core.estimates.places.shares import area_shares
from fusion_core.estimates.runs import EstimateCache, recipient_of
from fusion_core.geography.codes import match_areas
from fusion_core.geography.definitions import check_definitions
from fusion_core.geography.drawn import can_be_drawn, drawn_areas
from fusion_core.geography.named_places import place_named
from fusion_core.records import Checked

if TYPE_CHECKING:
    from fusion_core.estimates.runs import Source
    from fusion_core.workspace.layout import Workspace


@dataclass(frozen=True)
class Within(Checked):
    """The households of a place.

    Attributes
    ----------
    title
        The place, as a person reads it.
    areas
        Identifiers of the areas it holds, as the boundaries have them.
    where
        Condition on households: those of the place that meet the condition that was given. Of areas
        that cut through PUMAs, whose households are not known one by one, the condition alone.
    """

    title: str
    areas: tuple[str, ...]
    where: str


def where_within(
    workspace: Workspace,
    source: Source,
    place: str,
    *,
    kind: str = "puma",
    where: str = "",
    cache: EstimateCache | None = None,
) -> Within:
    """Return the condition that keeps the households of a place.

    Parameters
    ----------
    workspace, source
        A run, several together, or a survey alone.
    place
        Name of a state, county, city or neighbourhood (`fusion_core.geography.named_places`).
    kind
        Kind of area whose names and codes say where the place is; the workspace has its boundaries.
    where
        A condition that must hold besides.
    cache
        Keeps data between calls.

    Raises
    ------
    InputError
        If no area has such a name, or no household lives in one.
    """
    if not can_be_drawn(workspace, kind):
        raise InputError(
            f"The workspace has no {kind} boundaries, whose names say where '{place}' is",
            fix="Import boundaries, or use a condition on codes",
        )
    check_definitions(workspace, workspace.describe(recipient_of(workspace, source)), kind)
    areas = drawn_areas(workspace, kind)[["area_id", "name"]]
    found = place_named(areas, place)
    loaded = (EstimateCache() if cache is None else cache).source(workspace, source)
    if kind not in loaded.table and area_shares(workspace, kind) is not None:
        return Within(found.title, found.areas, where)
    if kind not in loaded.table:
        raise InputError(
            f"Households have no {kind}", fix="Choose areas of a kind the recipient has"
        )
    stored = sorted(map(str, loaded.table[kind].dropna().unique()))
    codes = match_areas(stored, areas)
    chosen = [value for value in stored if codes.get(value) in set(found.areas)]
    if not chosen:
        raise InputError(
            f"No household lives in {found.title}", fix="Choose another place, or another survey"
        )
    values = ", ".join("'" + value.replace("'", "''") + "'" for value in chosen)
    here = f"{kind} IN ({values})"
    condition = f"({where.strip()}) AND {here}" if where.strip() else here
    return Within(found.title, found.areas, condition)
