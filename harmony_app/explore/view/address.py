"""A view of the Explore page as arguments of its address, so that it can be sent to a colleague."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from fusion_core.errors import InputError
from fusion_core.estimates.statistics import Statistic
from harmony_app.explore.view.classes import CLASS_METHODS
from harmony_app.explore.view.state import (
    CATEGORY_KINDS,
    CENTRE_VIEWS,
    FEWEST_CLASSES,
    MEASURES,
    MOST_AREAS,
    MOST_CLASSES,
    NUMBER_KINDS,
    ExploreState,
    HatchRule,
)

if TYPE_CHECKING:
    from fusion_core.estimates.statistics import StatisticKind


_SIDES: Final = ("above", "below")


def to_query(state: ExploreState) -> dict[str, str | None]:
    """Write a view as arguments of the page's address; ``None`` where it has the default."""
    plain = ExploreState()
    texts: dict[str, str | None] = {
        "run": state.source,
        "var": state.variable,
        "stat": state.kind,
        "level": state.level,
        **dict.fromkeys(_SIDES),
        _side(state.kind): _number_text(state.threshold),
        "per": state.denominator,
        "quantile": _number_text(state.probability),
        "group": state.group_variable,
        "in": _join(state.group_levels, "|"),
        "where": state.where,
        "within": state.within,
        "with": None if state.second is None else state.second.short,
        "against_table": state.table,
        "totals": state.totals,
        "by": "" if state.area_kind == plain.area_kind else state.area_kind,
        "show": "" if state.measure == plain.measure else state.measure,
        "classes": "" if state.class_method == plain.class_method else state.class_method,
        "k": "" if state.classes == plain.classes else str(state.classes),
        "breaks": ",".join(f"{value:.10g}" for value in state.breaks),
        "hatch": "" if state.hatch == plain.hatch else str(state.hatch),
        "area": _join(state.areas, ","),
        "against": state.against,
        "split": state.breakdown,
        "view": "" if state.view == plain.view else state.view,
        "merge": "yes" if state.merge else "",
        "smooth": "yes" if state.smooth else "",
    }
    return {name: text or None for name, text in texts.items()}


def from_query(query: Mapping[str, str]) -> ExploreState:
    """Read a view from the page's address; what makes no sense there becomes the default."""
    plain = ExploreState()
    kinds = {*NUMBER_KINDS.values(), *CATEGORY_KINDS.values()}
    asked = query.get("stat", "")
    kind = next((item for item in kinds if item == asked), plain.kind)
    measure = query.get("show", "")
    method = query.get("classes", "")
    view = query.get("view", "")
    return ExploreState(
        source=query.get("run", ""),
        variable=query.get("var", ""),
        kind=kind,
        level=query.get("level"),
        threshold=_number(query.get(_side(kind))),
        denominator=query.get("per"),
        probability=_number(query.get("quantile")),
        group_variable=query.get("group", ""),
        group_levels=_split(query.get("in", ""), "|"),
        where=query.get("where", ""),
        within=query.get("within", ""),
        second=_statistic(query.get("with", "")),
        table=query.get("against_table", ""),
        totals=query.get("totals", ""),
        area_kind=query.get("by", plain.area_kind),
        measure=next((item for item in MEASURES if item == measure), plain.measure),
        class_method=next((item for item in CLASS_METHODS if item == method), plain.class_method),
        classes=_class_count(query.get("k", "")),
        breaks=_breaks(query.get("breaks", "")),
        hatch=HatchRule.parse(query["hatch"]) if "hatch" in query else plain.hatch,
        areas=_split(query.get("area", ""), ",")[:MOST_AREAS],
        against=query.get("against", ""),
        breakdown=query.get("split", ""),
        view=next((item for item in CENTRE_VIEWS if item == view), plain.view),
        merge=query.get("merge") == "yes",
        smooth=query.get("smooth") == "yes",
    )


def _statistic(text: str) -> Statistic | None:
    try:
        return Statistic.parse(text) if text else None
    except InputError:
        return None


def _side(kind: StatisticKind) -> str:
    """Name a threshold by its side, so that an address reads as it is meant."""
    return "below" if kind == "share_below" else "above"


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _number_text(value: float | None) -> str | None:
    return None if value is None else f"{value:.10g}"


def _class_count(text: str) -> int:
    if not text.isdecimal():
        return ExploreState().classes
    return min(max(int(text), FEWEST_CLASSES), MOST_CLASSES)


def _breaks(text: str) -> tuple[float, ...]:
    values = [_number(part) for part in text.split(",")]
    return tuple(sorted({value for value in values if value is not None}))


def _join(texts: Iterable[str], mark: str) -> str:
    """Join by a mark; inside a text the mark is written ``~-`` and a tilde ``~~``."""
    return mark.join(text.replace("~", "~~").replace(mark, "~-") for text in texts)


def _split(text: str, mark: str) -> tuple[str, ...]:
    """Take apart what `_join` joined."""
    plain = {"~-": mark, "~~": "~"}
    parts = (re.sub("~[-~]", lambda found: plain[found[0]], part) for part in text.split(mark))
    return tuple(part for part in parts if part)
